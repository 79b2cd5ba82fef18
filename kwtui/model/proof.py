"""How far the content of a backup is proven, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ProofLevel(IntEnum):
    """How far a backup was proven. The statement's "succeeded" is level 0."""

    P0 = 0
    """Exported."""
    P1 = 1
    """Every file there, size and SHA-256 as in the manifest."""
    P2 = 2
    """Every record parses, counts equal what the server said, every meta.sql parses."""
    P3 = 3
    """The schema was restored in a scratch database."""
    P4 = 4
    """The data too: counts and contents equal. What an off-site copy is proven to is told by
    `kwtui.offsite.archive.CopyLevel`."""


@dataclass(frozen=True)
class ContentChecksum:
    """count(*), xor_agg and sum of a hash per row; independent of order and chunking."""

    rows: int
    xor: str
    sum: str

    def __post_init__(self) -> None:
        """Raises ValueError for what no table has: a manifest may hold anything."""
        if self.rows < 0:
            raise ValueError("a checksum is of fewer than no rows")


@dataclass(frozen=True)
class TableOrigin:
    """What tells whether a relational table is still the one that its files were exported from."""

    table_id: int
    version: int
    """Of its descriptor: each change of the definition moves it, and each import."""
    definition: str
    """The SHA-256 of its create statement."""
    exported_at: str
    """The instant whose rows the files hold, from cluster_logical_timestamp(): before the set's
    own where the files were linked."""

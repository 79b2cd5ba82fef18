"""Finding out how the CSV files of an export without a manifest were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from kwtui.model import ColumnSpec, Dialect


class Certainty(IntEnum):
    """How sure a guess is. Below LIKELY a person must decide."""

    UNSURE = 0
    LIKELY = 1
    CERTAIN = 2


@dataclass(frozen=True)
class DialectGuess:
    """The candidates that the files allow, best first, with what speaks for the first."""

    candidates: tuple[Dialect, ...]
    certainty: Certainty
    reason: str

    @property
    def dialect(self) -> Dialect | None:
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True)
class TableSample:
    """What is known of one table of the tree: its files and, from meta.sql, its columns."""

    files: tuple[Path, ...]
    columns: tuple[ColumnSpec, ...] = ()


def sniff_dialect(tables: Sequence[TableSample]) -> DialectGuess:
    """The dialects that fit all samples. Reads at most 256 KiB of each file's head."""
    raise NotImplementedError

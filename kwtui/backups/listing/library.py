"""The storage: listing what lies under extern, and looking inside it."""

from __future__ import annotations

from pathlib import Path

from kwtui.backups.layout.location import find_location
from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.tree import is_there
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import cannot_read, open_regular


def read_text(extern: Path, path: str, state: Path | None = None, *, limit: int = 1 << 20) -> str:
    """A text file of a set or tree; what is beyond ``limit`` bytes is left off, and said so.

    A sidecar that lies in the state directory is found under its path in extern.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE.
    """
    claim(extern)
    folder, _, name = path.rpartition("/")
    file = inside(extern, path)
    if folder and not is_there(file):
        file = find_location(extern, folder, state).sidecars / name
    try:
        with open_regular(file) as opened:
            data = opened.read(limit + 1)
    except OSError as error:
        raise cannot_read(file, error) from error
    text = data[:limit].decode("utf-8", "surrogateescape")
    return text if len(data) <= limit else text + f"\n[cut after {limit:,} bytes]\n"

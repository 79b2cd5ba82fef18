"""Backups that the KWDB project published, where they are beside this checkout."""

from __future__ import annotations

import tarfile
from pathlib import Path

SMART_METER = Path(__file__).parents[2] / "shared/kwdb/samples/smart-meter"


def unpack(name: str, folder: Path) -> None:
    """Put the export of the database ``name`` into a folder."""
    with tarfile.open(SMART_METER / f"{name}.tar.gz") as archive:
        # Early versions of Python 3.11 do not know filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202

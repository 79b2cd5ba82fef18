"""Each thing of a set stands once in its manifest and its schema. Pure.

What stood twice would be counted, restored or removed twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from kwtui.backups.manifest import Manifest
    from kwtui.model.schema import DatabaseSchema


def check_manifest(manifest: Manifest) -> None:
    """Tables, their folders and columns, and all files. Raises DecodeError."""
    tables = manifest.tables
    once("table", (str(table.name) for table in tables))
    once("folder", (table.folder for table in tables))
    once("file", [f.path for f in manifest.files] + [f.path for t in tables for f in t.files])
    for table in tables:
        once(f"column of {table.name}", table.columns)
        held = {file.path for file in table.files}
        named = [path for segment in table.segments for path in segment.files]
        once("file of a segment", named)
        if not held.issuperset(named):
            raise msgspec.DecodeError(f"a segment of {table.name} has files that the table has not")


def check_schema(schema: DatabaseSchema) -> None:
    """Tables and their columns, views, sequences. Raises DecodeError."""
    once("table", (str(table.name) for table in schema.tables))
    once("view", (str(view.name) for view in schema.views))
    once("sequence", (str(sequence.name) for sequence in schema.sequences))
    for table in schema.tables:
        once(f"column of {table.name}", (column.name for column in table.columns))


def once(what: str, names: Iterable[str]) -> None:
    """Raises DecodeError for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise msgspec.DecodeError(f"the {what} {name!r} stands in it twice")
        seen.add(name)

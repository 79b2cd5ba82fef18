"""What a listing says of a set, an export or a foreign file, from what was found of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.naming import parse_set_path
from kwtui.backups.layout.tree import (
    FileRole,
    is_folder,
)
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.shape import TreeShape
from kwtui.backups.manifest import (
    SetSummary,
)
from kwtui.files.foreign.walking import Entry
from kwtui.model.moments import moment_of

_CLOCK, _LONGEST_PLAN = timedelta(hours=1), timedelta(days=7)
"""A set is named when it is planned, and begun when the plan was agreed to."""
_NAMED_FILES = {
    "users.sql": "users, from EXPORT USERS",
    "clustersetting.sql": "settings, from EXPORT CLUSTER SETTING",
}


def set_entry(location: SetLocation, summary: SetSummary) -> BackupEntry:
    notes = [] if location.beside else ["manifest in kwtui's state directory"]
    copy_of = _copied_from(location.path, summary)
    if copy_of:
        notes.append(f"a copy of {copy_of}: it does not count")
    problem = "" if is_folder(location.data) else "Its data folder is missing."
    return BackupEntry(
        location.path,
        EntryKind.SET,
        database=summary.database,
        engine=summary.engine,
        started=summary.started,
        tables=summary.totals.tables,
        rows=summary.totals.rows,
        files=summary.totals.files,
        bytes=summary.totals.bytes,
        new_bytes=summary.totals.new_bytes if summary.totals.shared_bytes else None,
        check=summary.check,
        label=summary.label,
        only=tuple(sorted(str(name) for name in summary.only)),
        method=summary.method,
        note="; ".join(notes),
        problem=problem,
        copy_of=copy_of,
    )


def _copied_from(path: str, summary: SetSummary) -> str:
    """Where the set was made, unless that is here: at the path, and under the names, of its own."""
    name = parse_set_path(path)
    waited = summary.started - name.started if name else timedelta(0)
    differs = name is not None and name.database != summary.database
    if summary.set_id == path and not differs and -_CLOCK <= waited <= _LONGEST_PLAN:
        return ""
    return summary.set_id if summary.set_id != path else "another backup"


def tree_entry(path: str, shape: TreeShape) -> BackupEntry:
    """The entry of an export not made by kwtui."""
    newest = shape.newest
    return BackupEntry(
        path,
        EntryKind.TREE,
        database=shape.database,
        engine=shape.engine,
        started=None if newest is None else moment_of(newest),
        tables=len(shape.tables),
        files=len(shape.files),
        bytes=shape.bytes,
        note=_tree_note(shape),
        problem=_tree_problem(shape),
    )


def _tree_problem(shape: TreeShape) -> str:
    if shape.problems:
        return shape.problems[0]
    undefined = [str(table.name) for table in shape.undefined]
    if not undefined or not any(f.role is FileRole.META for f in shape.files):
        # An export WITH data_only, or FROM SELECT, has none at all: a note says that.
        return ""
    return f"{_some(undefined)}: data without a definition (its meta.sql is missing)."


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def _tree_note(shape: TreeShape) -> str:
    if any(f.role is FileRole.STATEMENTS for f in shape.files):
        return "INSERT statements, which no IMPORT reads"
    if shape.unread:
        return f"not read: {_some([f'{u.path} {u.why}' for u in shape.unread])}"
    if not any(f.role is FileRole.META for f in shape.files):
        return "without meta.sql: the columns are not known"
    if shape.single_table:
        return f"one table: {shape.tables[0].name.name}"
    if not any(t.files for t in shape.tables):
        return "without data"
    return ""


def foreign_folder(path: str) -> BackupEntry:
    return BackupEntry(path, EntryKind.FOREIGN)


def foreign_file(path: str, entry: Entry) -> BackupEntry:
    if entry.is_link:
        return BackupEntry(path, EntryKind.FOREIGN, note="a link, which is not followed")
    return BackupEntry(
        path,
        EntryKind.FOREIGN,
        started=moment_of(entry.modified),
        files=1,
        bytes=entry.bytes,
        note=_NAMED_FILES.get(entry.name, ""),
    )

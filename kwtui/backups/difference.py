"""What is different between two sets: tables, rows, bytes, contents, definitions. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kwtui.backups.listing.contents import ColumnInfo, SetDetails, TableDetails
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.listing.known_damage import known_damage
from kwtui.backups.listing.presence import Presence
from kwtui.backups.listing.shape import UnreadFile
from kwtui.backups.manifest import Proof, TableEntry, standing_proof
from kwtui.backups.readings import differences
from kwtui.model.schema import ColumnSpec, DatabaseSchema, TableName
from kwtui.sql.meaning import same
from kwtui.sql.session import read_alike
from kwtui.text import shell_quoted


class Content(StrEnum):
    """Whether two tables hold the same rows."""

    SAME = "the same"
    DIFFERENT = "different"
    UNKNOWN = "not known"


class Change(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    """Only in the second set."""
    REMOVED = "removed"
    """Only in the first."""
    UNKNOWN = "unknown"
    """Nothing can be said: what one of the backups says of itself does not hold any more."""


@dataclass(frozen=True)
class ColumnChange:
    """A column that is not the same. ``before`` and ``after`` are in words; empty: not there."""

    name: str
    change: Change
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class TableDifference:
    """One table in both sets. None: unknown, or not there."""

    name: TableName
    change: Change
    content: Content = Content.UNKNOWN
    rows_before: int | None = None
    rows_after: int | None = None
    bytes_before: int | None = None
    bytes_after: int | None = None
    columns: tuple[ColumnChange, ...] = ()
    definition: tuple[str, ...] = ()
    """A unified diff of the CREATE statements, without its heading; empty if they are equal."""


@dataclass(frozen=True)
class ObjectChange:
    """Anything but a table: a view, a sequence, a grant, a comment, a setting of the database."""

    what: str
    """``view``, ``sequence``, ..."""
    name: str
    change: Change
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class SetDifference:
    """The second set as seen from the first."""

    before: BackupEntry
    after: BackupEntry
    tables: tuple[TableDifference, ...]
    """Every table of either, by name."""
    objects: tuple[ObjectChange, ...] = ()
    """Only those that are not the same."""
    unknown: tuple[str, ...] = ()
    """What could not be compared, in words."""
    damaged: tuple[str, ...] = ()
    """Paths of those that failed their last check, or that are known not to be whole."""

    @property
    def changed(self) -> tuple[TableDifference, ...]:
        """Tables that are known to be different."""
        return tuple(t for t in self.tables if t.change not in (Change.SAME, Change.UNKNOWN))

    @property
    def differs(self) -> bool:
        """Whether a difference is known."""
        return bool(self.changed or self.objects)

    @property
    def compared_nothing(self) -> bool:
        """No difference is known, because of no table it is known whether it is the same."""
        unknown = all(t.change is Change.UNKNOWN for t in self.tables)
        return bool(self.tables) and unknown and not self.differs

    @property
    def is_same(self) -> bool:
        """Everything was compared and is the same."""
        return bool(self.tables) and not self.differs and not self.unknown and not self.damaged


def compare_sets(
    before: SetDetails,
    after: SetDetails,
    before_disk: Presence | None = None,
    after_disk: Presence | None = None,
) -> SetDifference:
    """Compare what the manifests and schemas say; no data file is read.

    What a manifest says of a table whose files are gone or of another size on disk is not taken
    for its content.
    """
    sides = (
        _Side(before, before_disk or Presence()),
        _Side(after, after_disk or Presence()),
    )
    tables = [_table(name, *sides) for name in _names(before.tables, after.tables)]
    return SetDifference(
        before=before.entry,
        after=after.entry,
        tables=tuple(tables),
        objects=tuple(_objects(before.schema, after.schema)),
        unknown=tuple(_unknown(sides, tables)),
        damaged=tuple(dict.fromkeys(s.details.entry.path for s in sides if s.is_suspect)),
    )


@dataclass(frozen=True)
class _Side:
    """A set, and how its files lie on disk now."""

    details: SetDetails
    disk: Presence

    @property
    def failed(self) -> Proof | None:
        """The check that says that it is not what was sealed, if that is what stands."""
        manifest = self.details.manifest
        if manifest is None:
            return None
        standing = standing_proof(manifest.proof, manifest.finished, list(self.details.proofs))
        return None if standing.ok else standing

    @property
    def is_suspect(self) -> bool:
        """Whether anything in it is known not to be what was written."""
        return bool(self.failed or self.disk.damage or known_damage(self.details))

    def is_damaged(self, name: TableName) -> bool:
        """Whether nothing vouches for the table's rows: a file of it is gone, of another size or in
        a form that is not read, or the whole set failed its check."""
        if self.failed is not None or self.unread(name):
            return True
        entry = _entry(self.details, name)
        paths = {file.path for file in entry.files} if entry else set()
        return not paths.isdisjoint(self.disk.changed)

    def unread(self, name: TableName) -> tuple[UnreadFile, ...]:
        """The files of a table that may hold rows which nobody reads."""
        table = self.details.table(name)
        folder = f"{table.folder}/" if table and table.folder else ""
        return tuple(f for f in self.details.unread if table and f.path.startswith(folder))


# -- tables -----------------------------------------------------------------------------------


def _names(*tables: Iterable[TableDetails]) -> list[TableName]:
    return sorted({table.name for some in tables for table in some})


def _table(name: TableName, first: _Side, second: _Side) -> TableDifference:
    before, after = first.details, second.details
    old, new = before.table(name), after.table(name)
    content = Content.UNKNOWN
    columns: tuple[ColumnChange, ...] = ()
    definition: tuple[str, ...] = ()
    change = Change.SAME
    if old is None or new is None:
        change = Change.ADDED if old is None else Change.REMOVED
    else:
        columns = tuple(_columns(_specs(before, old), _specs(after, new)))
        definition = tuple(_diff(old.create_statement, new.create_statement))
        damaged = first.is_damaged(name) or second.is_damaged(name)
        if not damaged:
            content = _content(before, after, old, new)
        differs = columns or definition or content is Content.DIFFERENT
        unknown = damaged or not _specs(before, old) or not _specs(after, new)
        change = Change.CHANGED if differs else Change.UNKNOWN if unknown else Change.SAME
    return TableDifference(
        name=name,
        change=change,
        content=content,
        rows_before=old.rows if old else None,
        rows_after=new.rows if new else None,
        bytes_before=old.bytes if old else None,
        bytes_after=new.bytes if new else None,
        columns=columns,
        definition=definition,
    )


def _content(
    before: SetDetails, after: SetDetails, old: TableDetails, new: TableDetails
) -> Content:
    """By content checksum, which no chunking changes; else by the files themselves."""
    if old.rows is not None and new.rows is not None and old.rows != new.rows:
        return Content.DIFFERENT
    names = [tuple(c.name for c in table.columns) for table in (old, new)]
    entries = [_entry(before, old.name), _entry(after, new.name)]
    sums = [entry.checksum if entry else None for entry in entries]
    known = sums[0] is not None and sums[1] is not None and names[0] == names[1]
    if known and _read_alike(before, after, old):
        return Content.SAME if sums[0] == sums[1] else Content.DIFFERENT
    if names[0] == names[1] and _windows_differ(*entries):
        return Content.DIFFERENT
    if names[0] == names[1] and _same_files(old, new, before, after):
        return Content.SAME
    return Content.UNKNOWN


def _windows_differ(one: TableEntry | None, two: TableEntry | None) -> bool:
    """Aggregates that are the same prove nothing; other ones do."""
    if one is None or two is None or one.windows is None or two.windows is None:
        return False
    return any(differences(one.windows, two.windows))


def _read_alike(before: SetDetails, after: SetDetails, table: TableDetails) -> bool:
    """Whether both checksums were read under settings that make the same text of a value."""
    if before.manifest is None or after.manifest is None:
        return False
    settings = (before.manifest.text_settings, after.manifest.text_settings)
    return read_alike(*settings, (column.type for column in table.columns))


def _same_files(
    old: TableDetails, new: TableDetails, before: SetDetails, after: SetDetails
) -> bool:
    """Whether both hold the very same files, whatever those are called."""
    if before.manifest is None or after.manifest is None:
        return False
    if before.manifest.dialect != after.manifest.dialect:
        return False
    hashes = [Counter(f.sha256 for f in table.files) for table in (old, new)]
    return hashes[0] == hashes[1]


def _entry(details: SetDetails, name: TableName) -> TableEntry | None:
    return details.manifest.table(name) if details.manifest else None


def _specs(details: SetDetails, table: TableDetails) -> tuple[ColumnSpec | ColumnInfo, ...]:
    """From the captured schema; else what the files' own meta.sql tells."""
    spec = details.schema.table(table.name) if details.schema else None
    return spec.columns if spec else table.columns


def _columns(
    old: Iterable[ColumnSpec | ColumnInfo], new: Iterable[ColumnSpec | ColumnInfo]
) -> Iterator[ColumnChange]:
    """None where one side knows no columns, as after an interrupted run."""
    before = {c.name: _column_words(c) for c in old}
    after = {c.name: _column_words(c) for c in new}
    if not before or not after:
        return
    for name, words in before.items():
        if name not in after:
            yield ColumnChange(name, Change.REMOVED, words)
        elif not same(after[name], words):
            yield ColumnChange(name, Change.CHANGED, words, after[name])
    yield from (
        ColumnChange(name, Change.ADDED, after=words)
        for name, words in after.items()
        if name not in before
    )


def _column_words(column: ColumnSpec | ColumnInfo) -> str:
    words = [column.type or "type not known"]
    if not column.nullable:
        words.append("NOT NULL")
    if column.tag:
        words.append("TAG")
    if isinstance(column, ColumnSpec):
        words += [f"DEFAULT {column.default}"] if column.default is not None else []
        words += [f"AS ({column.computed})"] if column.computed is not None else []
        words += ["hidden"] if column.hidden else []
    return " ".join(words)


def _diff(old: str, new: str) -> Iterator[str]:
    if not old or not new or same(old, new):
        return
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    yield from (line for line in lines if not line.startswith(("---", "+++")))


# -- everything else --------------------------------------------------------------------------


def _objects(old: DatabaseSchema | None, new: DatabaseSchema | None) -> Iterator[ObjectChange]:
    if old is None or new is None:
        return
    for what, before, after in (
        ("database", _database(old), _database(new)),
        ("view", _views(old), _views(new)),
        ("sequence", _sequences(old), _sequences(new)),
        ("comment", _comments(old), _comments(new)),
        ("grant", _grants(old), _grants(new)),
        ("device without readings", _silent_devices(old), _silent_devices(new)),
    ):
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if same(was, now) if what == "view" else was == now:
                continue
            change = Change.ADDED if was is None else Change.REMOVED if now is None else None
            yield ObjectChange(what, name, change or Change.CHANGED, was or "", now or "")


def _database(schema: DatabaseSchema) -> dict[str, str]:
    found = {
        "definition": schema.create_statement,
        "schemas": ", ".join(sorted(schema.schemas)),
        "retention": schema.retention,
        "partition interval": schema.partition_interval,
        "zone configuration": "; ".join(schema.zone_statements),
    }
    return {name: text for name, text in found.items() if text}


def _views(schema: DatabaseSchema) -> dict[str, str]:
    return {str(v.name): v.create_statement for v in schema.views}


def _sequences(schema: DatabaseSchema) -> dict[str, str]:
    return {
        str(s.name): f"{s.create_statement}; at {s.last_value}"
        + ("" if s.called else ", not yet called")
        for s in schema.sequences
    }


def _comments(schema: DatabaseSchema) -> dict[str, str]:
    return {c.target: c.text for c in schema.comments}


def _grants(schema: DatabaseSchema) -> dict[str, str]:
    return {f"{g.grantee} on {g.target}": ", ".join(g.privileges) for g in schema.grants}


def _silent_devices(schema: DatabaseSchema) -> dict[str, str]:
    found = {}
    for table in schema.tables:
        for device in table.silent_devices:
            values = [f"{t.name} = {v}" for t, v in zip(table.tags, device, strict=True)]
            key = [v for t, v in zip(table.tags, values, strict=True) if t.primary_tag]
            found[f"{', '.join(key)} of {table.name}"] = ", ".join(values)
    return found


def _unknown(sides: Iterable[_Side], tables: Iterable[TableDifference]) -> Iterator[str]:
    both = [t for t in tables if t.change not in (Change.ADDED, Change.REMOVED)]
    damaged: set[TableName] = set()
    for side in sides:
        path = side.details.entry.path
        if side.details.schema is None:
            yield (
                f"{path} has no schema.json: only tables and columns are compared, "
                "not views, sequences, grants and comments."
            )
        bare = [t for t in side.details.tables if not _specs(side.details, t)]
        if bare:
            yield (
                f"{path} tells no columns of {', '.join(str(t.name) for t in bare)}: a backup that "
                "was interrupted looks like this."
            )
        bad = [t.name for t in both if side.is_damaged(t.name)]
        damaged.update(bad)
        yield from (f"{path}: {words}" for words in known_damage(side.details))
        bad = [name for name in bad if not side.unread(name)]
        if side.failed is not None:
            first = next(iter(side.failed.problems), side.failed.summary)
            how = "lost its last check" if side.failed.torn else "failed its last check"
            yield (
                f"{path} {how} ({first}), so nothing that it records of its rows is used: kwtui "
                f"verify {shell_quoted(path)}"
            )
        elif bad:
            yield (
                f"{path} is damaged: files of {', '.join(map(str, bad))} are missing or have "
                "another size, so their rows cannot be compared: kwtui verify "
                f"{shell_quoted(path)}"
            )
    blind = [str(t.name) for t in both if t.content is Content.UNKNOWN and t.name not in damaged]
    if blind:
        yield (
            f"Whether the rows are the same in {', '.join(blind)}: one of the backups has no "
            "content checksum of it, or one that was read under other settings of the session."
        )

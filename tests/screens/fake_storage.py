"""The backup sets in memory, and how long they are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.dialect import Certainty, DialectGuess
from kwtui.backups.csv.index import Reading
from kwtui.backups.csv.page import CsvPage
from kwtui.backups.difference import (
    Change,
    ColumnChange,
    Content,
    ObjectChange,
    SetDifference,
    TableDifference,
)
from kwtui.backups.layout.annotations import Annotation
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.listing.contents import ColumnInfo, RowsKnown, SetDetails, TableDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind, StorageListing
from kwtui.backups.listing.presence import Presence
from kwtui.backups.listing.shape import UnreadFile
from kwtui.backups.manifest import FileEntry, Manifest, Totals
from kwtui.backups.removing import SetContents
from kwtui.backups.retention import decide_all, relied_on
from kwtui.controller.events import Events, StorageChanged
from kwtui.controller.retention import Retention
from kwtui.controller.storage import Storage
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.model.schema import Engine, TableName
from kwtui.operations.removal.plan import PrunePreview, Removable, Staying, prune_preview
from tests.screens.staged import NOW, PLAN, SETS, TABLES, shop_schema

POLICY = RetentionPolicy(keep_last=1, keep_daily=2, keep_monthly=2)


class FakeStorage(Storage):
    def __init__(self, events: Events) -> None:
        self._events = events
        self.entries: tuple[BackupEntry, ...] = SETS
        self.hidden: tuple[BackupEntry, ...] = ()
        """Exports that the listing does not name: inside a backup."""
        self.awaits_export = False
        self.on_disk = Presence()
        self.guess = DialectGuess(
            (Dialect(), Dialect(null_text="")),
            Certainty.LIKELY,
            "NULL is written as \\N.",
        )
        self.unread: tuple[UnreadFile, ...] = ()
        """Of trees: files in a form that is not read."""
        self.fileless: tuple[str, ...] = ()
        """Of trees: tables without a data file."""
        self.forms: dict[str, FileForm] = {}
        self.annotated: list[tuple[str, dict[str, bool | str]]] = []
        self.reports: list[tuple[str, Path]] = []
        self.made_by = ""
        """The run that every set's manifest names; empty: sets have no manifest."""
        self.note = ""
        """Put into names, texts and records."""

    async def table_rows(self, entries: list[BackupEntry]) -> dict[str, dict[str, int]]:
        """Of no set is it known how many rows each table has."""
        return {}

    async def listing(self) -> StorageListing:
        return StorageListing(
            Path("/var/lib/kaiwudb/extern"),
            self.entries,
            0.01,
            len(self.entries),
            awaits_export=self.awaits_export,
        )

    async def open_set(self, path: str) -> SetDetails:
        entry = next(e for e in (*self.entries, *self.hidden) if e.path == path)
        tables = tuple(
            TableDetails(
                TableName("public", name + self.note),
                f"data/public/{name}",
                (ColumnInfo("id", "INT8", False), ColumnInfo("name", "STRING")),
                (FileEntry(f"data/public/{name}/n1.0.csv", 1000, "ab" * 32, 100),),
                bytes=1000,
                rows=100,
                rows_known=RowsKnown.COUNTED,
                meta=f"data/public/{name}/meta.sql",
            )
            for name in TABLES
        )
        location = SetLocation(Path("/extern"), path, Path("/extern") / path)
        others = (FileEntry("manifest.json", 900, "", None),)
        if entry.kind is EntryKind.TREE:
            return SetDetails(
                entry,
                location,
                tuple(replace(t, files=()) if t.name.name in self.fileless else t for t in tables),
                others,
                dialect=self.guess,
                unread=self.unread,
                forms=self.forms,
            )
        manifest = self.manifest_of(entry) if self.made_by else None
        return SetDetails(entry, location, tables, others, manifest=manifest, schema=shop_schema())

    async def read_text(self, path: str) -> str:
        if path.endswith("meta.sql"):
            return (
                self.note
                + "CREATE TABLE orders (\n\tid INT8 NOT NULL,\n\tname STRING NULL DEFAULT 'x'\n);"
            )
        return '{\n  "format": 1\n}\n'

    async def presence(self, details: SetDetails) -> Presence:
        return self.on_disk

    async def find_record(
        self,
        entry: BackupEntry,
        file: str,
        text: str,
        start: int,
        *,
        forward: bool,
        reading: Reading,
    ) -> int | None:
        numbers = range(start + 1, 100) if forward else range(start - 1, -1, -1)
        return next((n for n in numbers if text in str(n)), None)

    async def csv_page(
        self,
        entry: BackupEntry,
        file: str,
        start: int,
        count: int,
        reading: Reading | None = None,
    ) -> CsvPage:
        start = max(0, 100 + start) if start < 0 else start
        records = tuple(
            (str(n), "it's" if n % 3 else None, "数据库 " + "long " * (n % 5) + self.note)
            for n in range(start, min(start + count, 100))
        )
        return CsvPage(
            file, start, ("id", "name" + self.note, "note"), records, 100, start + count >= 100
        )

    def manifest_of(self, entry: BackupEntry) -> Manifest:
        return Manifest(
            entry.path, "shop", Engine.RELATIONAL, BackupMethod.SNAPSHOT, NOW, NOW, "5c1f2e9a", 1,
            "V3.2.1", "0.1.0", Dialect(), (), Totals(4, 100, 9, 1000), run_id=self.made_by,
            notices=("slow disk" + self.note,),
        )  # fmt: skip

    async def annotate(
        self,
        path: str,
        *,
        pinned: bool | None = None,
        remark: str | None = None,
        label: str | None = None,
    ) -> Annotation:
        given = {"pinned": pinned, "remark": remark, "label": label}
        changes = {name: value for name, value in given.items() if value is not None}
        self.annotated.append((path, changes))
        self.entries = tuple(
            replace(each, **changes) if each.path == path else each  # type: ignore[arg-type]
            for each in self.entries
        )
        self._events.publish(StorageChanged())
        return Annotation(pinned=bool(pinned))

    async def save_report(self, path: str, file: Path) -> None:
        self.reports.append((path, file))

    async def compare(self, before: str, after: str) -> SetDifference:
        old, new = self.entry(before), self.entry(after)
        tables = (
            TableDifference(TableName("public", "customers"), Change.SAME, Content.SAME, 10, 10),
            TableDifference(
                TableName("public", "orders" + self.note), Change.CHANGED, Content.DIFFERENT,
                6_000, 6_100, 900_000, 915_000,
                (ColumnChange("state" + self.note, Change.ADDED, after="STRING NOT NULL"),),
                ("@@ -1 +1 @@", "-id INT8", "+id INT8 NOT NULL" + self.note),
            ),
            TableDifference(TableName("public", "old"), Change.REMOVED, rows_before=3),
        )  # fmt: skip
        objects = (ObjectChange("view", "public.open_orders", Change.ADDED, after=self.note),)
        return SetDifference(old, new, tables, objects, ("What lies in neither." + self.note,))

    def entry(self, path: str) -> BackupEntry:
        found = next((e for e in self.entries if e.path == path), None)
        if found is None:
            raise KwtuiError(f"There is no {path}.", exit_code=ExitCode.NOT_FOUND)
        return found


class FakeRetention(Retention):
    def __init__(self, storage: FakeStorage) -> None:
        self._sets = storage
        self.saved = RetentionPolicies(default=POLICY)

    def policies(self) -> RetentionPolicies:
        return self.saved

    def save(self, database: str | None, policy: RetentionPolicy | None) -> None:
        if database is None:
            self.saved = replace(self.saved, default=policy)
        else:
            others = {k: v for k, v in self.saved.databases.items() if k != database}
            own = {database: policy} if policy else {}
            self.saved = replace(self.saved, databases=others | own)

    async def preview(
        self, database: str | None = None, policies: RetentionPolicies | None = None
    ) -> PrunePreview:
        rules = policies or self.saved
        sets = [e for e in self._sets.entries if e.kind is EntryKind.SET]
        decisions = decide_all([e for e in sets if database in (None, e.database)], rules, NOW)
        going = [
            Removable(d.entry, SetContents(d.entry.files or 0, d.entry.bytes or 0, 0.0))
            for d in decisions
            if not d.keep
        ]
        staying = [Staying(entry, "") for entry in relied_on(decisions)]
        return prune_preview(decisions, going, staying, rules, database, NOW, PLAN)

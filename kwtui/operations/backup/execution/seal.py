"""Sealing a set: hash, count, content checksums, sidecars, and the manifest last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import kwtui
from kwtui.backups.layout.draft import Draft, draft_path, write_draft
from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.backups.manifest import Manifest, Segment, TableEntry, totals_of
from kwtui.backups.proof.sealing import SealedTable, SealedTree
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.files.durable import make_folders
from kwtui.model.findings import Finding, Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import DatabaseSchema, Engine, TableName
from kwtui.operations.backup.execution import late_rows, reconcile
from kwtui.operations.backup.execution.content_reads import ContentReader, TableContent
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.backup.linking_words import assumption
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step
from kwtui.operations.runner import CancelledByPerson, StepOutcome
from kwtui.operations.seal.set_files import read_tree, write_set
from kwtui.sql.session import TEXT_SETTINGS
from kwtui.text import human_bytes, plural, shell_joined


@dataclass(frozen=True)
class KnownContent:
    """What the manifest says of a table's content."""

    content: TableContent
    doubt: str = ""
    """Why it is not known what the files hold."""
    less: str = ""
    """Why it was checked by less than was asked for."""


@dataclass
class Sealer:
    """The last step of a backup.

    Where the sidecars go is decided here: before the export KWDB's folders may not be there yet.
    """

    context: RunContext
    location: SetLocation
    request: BackupRequest
    state: BackupState
    reader: ContentReader
    manifest: Manifest | None = None
    doubts: tuple[str, ...] = ()
    draft: Path | None = None

    async def seal(self, step: Step) -> StepOutcome:
        """Raises KwtuiError: BACKUP_INCOMPLETE naming the table whose files hold other rows."""
        if self.request.unseen:
            return await self._draft(step)
        location = new_location(self.location.extern, self.location.path, self.context.state)
        self.location = location
        # The server reads the tables while their files are hashed here.
        self.reader.all_exported(self.state.tables.values())
        tree = await self._hash_and_count(step)
        counted = {table.name: table.rows for table in tree.tables}
        self._check_counts(counted)
        contents = await self._contents(step, counted)
        self.doubts = (*_doubts(contents), *self.state.changes)
        schema = self.state.schema(whole=self.request.is_whole)
        manifest = self._manifest(schema, tree, contents)
        await asyncio.to_thread(self._write, schema, manifest)
        return StepOutcome(
            summary=f"{plural(manifest.totals.rows or 0, 'row')}, proven to P{int(manifest.proof)}",
            rows=manifest.totals.rows,
            bytes=manifest.totals.bytes,
            details=self.result().result,
        )

    async def _draft(self, step: Step) -> StepOutcome:
        """What only this run can learn, for sealing on the node that holds the files."""
        said = {e.spec.name: e.rows_reported for e in self.state.tables.values()}
        self.reader.all_exported(self.state.tables.values())
        contents = await self._contents(step, said)
        self.doubts = (*_doubts(contents), *self.state.changes)
        schema = self.state.schema(whole=self.request.is_whole)
        unread = tuple(
            SealedTable(e.spec.name, e.folder, (), 0) for e in self.state.tables.values()
        )
        manifest = self._manifest(schema, SealedTree(unread, (), (), 0), contents)
        tables = tuple(replace(t, rows_counted=None) for t in manifest.tables)
        manifest = replace(
            manifest, tables=tables, totals=totals_of(tables, ()), proof=ProofLevel.P0
        )
        file = draft_path(self.context.state, self.context.plan.path)
        await asyncio.to_thread(write_draft, file, Draft(manifest, schema))
        self.manifest, self.draft = manifest, file
        return StepOutcome(summary=f"P0: its files are not visible from here. The draft is {file}")

    def _unseen_result(self, made: Manifest, draft: Path) -> RunResult:
        command = shell_joined(["kwtui", "seal", made.set_id, "--draft", draft.name])
        return RunResult(
            summary=f"Exported {made.database} to node {made.node_id}: P0, nothing is proven, its "
            f"files cannot be seen from here. Copy {draft} to that node and run there: {command} "
            "--extern DIR",
            result={
                "path": made.set_id,
                "draft": str(draft),
                "node": made.node_id,
                "database": made.database,
                "tables": made.totals.tables,
                "proof": 0,
                "command": command,
                "not_included": list(made.not_included),
                "doubts": list(self.doubts),
            },
        )

    def result(self) -> RunResult:
        """What the whole backup came to. Raises KwtuiError if it was not sealed."""
        made = self.manifest
        if made is None:
            raise KwtuiError("The backup was not sealed.", exit_code=ExitCode.BACKUP_INCOMPLETE)
        if self.draft is not None:
            return self._unseen_result(made, self.draft)
        return RunResult(
            summary=f"Backed up {made.database}: {plural(made.totals.tables, 'table')}, "
            f"{plural(made.totals.rows or 0, 'row')}{_new_words(made)}, "
            f"proven to P{int(made.proof)}.",
            result={
                "path": made.set_id,
                "folder": str(self.location.root),
                "sidecars": str(self.location.sidecars),
                "database": made.database,
                "tables": made.totals.tables,
                "rows": made.totals.rows,
                "files": made.totals.files,
                "bytes": made.totals.bytes,
                "new_bytes": made.totals.new_bytes,
                "proof": int(made.proof),
                "timestamp": made.snapshot_timestamp,
                "not_included": list(made.not_included),
                "doubts": list(self.doubts),
            },
        )

    # -- reading ----------------------------------------------------------------------------

    async def _hash_and_count(self, step: Step) -> SealedTree:
        data = self.location.data
        await asyncio.to_thread(make_folders, data)
        exports = self.state.tables.values()
        folders = {export.spec.name: export.folder for export in exports}
        return await asyncio.to_thread(
            read_tree,
            data,
            folders,
            {export.spec.name: len(export.spec.visible_columns) for export in exports},
            self.request.dialect,
            self.context.tell_of(step, "hashing"),
            self.context.halt.requested.is_set,
            {path: entry for export in exports for path, entry in export.taken.items()},
        )

    def _check_counts(self, counted: Mapping[TableName, int]) -> None:
        differing = list(reconcile.differing_counts(counted, self.state.tables.values()))
        if differing:
            raise KwtuiError(
                f"The backup is not complete: {differing[0]}.",
                cause=lines_of(*differing[1:]),
                hint="A full disk or a node that died truncates files without an error. Make "
                "space and back up again.",
                exit_code=ExitCode.BACKUP_INCOMPLETE,
            )

    async def _contents(
        self, step: Step, counted: Mapping[TableName, int | None]
    ) -> dict[TableName, KnownContent]:
        """``counted`` are the records in the files, or what the server said where nobody sees them,
        None where it said nothing."""
        found = {}
        exports = self.state.tables.values()
        for number, export in enumerate(exports, 1):
            if self.context.halt.requested.is_set():
                raise CancelledByPerson
            name = export.spec.name
            self.context.reporter.progress(
                step,
                phase=f"content check: {self.reader.level}",
                table=number,
                tables=len(exports),
                basis=f"reading {name} on the server",
            )
            known = self._known(export, await self.reader.contents(export), counted.get(name))
            found[name] = known
            for words in filter(None, (known.doubt, known.less)):
                self.context.reporter.notice(step, "WARNING", words)
        return found

    def _known(self, export: TableExport, content: TableContent, rows: int | None) -> KnownContent:
        """What can be said of the rows in the files. Raises KwtuiError if not all are there."""
        name = export.spec.name
        if content.changed:
            return KnownContent(TableContent(), f"{name} was changed while it was exported")
        doubt = ""
        if content.windows is not None and content.windows.column:
            doubt = late_rows.doubt(export, content.windows, rows)
        if doubt:
            content = _without_checksum(export, content)
        held = _rows_held(content)
        bounded = export.windows_before is not None or not self._is_series
        if not doubt and bounded and None not in (held, rows) and held != rows:
            raise KwtuiError(
                f"The backup is not complete: {name} held {plural(held, 'row')} and its files "
                f"hold {rows:,}.",
                hint="Back up again.",
                exit_code=ExitCode.BACKUP_INCOMPLETE,
            )
        wanted = self.reader.level
        less = ""
        if content.reason and content.level.rank < wanted.rank:
            less = f"{name} is checked by {content.level} instead of {wanted}: {content.reason}"
        return KnownContent(content, doubt, less)

    @property
    def _is_series(self) -> bool:
        return self.state.before is not None and self.state.before.engine is Engine.TIME_SERIES

    # -- writing ----------------------------------------------------------------------------

    def _manifest(
        self,
        schema: DatabaseSchema,
        tree: SealedTree,
        contents: Mapping[TableName, KnownContent],
    ) -> Manifest:
        state, plan = self.state, self.context.plan
        tables = tuple(self._entry(sealed, contents[sealed.name]) for sealed in tree.tables)
        is_snapshot = (
            schema.engine is Engine.RELATIONAL and self.request.method is BackupMethod.SNAPSHOT
        )
        # P2 wants counts that equal what the server said; where EXPORT said nothing, the rows that
        # were counted before and after it stand for it.
        certain = all(
            export.rows_reported is not None or _is_certain(contents[name])
            for name, export in state.tables.items()
        )
        levels = [known.content.level for known in contents.values()]
        check = min(levels, key=lambda level: level.rank, default=self.reader.level)
        return Manifest(
            set_id=plan.path,
            database=plan.database,
            engine=schema.engine,
            method=self.request.method,
            started=state.started,
            finished=datetime.now(UTC),
            cluster_id=state.facts.cluster_id,
            node_id=plan.node_id,
            server_version=state.facts.version,
            kwtui_version=kwtui.__version__,
            dialect=self.request.dialect,
            tables=tables,
            totals=totals_of(tables, tree.files),
            files=tree.files,
            snapshot_timestamp=state.timestamp if is_snapshot else "",
            label=self.request.label,
            only=() if self.request.is_whole else tuple(state.tables),
            not_included=plan.not_included,
            notices=tuple(state.notices),
            findings=(
                *plan.findings,
                Finding(Severity.INFO, "content_check", plan.database, check.in_words),
                *(assumption(schema.engine, each) for each in _linked_to(tables)),
                *_late_findings(contents),
            ),
            proof=ProofLevel.P2 if certain else ProofLevel.P1,
            check=check,
            chunk_rows=self.request.chunk_rows,
            run_id=self.context.run_id,
            text_settings=dict(TEXT_SETTINGS),
        )

    def _entry(self, sealed: SealedTable, known: KnownContent) -> TableEntry:
        export, content = self.state.tables[sealed.name], known.content
        return TableEntry(
            name=sealed.name,
            folder=sealed.folder,
            columns=export.spec.visible_columns,
            files=sealed.files,
            rows_reported=export.rows_reported,
            rows_counted=sealed.rows,
            checksum=content.checksum,
            statement=export.statement,
            until=export.until or "",
            check=content.level,
            windows=content.windows,
            samples=content.samples,
            segments=_segments(export, sealed),
            tags=export.tags.digest,
            devices=export.tags.kept,
            whole_at=export.whole_at,
            origin=export.origin,
        )

    def _write(self, schema: DatabaseSchema, manifest: Manifest) -> None:
        self.manifest = write_set(
            self.location, schema, manifest, self.state.facts, chinese=self.request.chinese
        )


def _new_words(made: Manifest) -> str:
    if not made.totals.shared_bytes:
        return ""
    new, all_ = human_bytes(made.totals.new_bytes), human_bytes(made.totals.bytes)
    return f", {new} new of {all_}"


def _segments(export: TableExport, sealed: SealedTable) -> tuple[Segment, ...]:
    """Of a series that was written by one EXPORT all its files are one segment."""
    if export.segments or not export.stretches:
        return tuple(export.segments)
    return (Segment("", "", tuple(file.path for file in sealed.files)),)


def _linked_to(tables: Iterable[TableEntry]) -> list[str]:
    """The sets that hold the same files."""
    return sorted({each.linked for table in tables for each in table.segments if each.linked})


def _doubts(contents: Mapping[TableName, KnownContent]) -> tuple[str, ...]:
    return tuple(known.doubt for known in contents.values() if known.doubt)


def _late_findings(contents: Mapping[TableName, KnownContent]) -> tuple[Finding, ...]:
    """What the set itself says of tables that were written to while they were exported, and of
    those that were checked by less than was asked for."""
    late = (("changed_meanwhile", name, known.doubt) for name, known in contents.items())
    less = (("checked_by_less", name, known.less) for name, known in contents.items())
    return tuple(
        Finding(Severity.WARNING, code, str(name), words)
        for code, name, words in (*late, *less)
        if words
    )


def _without_checksum(export: TableExport, content: TableContent) -> TableContent:
    """Of a table that changed only its settled windows are known; of one that was not read before
    nothing is."""
    if content.windows is None or export.windows_before is None:
        return TableContent()
    if content.checksum is None:
        return content
    return replace(content, level=content.windows.level, checksum=None)


def _rows_held(content: TableContent) -> int | None:
    if content.checksum is not None:
        return content.checksum.rows
    return content.windows.rows if content.windows is not None else None


def _is_certain(known: KnownContent) -> bool:
    return not known.doubt and _rows_held(known.content) is not None

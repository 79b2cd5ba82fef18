"""Sealing a set: hash, count, content checksums, sidecars, and the manifest last."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import kwtui
from kwtui.backups.layout.draft import Draft, draft_path, write_draft
from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.backups.manifest import Manifest, TableEntry, totals_of
from kwtui.backups.proof.sealing import SealedTable, SealedTree
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import make_folders
from kwtui.model.findings import Finding, Severity
from kwtui.model.proof import ContentChecksum, ProofLevel
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import DatabaseSchema, Engine, TableName
from kwtui.operations.backup.execution import reconcile
from kwtui.operations.backup.execution.content_reads import ContentReader
from kwtui.operations.backup.execution.late_rows import judge
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step
from kwtui.operations.runner import CancelledByPerson, StepOutcome
from kwtui.operations.seal.set_files import read_tree, write_set
from kwtui.operations.shared.checksums import TableChecksum
from kwtui.sql.session import TEXT_SETTINGS
from kwtui.text import plural


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
        checksums = await self._checksums(step, counted)
        self.doubts = tuple(c.doubt for c in checksums.values() if c.doubt)
        schema = self.state.schema(whole=self.request.is_whole)
        manifest = self._manifest(schema, tree, checksums)
        await asyncio.to_thread(self._write, step, schema, manifest)
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
        checksums = await self._checksums(step, said)
        self.doubts = tuple(c.doubt for c in checksums.values() if c.doubt)
        schema = self.state.schema(whole=self.request.is_whole)
        unread = tuple(
            SealedTable(e.spec.name, e.folder, (), 0) for e in self.state.tables.values()
        )
        manifest = self._manifest(schema, SealedTree(unread, (), (), 0), checksums)
        tables = tuple(replace(t, rows_counted=None) for t in manifest.tables)
        manifest = replace(
            manifest, tables=tables, totals=totals_of(tables, ()), proof=ProofLevel.P0
        )
        file = draft_path(self.context.state, self.context.plan.path)
        await asyncio.to_thread(write_draft, file, Draft(manifest, schema))
        self.manifest, self.draft = manifest, file
        return StepOutcome(summary=f"P0: its files were not seen. The draft is {file}")

    def _unseen_result(self, made: Manifest, draft: Path) -> RunResult:
        command = shlex.join(["kwtui", "seal", made.set_id, "--draft", draft.name])
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
            f"{plural(made.totals.rows or 0, 'row')}, proven to P{int(made.proof)}.",
            result={
                "path": made.set_id,
                "folder": str(self.location.root),
                "sidecars": str(self.location.sidecars),
                "database": made.database,
                "tables": made.totals.tables,
                "rows": made.totals.rows,
                "files": made.totals.files,
                "bytes": made.totals.bytes,
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
        )

    def _check_counts(self, counted: Mapping[TableName, int]) -> None:
        differing = list(reconcile.differing_counts(counted, self.state.tables.values()))
        if differing:
            raise KwtuiError(
                f"The backup is not complete: {differing[0]}.",
                cause="\n".join(differing[1:]),
                hint="A full disk or a node that died cuts files without an error. Make space and "
                "back up again.",
                exit_code=ExitCode.BACKUP_INCOMPLETE,
            )

    async def _checksums(
        self, step: Step, counted: Mapping[TableName, int | None]
    ) -> dict[TableName, TableChecksum]:
        """``counted`` are the records in the files, or what the server said where nobody sees them,
        None where it said nothing."""
        if not self.request.content_checksums:
            return {}
        found = {}
        exports = self.state.tables.values()
        for number, export in enumerate(exports, 1):
            if self.context.halt.requested.is_set():
                raise CancelledByPerson
            rows = counted.get(export.spec.name)
            self.context.reporter.progress(
                step,
                phase="content checksums",
                table=number,
                tables=len(exports),
                basis=f"reading {export.spec.name} on the server",
            )
            found[export.spec.name] = await self._checksum(export, rows)
            doubt = found[export.spec.name].doubt
            if doubt:
                self.context.reporter.notice(step, "WARNING", doubt)
        return found

    async def _checksum(self, export: TableExport, rows: int | None) -> TableChecksum:
        """The checksum of what the files hold, if it can be told."""
        state, name = self.state, export.spec.name
        first, *others = await self.reader.contents(export)
        if state.before is not None and state.before.engine is Engine.TIME_SERIES:
            found = judge(export, first, rows)
            if found.checksum is None or export.checksum_before is None:
                return found
            return self._exactly(export, found.checksum, rows)
        # No common instant: only a table that is the same before and after is known for certain.
        if all(other == first for other in others):
            return self._exactly(export, first, rows)
        return TableChecksum(None, f"{name} was changed while it was exported")

    def _exactly(
        self, export: TableExport, found: ContentChecksum, rows: int | None
    ) -> TableChecksum:
        if rows is not None and found.rows != rows:
            raise KwtuiError(
                f"The backup is not complete: {export.spec.name} held {found.rows} rows and its "
                f"files hold {rows}.",
                hint="Back up again.",
                exit_code=ExitCode.BACKUP_INCOMPLETE,
            )
        return TableChecksum(found)

    # -- writing ----------------------------------------------------------------------------

    def _manifest(
        self,
        schema: DatabaseSchema,
        tree: SealedTree,
        checksums: Mapping[TableName, TableChecksum],
    ) -> Manifest:
        state, plan = self.state, self.context.plan
        tables = tuple(self._entry(sealed, checksums) for sealed in tree.tables)
        is_snapshot = (
            schema.engine is Engine.RELATIONAL and self.request.method is BackupMethod.SNAPSHOT
        )
        doubtful = any(c.doubt for c in checksums.values()) or not checksums
        unsaid = any(e.rows_reported is None for e in state.tables.values())
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
            findings=(*plan.findings, *self._late_findings(checksums)),
            # P2 wants counts that equal what the server said; where it said nothing, the count
            # that was read together with the checksum stands for it.
            proof=ProofLevel.P1 if unsaid and doubtful else ProofLevel.P2,
            run_id=self.context.run_id,
            text_settings=dict(TEXT_SETTINGS),
        )

    def _late_findings(self, checksums: Mapping[TableName, TableChecksum]) -> tuple[Finding, ...]:
        """What the set itself says of tables that were written to while they were exported."""
        return tuple(
            Finding(Severity.WARNING, "changed_meanwhile", str(name), found.doubt)
            for name, found in checksums.items()
            if found.doubt
        )

    def _entry(
        self, sealed: SealedTable, checksums: Mapping[TableName, TableChecksum]
    ) -> TableEntry:
        export = self.state.tables[sealed.name]
        found = checksums.get(sealed.name)
        return TableEntry(
            name=sealed.name,
            folder=sealed.folder,
            columns=export.spec.visible_columns,
            files=sealed.files,
            rows_reported=export.rows_reported,
            rows_counted=sealed.rows,
            checksum=found.checksum if found else None,
            statement=export.statement,
            until=export.until or "",
        )

    def _write(self, step: Step, schema: DatabaseSchema, manifest: Manifest) -> None:
        def tell(words: str) -> None:
            self.context.reporter.progress(step, phase="writing the set", basis=words)

        self.manifest = write_set(
            self.location,
            schema,
            manifest,
            self.state.facts,
            tell,
            self.context.halt.requested.is_set,
        )

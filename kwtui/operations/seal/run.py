"""Sealing a set on the node that holds its files, with the draft that its run wrote elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import kwtui
from kwtui.backups.layout.draft import Draft, read_draft
from kwtui.backups.layout.location import SetLocation, find_location, new_location
from kwtui.backups.layout.tree import is_folder, is_there
from kwtui.backups.manifest import Manifest, TableEntry, totals_of
from kwtui.backups.proof.sealing import SealedTree
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.proof import ProofLevel
from kwtui.model.server import ServerFacts
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.operations.seal.set_files import read_tree, write_set
from kwtui.operations.shared.command_line import shell_line
from kwtui.text import plural


async def run_seal(context: RunContext) -> RunResult:
    """Run the plan.

    Raises KwtuiError: NOT_FOUND if the export is not here, DESTINATION_NOT_EMPTY if it is sealed
    already, BACKUP_INCOMPLETE naming each table whose files hold other numbers of rows.
    """
    sealed: list[Manifest] = []

    async def seal(step: Step) -> StepOutcome:
        draft = await asyncio.to_thread(read_draft, Path(context.plan.request["draft"]))
        location = _location(context)
        tree = await asyncio.to_thread(_read, context, step, draft, location)
        manifest = manifest_of(draft, tree, datetime.now(UTC), context.run_id)

        written = await asyncio.to_thread(
            write_set,
            location,
            draft.schema,
            manifest,
            _facts(draft.manifest),
            chinese=context.plan.request.get("chinese", False),
        )
        sealed.append(written)
        rows, size = written.totals.rows, written.totals.bytes
        words = f"{plural(rows or 0, 'row')}, proven to P{int(written.proof)}"
        return StepOutcome(summary=words, rows=rows, bytes=size)

    await run_steps(context.plan, {StepKind.SEAL: seal}, context.reporter, context.halt)
    return _result(context, sealed[0])


def manifest_of(draft: Draft, tree: SealedTree, now: datetime, run_id: str) -> Manifest:
    """The draft completed by what the files hold. Pure.

    Raises KwtuiError (BACKUP_INCOMPLETE) naming each table whose files hold other numbers of rows.
    """
    made = draft.manifest
    problems = list(_differences(made, tree))
    if problems:
        raise KwtuiError(
            f"The backup is not complete: {problems[0]}.",
            cause=lines_of(*problems[1:]),
            hint="A full disk on the destination's node truncates files without an error. Free "
            "space there and back up again.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    found = {table.name: table for table in tree.tables}
    tables = tuple(
        replace(t, files=found[t.name].files, rows_counted=found[t.name].rows) for t in made.tables
    )
    return replace(
        made,
        tables=tables,
        files=tree.files,
        totals=totals_of(tables, tree.files),
        finished=now,
        proof=ProofLevel.P2 if all(map(_is_certain, tables)) else ProofLevel.P1,
        kwtui_version=kwtui.__version__,
        run_id=run_id,
    )


def _differences(made: Manifest, tree: SealedTree) -> Iterator[str]:
    counted = {table.name: table.rows for table in tree.tables}
    for table in made.tables:
        rows = counted[table.name]
        if table.rows_reported is not None and rows != table.rows_reported:
            yield (
                f"{table.name}: the server said {plural(table.rows_reported, 'row')}, the "
                f"files hold {rows:,}"
            )
        elif table.rows_held is not None and rows != table.rows_held:
            yield f"{table.name}: it held {plural(table.rows_held, 'row')}, the files hold {rows:,}"


def _is_certain(table: TableEntry) -> bool:
    """Whether anybody said how many rows there must be."""
    return table.rows_reported is not None or table.rows_held is not None


def _location(context: RunContext) -> SetLocation:
    path = context.plan.path
    existing = find_location(context.extern, path, context.state)
    if is_there(existing.manifest):
        raise KwtuiError(
            f"{path} is sealed already.",
            hint=f"Check it: {shell_line('verify', path, options=context.options)}",
            exit_code=ExitCode.DESTINATION_NOT_EMPTY,
        )
    if not is_folder(existing.data):
        raise KwtuiError(
            f"There is no {path}/data in {context.extern}.",
            cause="Its files are on the node that the backup was sent to.",
            hint="Run this on that node with its --extern DIR.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return new_location(context.extern, path, context.state)


def _read(context: RunContext, step: Step, draft: Draft, location: SetLocation) -> SealedTree:
    tables = draft.manifest.tables
    return read_tree(
        location.data,
        {t.name: t.folder for t in tables},
        {t.name: len(t.columns) for t in tables},
        draft.manifest.dialect,
        context.tell_of(step, "hashing"),
        context.halt.requested.is_set,
    )


def _facts(made: Manifest) -> ServerFacts:
    return ServerFacts(
        version=made.server_version,
        cluster_id=made.cluster_id,
        node_id=made.node_id,
        user="",
        is_admin=True,
        tls=False,
    )


def _result(context: RunContext, made: Manifest) -> RunResult:
    return RunResult(
        summary=f"Sealed {made.set_id}: {plural(made.totals.tables, 'table')}, "
        f"{plural(made.totals.rows or 0, 'row')}, proven to P{int(made.proof)}.",
        result={
            "path": made.set_id,
            "folder": str(context.extern / made.set_id),
            "database": made.database,
            "tables": made.totals.tables,
            "rows": made.totals.rows,
            "files": made.totals.files,
            "bytes": made.totals.bytes,
            "proof": int(made.proof),
            "not_included": list(made.not_included),
        },
    )

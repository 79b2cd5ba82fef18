"""Comparing what was restored with the backup, and keeping what came of it for the result."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from kwtui.backups.listing.contents import open_set
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.checks import compared_how
from kwtui.model.requests import RestoreRequest
from kwtui.model.schema import DatabaseSchema, Engine, TableName
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.restore.execution.comparing import (
    check_lines,
    compare_tables,
    layout_differences,
    met_words,
    other_differences,
)
from kwtui.operations.restore.execution.differences import (
    DefinitionsDiffer,
    accept_options,
    definition_differences,
    late_defaults,
    left_after,
    printed_differences,
)
from kwtui.operations.restore.execution.export_again import ExportAgain
from kwtui.operations.restore.execution.source_check import SourceCheck
from kwtui.operations.restore.leaving_out import gone_with, left_out_names, schema_without
from kwtui.operations.runner import StepOutcome
from kwtui.operations.shared.checksums import reading_texts
from kwtui.operations.shared.selection import Chosen
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server
from kwtui.text import plural


class Comparison:
    """Of one restore: rows under the scratch name, and what waits for the final name after it."""

    def __init__(
        self, context: RunContext, server: Server, request: RestoreRequest, server_extern: Path
    ) -> None:
        self._context = context
        self._server = server
        self._request = request
        self._again = ExportAgain(server, context.extern, server_extern, context.halt)
        self._accepted: dict[str, None] = {}
        self.lines: list[dict[str, Any]] = []
        """What the comparison of each table came to."""
        self.rows = 0
        self.doubts: list[str] = []
        """Views, sequences, comments and grants that are not as captured."""
        self.accepting = ""
        """Options that accept those of the `doubts` that are about definitions of tables."""
        self.tables_made: int | None = None
        """Of a foreign export: how many tables have the columns of its files, all that can be
        compared of them; None for a set, whose every definition is compared."""

    @property
    def less(self) -> list[str]:
        """Tables that could not be exported again, in words."""
        return [
            f"{line['table']} was compared {compared_how(line['check'])}, not record by record: "
            f"{line['check_reason']}"
            for line in self.lines
            if line["check_reason"]
        ]

    @property
    def accepted(self) -> list[str]:
        """Differences of definitions that were accepted by name."""
        return list(self._accepted)

    @property
    def defined(self) -> str:
        """How far the definitions are proven, in words."""
        if self.tables_made is None:
            return "every definition as it was"
        return f"{plural(self.tables_made, 'table')} with the columns of the export"

    async def compare(
        self, step: Step, source: SourceCheck, rows_before: dict[str, int]
    ) -> StepOutcome:
        """``rows_before`` stood in tables (``schema.name``) before rows were added to them.

        Raises RESTORE_DIFFERS: rows, content or definitions are not those of the backup.
        """
        database = step.params["database"]
        if "accounts" in step.params:
            return await self._compare_others(step)
        expected = [source.expected(table) for table in step.params["tables"]]
        async with reading_texts(self._server, step.params.get("text_settings", {})):
            self.lines = await compare_tables(
                self._server,
                database,
                expected,
                rows_before,
                self._again,
                lambda name, number: self._tell(step, name, number),
            )
        check_lines(self.lines, database)
        for words in (*met_words(self.lines), *self.less):
            self._context.reporter.notice(step, "WARNING", words)
        if step.params["definitions"]:
            await self._compare_definitions(step, database)
        self.rows = sum(line["rows_found"] for line in self.lines)
        grew = any(rows_before.get(line["table"]) for line in self.lines)
        words = f"{plural(len(self.lines), 'table')}, all {'as expected' if grew else 'the same'}"
        return StepOutcome(
            summary=words if self.lines else self.defined,
            rows=self.rows,
            details={"comparison": self.lines},
        )

    def _tell(self, step: Step, name: TableName, number: int) -> None:
        self._context.reporter.progress(
            step,
            phase="comparing",
            table=number,
            tables=len(step.params["tables"]),
            basis=f"reading {name} on the server",
        )

    async def _compare_definitions(self, step: Step, database: str) -> None:
        chosen = await self._captured()
        restored = await catalogue.read_schema(self._server, database)
        if chosen is None:
            self._compare_layout(step, restored)
            return
        differences = tuple(definition_differences(chosen, restored, database))
        left = left_after(differences, self._request.accept)
        if left:
            raise DefinitionsDiffer(database, left)
        for difference in differences:
            self._accepted.setdefault(difference.words)

    def _compare_layout(self, step: Step, restored: DatabaseSchema) -> None:
        """Of a foreign export nothing was captured: its tables must have its columns."""
        layout = step.params.get("layout", [])
        differences = list(layout_differences(layout, restored))
        if differences:
            raise KwtuiError(
                f"The restored tables differ from the export: {differences[0]}.",
                cause=lines_of(*differences[1:]),
                exit_code=ExitCode.RESTORE_DIFFERS,
            )
        self.tables_made = len(layout)

    async def _compare_others(self, step: Step) -> StepOutcome:
        chosen = await self._captured()
        if chosen is None:
            return StepOutcome(summary="nothing to compare with")
        database = step.params["database"]
        restored = await catalogue.read_schema(self._server, database)
        if restored.engine is Engine.TIME_SERIES:
            await self._count_again(database)
        accounts = frozenset(step.params["accounts"])
        printed = (
            *printed_differences(chosen, restored, database),
            *late_defaults(chosen, restored, database),
        )
        left = left_after(printed, self._request.accept)
        self.accepting = accept_options(left)
        for accepted in printed:
            if accepted not in left:
                self._accepted.setdefault(accepted.words)
        differences = [difference.words for difference in left]
        differences += other_differences(chosen, restored, database, accounts)
        for difference in differences:
            self._context.reporter.notice(step, "WARNING", difference)
        self.doubts += differences
        return StepOutcome(summary=plural(len(differences), "difference"))

    async def _count_again(self, database: str) -> None:
        """Time-series tables must still answer under the final name; nobody proved that a node's
        time-series engine takes every rename well (recording 13 has one, of a small table)."""
        for line in self.lines:
            name = TableName(line["schema"], line["name"])
            rows = await catalogue.count_rows(self._server, database, name)
            if rows != line["rows_found"]:
                raise KwtuiError(
                    f"{line['table']} holds {plural(rows, 'row')} after {database} got its "
                    f"name, and held "
                    f"{line['rows_found']} before.",
                    exit_code=ExitCode.RESTORE_DIFFERS,
                )

    async def _captured(self) -> Chosen | None:
        """What was captured of the chosen tables; None for a tree, where nothing was."""
        schema = await asyncio.to_thread(_captured_schema, self._context, self._request)
        if schema is None:
            return None
        names = left_out_names(schema, self._request.leave_out, self._request.source)
        schema, _ = schema_without(schema, gone_with(schema, names))
        wanted = self._request.tables
        tables = tuple(t for t in schema.tables if not wanted or t.name in wanted)
        return Chosen(schema, tables, whole=not wanted)


def _captured_schema(context: RunContext, request: RestoreRequest) -> DatabaseSchema | None:
    """None for an adopted tree, whose definitions were not captured but only printed."""
    with suppress(KwtuiError):
        return open_set(context.extern, request.source, context.state).schema
    return None

"""Putting rows back by INSERT, for time-series tables that IMPORT gets wrong (row 13)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from kwtui.backups.csvindex import CsvIndex
from kwtui.backups.naming import inside
from kwtui.backups.page import read_page
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import Dialect, TableName
from kwtui.operations.plan import Step
from kwtui.operations.runner import Halt
from kwtui.server import statements
from kwtui.server.connection import Server

Batch = tuple[tuple[str | None, ...], ...]


async def insert_rows(
    server: Server, step: Step, extern: Path, halt: Halt, tell: Callable[[int], None]
) -> int:
    """Insert the records of the step's files in batches; the number of rows.

    Raises KwtuiError: BACKUP_DAMAGED for a record that does not parse, CANCELLED.
    """
    params = step.params
    table = TableName(params["schema"], params["table"])
    columns = [(name, kind) for name, kind in params["columns"]]
    dialect = msgspec.convert(params["dialect"], Dialect)
    done = 0
    for file in params["files"]:
        path = inside(extern, file)
        async for batch in _batches(path, dialect, len(columns), params["batch"]):
            if halt.requested.is_set():
                raise halt.reason()
            await server.execute(statements.insert_rows(params["database"], table, columns, batch))
            done += len(batch)
            tell(done)
    return done


async def _batches(path: Path, dialect: Dialect, fields: int, size: int) -> AsyncIterator[Batch]:
    index = CsvIndex(path, dialect)
    start = 0
    while True:
        page = await asyncio.to_thread(read_page, path, dialect, start, size, index=index)
        if page.problem:
            raise _damaged(path, page.problem)
        for number, record in enumerate(page.records, start + 1):
            if len(record) != fields:
                problem = f"record {number} has {len(record)} values, the table {fields} columns"
                raise _damaged(path, problem)
        if page.records:
            yield page.records
        start += len(page.records)
        if page.at_end or not page.records:
            return


def _damaged(path: Path, problem: str) -> KwtuiError:
    return KwtuiError(
        f"{path} cannot be read.",
        cause=problem,
        hint="Check the backup: kwtui verify",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )

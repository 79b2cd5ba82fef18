"""Putting rows back by INSERT, for time-series tables that IMPORT gets wrong (row 13)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from kwtui.backups.csv.alterations import PLAIN, FileForm
from kwtui.backups.csv.batches import batches, checked_records
from kwtui.backups.csv.device_clashes import first_clash, without_clashes
from kwtui.backups.csv.record_scan import scan_file
from kwtui.backups.layout.naming import inside
from kwtui.files.foreign.reading import cannot_read
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.operations.plan import Step
from kwtui.operations.runner import Halt
from kwtui.server.connection.server import Server
from kwtui.sql import statements


async def insert_rows(
    server: Server, step: Step, extern: Path, halt: Halt, tell: Callable[[int], None]
) -> int:
    """Insert the records of the step's files in batches; the number of rows.

    The first ``skip`` rows of the step's params are there already: they are read and left out.
    Raises KwtuiError: BACKUP_DAMAGED for a record that does not parse, CANCELLED.
    """
    params = step.params
    table = TableName(params["schema"], params["table"])
    columns = [(name, kind) for name, kind in params["columns"]]
    dialect = msgspec.convert(params["dialect"], Dialect)
    done, skip = 0, int(params.get("skip", 0))
    for file in params["files"]:
        path, form = inside(extern, file), _form(params, file)
        async for batch in batches(path, dialect, len(columns), params["batch"], form):
            if halt.requested.is_set():
                raise halt.reason()
            left = batch[max(0, skip - done) :]
            for part in without_clashes(left, params.get("tags", ())):
                sql = statements.insert_rows(params["database"], table, columns, part)
                await server.execute(sql)
            done += len(batch)
            tell(done)
    return done


def _form(params: dict[str, Any], file: str) -> FileForm:
    """How another program has changed a file."""
    found = params.get("forms", {}).get(file)
    return msgspec.convert(found, FileForm) if found else PLAIN


def count_null_lines(step: Step, extern: Path) -> int:
    """The empty lines of an import's files, which IMPORT skips (live-findings, row 12). Blocking.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    params = step.params
    if not params.get("null_lines"):
        return 0
    dialect = msgspec.convert(params["dialect"], Dialect)
    found = 0
    for file in params["files"]:
        path = inside(extern, file)
        try:
            found += scan_file(path, dialect, fields=1, form=_form(params, file)).blanks
        except OSError as error:
            raise cannot_read(path, error) from error
    return found


async def insert_nulls(server: Server, step: Step, count: int, halt: Halt) -> None:
    """Insert as many rows of NULL alone. Raises KwtuiError."""
    params = step.params
    table = TableName(params["schema"], params["table"])
    columns = [(name, kind) for name, kind in params["columns"]]
    while count > 0:
        if halt.requested.is_set():
            raise halt.reason()
        rows = [(None,)] * min(count, params["batch"])
        await server.execute(statements.insert_rows(params["database"], table, columns, rows))
        count -= len(rows)


def clashing_devices(step: Step, extern: Path) -> tuple[str, str] | None:
    """Two devices of an import's files that KWDB may take for one. Blocking.

    Raises KwtuiError (BACKUP_DAMAGED) for a record that does not parse.
    """
    params = step.params
    if not params.get("tags"):
        return None
    dialect = msgspec.convert(params["dialect"], Dialect)
    fields = len(params["columns"])
    found = (
        checked_records(inside(extern, file), dialect, fields, _form(params, file))
        for file in params["files"]
    )
    return first_clash(chain.from_iterable(found), params["tags"])

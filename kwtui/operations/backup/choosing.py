"""The tables that a backup is about. Pure."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import DatabaseSchema, TableSpec
from kwtui.text import shell_quoted


def choose_tables(schema: DatabaseSchema, request: BackupRequest) -> tuple[TableSpec, ...]:
    """The tables that were asked for, in the catalogue's order; all of them if none was.

    Raises KwtuiError: NOT_FOUND, STATEMENT_REFUSED, or USAGE where every table is left out.
    """
    unread = {table.name: table.why for table in schema.unread}
    for name in (*request.tables, *request.without):
        known = schema.table(name) is not None or (name in unread and name in request.without)
        if not known:
            why = f"Its definition cannot be read: {unread[name]}" if name in unread else ""
            raise KwtuiError(
                f"The database {schema.database} has no table {name}."
                if not why
                else f"{name} cannot be backed up.",
                cause=why,
                hint=f"List its contents: kwtui survey {shell_quoted(schema.database)}",
                exit_code=ExitCode.STATEMENT_REFUSED if why else ExitCode.NOT_FOUND,
            )
    without = frozenset(request.without)
    wanted = frozenset(request.tables or (table.name for table in schema.tables)) - without
    chosen = tuple(table for table in schema.tables if table.name in wanted)
    if request.without and not chosen:
        raise KwtuiError(
            f"No table of {schema.database} is left to back up.",
            cause="--without excludes every table.",
            hint="Choose at least one table.",
            exit_code=ExitCode.USAGE,
        )
    return chosen

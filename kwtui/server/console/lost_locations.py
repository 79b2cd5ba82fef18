"""An IMPORT that would lose files without a word: a time series is read from its first location
alone (live-findings, row 31)."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.sql import inspection, lexer
from kwtui.sql.ddl import primary_tags
from kwtui.sql.names import name_at


def table_of_several(text: str) -> tuple[str, ...]:
    """The parts of the name of the table of an ``IMPORT INTO t CSV DATA ('a', 'b')``; none for any
    other statement."""
    items = list(lexer.code(text))
    if len(items) < 3 or not (items[0].is_word("IMPORT") and items[1].is_word("INTO")):
        return ()
    if items[2].kind is not lexer.Kind.NAME:
        return ()
    return name_at(items, 2).parts if len(_locations(items)) > 1 else ()


def folders_for_one_table(text: str) -> tuple[str, ...]:
    """The locations of an ``IMPORT TABLE CREATE USING 'd' CSV DATA ('a', 'b')``, if some are
    folders: only a time series is imported from those. None for any other statement."""
    items = list(lexer.code(text))
    if len(items) < 3 or not (items[0].is_word("IMPORT") and items[1].is_word("TABLE")):
        return ()
    locations = _locations(items)
    folders = [at for at in locations if not at.partition("?")[0].lower().endswith(".csv")]
    return tuple(locations) if folders and len(locations) > 1 else ()


def _locations(items: list[lexer.Token]) -> list[str]:
    start = next((i for i, t in enumerate(items) if t.is_word("DATA")), len(items))
    end = next((i for i in range(start, len(items)) if items[i].text == ")"), len(items))
    return [t.value for t in items[start:end] if t.kind is lexer.Kind.STRING]


async def check_locations(server: Server, text: str) -> None:
    """Raises KwtuiError (REFUSED_BY_PLAN) for such an IMPORT."""
    if folders := folders_for_one_table(text):
        raise _refused(", ".join(folders))
    table = table_of_several(text)
    if not table:
        return
    try:
        answer = await server.query(inspection.create_statement_as_named(table))
    except StatementRefused:
        # The server says itself what is wrong with the statement.
        return
    if any(primary_tags(row[-1] or "") for row in answer.rows):
        raise _refused(".".join(table))


def _refused(what: str) -> KwtuiError:
    return KwtuiError(
        "Of several locations KWDB imports a time series only from the first, and reports "
        f"success: {what}.",
        hint="Run an IMPORT for each of them.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )

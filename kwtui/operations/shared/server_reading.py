"""The server's own reading of what a plan would send, before anything is sent.

kwtui's lexer follows KWDB's scanner, and the server that runs may be another version. SHOW SYNTAX
(recordings 12 and 19) says how many statements it reads in a text, and what they are; it runs none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan, StepKind
from kwtui.server.catalogue.batching import groups
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.server.console.verdict import parsed_statements
from kwtui.sql.bounds import form_of
from kwtui.sql.inspection import syntax_of
from kwtui.sql.lexer import Token, code
from kwtui.text import plural

_BATCH_CHARACTERS = 256 << 10
_BATCH_STATEMENTS = 200
_PROGRAMS = frozenset({"CREATE PROCEDURE", "CREATE TRIGGER"})
"""Their semicolons are their own: what SHOW SYNTAX makes of those, no recording shows."""
_PRINTED = {"USE": "SET"}
"""Verbs that the server prints in another way."""


async def check_with_server(server: Server, plan: Plan) -> str:
    """Ask the server to read every definition that the plan would send.

    What of it the server did not read, in words; empty if it read all. What it cannot read it does
    not run either. Raises KwtuiError (REFUSED_BY_PLAN) where it reads something else than planned.
    """
    unread = 0
    for batch in groups(_definitions(plan), _BATCH_STATEMENTS, _BATCH_CHARACTERS):
        try:
            unread += await _check(server, batch)
        except StatementRefused as error:
            return (
                "The server does not say how it reads a statement, so kwtui's own reading decides: "
                f"{error.cause or error.title}"
            )
    if not unread:
        return ""
    return f"The server did not read {plural(unread, 'statement')} beforehand; kwtui did."


def _definitions(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if step.kind is StepKind.SQL:
            yield from (text for text in step.sql if form_of(_words(text)) not in _PROGRAMS)


async def _check(server: Server, texts: Sequence[str]) -> int:
    """How many of them the server cannot read; halved until it is known which they are."""
    # Line ends, so that no comment at the end of one takes the semicolon along.
    answer = await server.query(syntax_of("\n;\n".join(texts)))
    try:
        read = parsed_statements(answer)
    except KwtuiError:
        read = None
    if read is not None and len(read) == len(texts):
        for text, printed in zip(texts, read, strict=True):
            _check_verb(text, printed)
        return 0
    if len(texts) > 1:
        middle = len(texts) // 2
        return await _check(server, texts[:middle]) + await _check(server, texts[middle:])
    if read is None:
        return 1
    raise _otherwise(texts[0], f"{plural(len(read), 'statement')} in it, not one")


def _check_verb(text: str, printed: str) -> None:
    ours, theirs = (form_of(_words(each)).partition(" ")[0] for each in (text, printed))
    if theirs not in (ours, _PRINTED.get(ours)):
        raise _otherwise(text, f"a statement {theirs} in it")


def _words(text: str) -> list[Token]:
    return list(islice(code(text), 4))


def _otherwise(text: str, what: str) -> KwtuiError:
    shown = text if len(text) <= 400 else f"{text[:400]} …"
    return KwtuiError(
        f"The server reads {what}: {shown!r}.",
        cause="Nothing was sent.",
        hint="Look at schema.json and meta.sql of the backup; they may have been changed.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )

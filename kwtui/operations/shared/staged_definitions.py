"""Whether a meta.sql that KWDB's own IMPORT reads holds what an export writes, and no more. Pure.

KWDB makes of such a file whatever it understands of it. What is staged is the text in the plan, so
what was checked is what the server reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kwtui.backups.metasql.statements import MOST_STATEMENTS
from kwtui.sql.bound_names import Bounds, OutOfBoundsError
from kwtui.sql.bounds import check
from kwtui.sql.lexer import Kind, code

_FORMS = frozenset(
    {"CREATE DATABASE", "CREATE SCHEMA", "CREATE TABLE", "CREATE INDEX", "COMMENT ON", "GRANT"}
)


def more_than_definitions(texts: Mapping[str, str], bounds: Bounds) -> str:
    """Why the server must not read these files, by path; empty where it may.

    A server cuts a text into statements at every semicolon outside quotes, whatever stands before
    it: so is it cut here. What stands behind a quote that never ends is no statement to it either.
    """
    # What a comment is on is written with or without its database.
    wide = Bounds(bounds.databases | bounds.schemas, bounds.schemas)
    for path, text in texts.items():
        if text.count(";") > MOST_STATEMENTS:
            return f"{path} holds more than {MOST_STATEMENTS:,} statements"
        for statement in _readable(text):
            try:
                check(statement, _FORMS, wide)
            except OutOfBoundsError as error:
                return f"the statement {statement[:400]!r} of {path} {error}"
    return ""


def _readable(text: str) -> Iterator[str]:
    """The statements up to the first quote that never ends."""
    start = end = 0
    for token in code(text):
        if token.kind is Kind.BROKEN:
            return
        if token.text == ";" and token.kind is Kind.SYMBOL:
            if end:
                yield text[start:end]
            end = 0
            continue
        start, end = (start if end else token.start), token.end
    if end:
        yield text[start:end]

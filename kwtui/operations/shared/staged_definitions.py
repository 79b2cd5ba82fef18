"""Whether a meta.sql that KWDB's own IMPORT reads holds what an export writes, and no more. Pure.

KWDB makes of such a file whatever it understands of it. What is staged is the text in the plan, so
what was checked is what the server reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from kwtui.backups.metasql.statements import statements
from kwtui.errors import KwtuiError
from kwtui.sql.bound_names import Bounds, OutOfBoundsError
from kwtui.sql.bounds import check

_FORMS = frozenset(
    {"CREATE DATABASE", "CREATE SCHEMA", "CREATE TABLE", "CREATE INDEX", "COMMENT ON", "GRANT"}
)


def more_than_definitions(texts: Mapping[str, str], bounds: Bounds) -> str:
    """Why the server must not read these files, by path; empty where it may.

    What stands behind a quote that never ends is no statement to KWDB either.
    """
    # What a comment is on is written with or without its database.
    wide = Bounds(bounds.databases | bounds.schemas, bounds.schemas)
    for path, text in texts.items():
        for statement in _readable(text, path):
            try:
                check(statement, _FORMS, wide)
            except OutOfBoundsError as error:
                return f"the statement {statement[:400]!r} of {path} {error}"
    return ""


def _readable(text: str, path: str) -> Iterator[str]:
    """The statements up to the first quote or bracket that never ends."""
    with suppress(KwtuiError):
        for body in statements(text, path):
            yield text[body[0].start : body[-1].end]

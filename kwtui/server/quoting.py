"""The one place where names and values become SQL text.

KWDB reads SQL as PostgreSQL does with standard strings on: a backslash means nothing inside
``'...'`` (facts.md, section 1.1).
"""

from __future__ import annotations

import re

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.reserved import RESERVED

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


def identifier(name: str) -> str:
    """The name as SQL: plain where that is safe, else in double quotes.

    Raises KwtuiError for an empty name or one with a NUL, which no server can have sent.
    """
    if not name or "\0" in name:
        raise KwtuiError(
            "A name is empty or holds a NUL character.",
            cause=f"The name is {name!r}.",
            hint="Correct the name.",
            exit_code=ExitCode.USAGE,
        )
    if _PLAIN.match(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """Names joined by dots, each as `identifier`."""
    return ".".join(identifier(name) for name in names)


def literal(text: str) -> str:
    """The text as a single-quoted SQL string. Raises KwtuiError for a NUL character."""
    if "\0" in text:
        raise KwtuiError(
            "A text holds a NUL character, which SQL cannot carry.",
            hint="Take it out.",
            exit_code=ExitCode.USAGE,
        )
    return "'" + text.replace("'", "''") + "'"

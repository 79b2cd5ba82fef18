"""A SQL client that reads its input as ``kwbase sql`` does when nobody types at it.

Lines are put together until they end a statement, each statement is sent alone, answers are printed
as tab-separated lines with a header, and the first error ends it. Run as a program with a DSN.
"""

# ruff: noqa: T201 (it is a program)

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

import psycopg

_TOKEN = re.compile(
    r"""(?P<nothing>--[^\n]*|\s+) | \$(?P<tag>[^\W\d]*)\$.*?\$(?P=tag)\$ | (?P<open>\$[^\W\d]*\$)
        | [eE]'(?:[^'\\]|\\.|'')*+' | '(?:[^']|'')*+' | "(?:[^"]|"")*+"
        | (?P<end>;) | [^\s;'"eE-]++ | [eE-]""",
    re.VERBOSE | re.DOTALL,
)


def _is_whole(text: str) -> bool:
    """Whether the last thing in the text ends a statement."""
    position, whole = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["open"]:
            return False
        position = match.end()
        if match["nothing"] is None:
            whole = match["end"] is not None
    return whole


class BadInput(ValueError):
    """What this client does not take."""


def statements_in(lines: Iterable[str]) -> Iterator[str]:
    """Each statement with the comments before it. Raises BadInput."""
    text = ""
    for line in lines:
        if not text and line.startswith("\\"):
            raise BadInput(f"invalid syntax: {line.strip()}")
        text = f"{text}{line}" if text else line.lstrip()
        if text and _is_whole(text):
            yield text
            text = ""
    if text.strip():
        raise BadInput(f"missing semicolon at end of statement: {text}")


def main(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        try:
            for statement in statements_in(sys.stdin):
                _run(connection, statement)
        except (psycopg.Error, BadInput) as error:
            print(f"ERROR: {error}", file=sys.stderr)
            return 1
    return 0


def _run(connection: psycopg.Connection[tuple[object, ...]], text: str) -> None:
    cursor = connection.execute(text.encode())
    result = cursor.pgresult
    if result is None or not result.nfields:
        print(cursor.statusmessage)
        return
    print("\t".join((result.fname(i) or b"").decode() for i in range(result.nfields)))
    for row in range(result.ntuples):
        values = (result.get_value(row, column) for column in range(result.nfields))
        print("\t".join("NULL" if v is None else v.decode() for v in values))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

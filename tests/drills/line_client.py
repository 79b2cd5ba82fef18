"""A SQL client that reads its input as ``kwbase sql`` does when nobody types at it.

Lines are put together until they end a statement, each statement is sent alone, answers are printed
as tab-separated lines with a header, and the first error ends it. Run as a program with a DSN.
"""

# ruff: noqa: T201 (it is a program)

from __future__ import annotations

import re
import sys

import psycopg

_WHOLE = re.compile(
    r"""(?: --[^\n]* | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
        | [^'"-] | -(?!-) )*;\s*\Z""",
    re.VERBOSE | re.DOTALL,
)


def main(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        text = ""
        for line in sys.stdin:
            if not text and line.startswith("\\"):
                print(f"invalid syntax: {line.strip()}", file=sys.stderr)
                return 1
            text = f"{text}{line}" if text else line.lstrip()
            if not text or not _WHOLE.fullmatch(text):
                continue
            try:
                _run(connection, text)
            except psycopg.Error as error:
                print(f"ERROR: {error}", file=sys.stderr)
                return 1
            text = ""
    if text.strip():
        print(f"missing semicolon at end of statement: {text}", file=sys.stderr)
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

"""The one place where names and values become SQL text.

KWDB reads SQL as PostgreSQL does with standard strings on: a backslash means nothing inside
``'...'`` (facts.md, section 1.1).
"""

from __future__ import annotations

import re

from kwtui.errors import ExitCode, KwtuiError

_UNSENDABLE = re.compile(r"[\x00\ud800-\udfff]")
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


def identifier(name: str) -> str:
    """The name as SQL: plain where that is safe, else in double quotes.

    Raises KwtuiError for an empty name, and for one with a NUL or half a character (a surrogate),
    which no server can have sent.
    """
    if not name or _UNSENDABLE.search(name):
        raise KwtuiError(
            "A name is empty or holds a character that cannot be sent.",
            cause=f"The name is {name!r}.",
            hint="Correct the name.",
            exit_code=ExitCode.USAGE,
        )
    if _PLAIN.match(name) and name not in RESERVED:
        return name
    return quoted(name)


def quoted(name: str) -> str:
    """The name in double quotes, whatever it is: KWDB's own printing forgets quotes that are
    needed (facts.md, 1.8)."""
    return '"' + name.replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """Names joined by dots, each as `identifier`."""
    return ".".join(identifier(name) for name in names)


def literal(text: str) -> str:
    """The text as a single-quoted SQL string.

    Raises KwtuiError for a NUL character and for half a character (a surrogate).
    """
    if _UNSENDABLE.search(text):
        raise KwtuiError(
            "A text holds a NUL or half a character, which SQL cannot carry.",
            hint="Take it out.",
            exit_code=ExitCode.USAGE,
        )
    return "'" + text.replace("'", "''") + "'"


_WORDS = """
    all analyse analyze and any anti array as asc asymmetric authorization
    between bigint binary bit blob boolean both by
    case cast char character characteristics check clob coalesce collate collation column columns
    commit concurrently configuration configurations constraint convert copy create cross
    cube current current_catalog current_date current_role current_schema current_time
    current_timestamp current_user cycle
    database databases datetime dec decimal default deferrable delete desc distinct do double
    drop
    else end enum except exists explain export extract extract_duration
    false family fetch filter first float following for foreign freeze from full function
    geometry grant group grouping groups
    having
    if ifnull iferror ilike import in index inet initially inner inout insert int integer intersect
    interval into inverted is isnull iserror
    join
    lateral leading least left like limit linear local localtime localtimestamp locked logical
    lookup lua
    match materialized maxvalue merge minvalue
    natural nchar none not notnothing notnull null nullif nulls numeric nvarchar
    of off offset on only or order others out outer over overlaps overlay own
    partition placing position precision preceding primary procedure
    real references replace retentions returning revoke right rollback row
    schema select sequence serial session session_user set setof share show similar slice
    smallint some stable stored string substring symmetric system
    table tables tablesample tag tags tenant testing_ranges testing_relocate then time timestamp
    timestamptz timetz to trailing treat trigger trim true
    unbounded union unique update user using
    values varbit varbytes varchar variadic varying verbose view virtual
    when where window with within without work
    zone
"""

RESERVED = frozenset(_WORDS.split())

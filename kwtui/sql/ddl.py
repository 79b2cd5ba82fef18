"""What the exact restore does to KWDB's printed definitions; text in, text out.

KWDB prints one element of a table a line, joined by a comma, a newline and a tab, and escapes
newlines inside strings (recordings 12 to 14). That layout is what table definitions are read by:
their strings cannot be trusted, since some DEFAULTs are misprinted (live-findings, row 27).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import ColumnSpec, ForeignKeySpec, TableName
from kwtui.sql.lexer import Kind, Token, tokens
from kwtui.sql.names import name_at, names, split_name
from kwtui.sql.quoting import identifier, literal, qualified

_SEPARATOR = ",\n\t"


@dataclass(frozen=True)
class TableText:
    """A CREATE TABLE in three pieces: up to the bracket, the elements, the bracket and the rest."""

    head: str
    elements: tuple[str, ...]
    tail: str

    def __str__(self) -> str:
        return self.head + _SEPARATOR.join(self.elements) + self.tail


def first_statement(text: str) -> str:
    """The definition without the COMMENT statements and the remark that may follow it.

    A name is printed as it is: one of a table or column may hold what ends a statement. Those stand
    before the bracket that closes a table's elements.
    """
    end = end_of_first(text)
    statement = (text if end < 0 else text[:end]).rstrip()
    lines = statement.removesuffix(";").split("\n")
    while len(lines) > 1 and lines[-1].startswith("--"):
        del lines[-1]
    return "\n".join(lines).rstrip()


def end_of_first(text: str) -> int:
    """Where the statement's semicolon stands; -1 where nothing follows it."""
    names_end = text.find("\n)") if text.startswith("CREATE TABLE ") else 0
    return text.find(";\n", max(names_end, 0))


def split_table(statement: str) -> TableText:
    """Take a CREATE TABLE apart. Raises KwtuiError for a layout that KWDB does not print."""
    text = first_statement(statement)
    start = text.find("(\n\t")
    end = text.find("\n)", start)
    if not text.startswith("CREATE TABLE ") or start < 0 or end < 0:
        raise _strange("table", text)
    start += len("(\n\t")
    return TableText(text[:start], tuple(text[start:end].split(_SEPARATOR)), text[end:])


def without_defaults(statement: str, columns: Sequence[ColumnSpec]) -> str:
    """The CREATE TABLE with every DEFAULT taken out; computed columns stay.

    ``columns`` tells where the definition's columns are and what their true defaults are. Raises
    KwtuiError when definition and columns do not belong together.
    """
    return _each_default(statement, columns, lambda column: "")


def with_true_defaults(statement: str, columns: Sequence[ColumnSpec]) -> str:
    """The CREATE TABLE with every DEFAULT as SHOW COLUMNS has it (live-findings, row 27).

    Raises KwtuiError when definition and columns do not belong together.
    """
    if all(column.default is None for column in columns):
        return first_statement(statement)
    return _each_default(statement, columns, lambda column: f" DEFAULT {column.default}")


def _each_default(
    statement: str, columns: Sequence[ColumnSpec], clause: Callable[[ColumnSpec], str]
) -> str:
    table = split_table(statement)
    expected = {c.name: c for c in columns if not c.tag}
    seen = set()
    elements = []
    for element in table.elements:
        column = expected.get(column_name(element))
        if column is not None:
            seen.add(column.name)
            if column.default is not None:
                before, behind = _around_default(element, column)
                element = before + clause(column) + behind
        elements.append(element)
    if any(c.name not in seen for c in expected.values() if not c.hidden):
        raise _strange("table", statement)
    return str(TableText(table.head, tuple(elements), table.tail))


_PRIMARY_TAGS = re.compile(r"\) PRIMARY TAGS\((?P<names>[^\n]+)\)(?=\n\t|\Z)")
_RETENTIONS = re.compile(r"\n\tretentions [0-9]+[a-z]+(?=\s|\Z)")


def primary_tags(statement: str) -> tuple[str, ...]:
    """The names at the end of a time-series table's definition (recording 20); none of another."""
    found = list(_PRIMARY_TAGS.finditer(first_statement(statement)))
    names_of = tokens(found[-1]["names"]) if found else ()
    return tuple(token.value for token in names_of if token.kind is Kind.NAME)


_PRIMARY_KEY = re.compile(
    r'(?:CONSTRAINT (?:"(?:[^"]|"")*"|\S+) )?PRIMARY KEY \((?P<names>.+?)\)(?P<rest>.*)', re.DOTALL
)


def leading_key(statement: str) -> str:
    """The first column of a table's primary key; empty where there is none to read ranges by.

    KWDB prints the key as an element of its own (recording 12). A hash-sharded one is ordered by
    its hidden shard.
    """
    for element in split_table(statement).elements:
        found = _PRIMARY_KEY.match(element)
        if found is not None:
            names_of = (t.value for t in tokens(found["names"]) if t.kind is Kind.NAME)
            return "" if "USING HASH" in found["rest"] else next(names_of, "")
    return ""


def without_retention(statement: str) -> str:
    """A time-series table that is to inherit the retention of its database (row 38)."""
    text = first_statement(statement)
    behind = max(text.rfind(") PRIMARY TAGS("), 0)
    return text[:behind] + _RETENTIONS.sub("", text[behind:])


def without_foreign_keys(statement: str) -> str:
    """The CREATE TABLE without its FOREIGN KEY constraints."""
    table = split_table(statement)
    kept = tuple(e for e in table.elements if not _FOREIGN_KEY.match(e))
    return str(TableText(table.head, kept, table.tail))


_FOREIGN_KEY = re.compile(r'CONSTRAINT (?:"(?:[^"]|"")*"|\S+) FOREIGN KEY ')


_LEADING_NAME = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>\S+)')


def _leading_name(element: str) -> tuple[str, int]:
    """The name that an element begins with and where it ends."""
    match = _LEADING_NAME.match(element)
    if match is None:
        return "", 0
    quoted = match["quoted"]
    return (match["plain"] if quoted is None else quoted.replace('""', '"')), match.end()


def column_name(element: str) -> str:
    """The name of the column, or nothing for a constraint, an index or a family.

    Those begin with a word in capitals; a column's name that has capitals is printed in quotes.
    """
    name, _ = _leading_name(element)
    is_keyword = not element.startswith('"') and name.isupper()
    return "" if is_keyword else name


def _around_default(element: str, column: ColumnSpec) -> tuple[str, str]:
    """What a column's definition has before its DEFAULT and behind it.

    SHOW COLUMNS tells a default as KWDB keeps it, and SHOW CREATE is printed from that: where they
    do not agree, in letter case or in anything else, the former is right, and all that is needed of
    the latter is where the default ends.
    """
    at = element.find(" DEFAULT ", _leading_name(element)[1])
    if at < 0:
        raise _strange("column", element)
    rest = element[at + len(" DEFAULT ") :]
    default = column.default or ""
    for printed in (default, misprinted(default)):
        behind = rest.removeprefix(printed)
        if behind != rest and behind[:1] in ("", " "):
            return element[:at], behind
    # Misprinted in a way not seen yet.
    storage = _STORAGE.search(rest)
    return element[:at], storage.group() if storage else ""


_STORAGE = re.compile(r" ENCODE [A-Z0-9_]+(?: COMPRESS [A-Z0-9_]+(?: LEVEL [A-Z]+)?)?\Z")
"""The only thing that KWDB prints behind a default (recording 19; sqlbase/structured.go)."""


_PRINTED_CODE_POINT = re.compile(r"\\u([0-9a-f]{4,8})")


def misprinted(default: str) -> str:
    """How SHOW CREATE prints a default (row 27; public source, sqlbase/structured.go).

    A string with escapes loses its ``e``, its capitals and, where they are not ASCII, its escapes.
    """
    if not (default.startswith("e'") and default.endswith("'")):
        return default
    text = default.removeprefix("e'").removesuffix("'").lower()
    return f"'{_PRINTED_CODE_POINT.sub(_character, text)}'"


def loses_capitals(default: str) -> bool:
    """Whether a true default has capitals that SHOW CREATE and a meta.sql do not print."""
    token = next(tokens(default))
    return misprinted(default) != default and token.value != token.value.lower()


def hides_capitals(printed: str) -> bool:
    """Whether a default that only SHOW CREATE or a meta.sql tells may have had capitals."""
    text = printed.removeprefix("e")
    if not (text.startswith("'") and text.endswith("'")):
        return False
    letters = re.sub(r"\\.", "", text)
    is_escaped = letters != text or not text.isascii()
    return is_escaped and letters.islower()


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    is_one = number <= 0x10FFFF and not 0xD800 <= number < 0xE000
    return chr(number) if is_one else "\ufffd"


# -- names ------------------------------------------------------------------------------------

_CREATE = re.compile(
    r"CREATE (?:TABLE|SEQUENCE|VIEW|MATERIALIZED VIEW) (?:IF NOT EXISTS )?", re.IGNORECASE
)


def with_name(statement: str, database: str, name: TableName) -> str:
    """The definition of a table, sequence or view under its full name. Raises KwtuiError."""
    head = _CREATE.match(statement)
    if head is None:
        raise _strange("object", statement)
    printed = re.compile(r'(?:"(?:[^"]|"")*"|[^\s(."]+)(?:\.(?:"(?:[^"]|"")*"|[^\s(."]+))*')
    old = printed.match(statement, head.end())
    if old is None:
        raise _strange("object", statement)
    new = qualified(database, name.schema, name.name)
    return statement[: head.end()] + new + statement[old.end() :]


def with_database(text: str, old: str, new: str, schemas: Collection[str]) -> str:
    """The text of a view or a default with the database's name replaced wherever it is named.

    Names of three parts whose second is one of ``schemas`` are replaced, and sequence names inside
    ``nextval('...')`` and its like. Everything else stays as printed, letter by letter.
    """
    if old == new:
        return text
    items = list(tokens(text))
    out = [token.text for token in items]
    for found in names(items):
        if len(found.parts) >= 3 and found.parts[0] == old and found.parts[1] in schemas:
            out[found.start] = identifier(new)
    for position, token in enumerate(items):
        if token.kind is Kind.STRING and _is_sequence_argument(items, position):
            out[position] = _sequence_argument(token, old, new, schemas)
    return "".join(out)


def _is_sequence_argument(items: list[Token], position: int) -> bool:
    before = [t for t in items[max(0, position - 4) : position] if t.is_code][-2:]
    return (
        len(before) == 2
        and before[1].text == "("
        and before[0].text.lower() in ("nextval", "currval", "setval")
    )


def _sequence_argument(token: Token, old: str, new: str, schemas: Collection[str]) -> str:
    parts = split_name(token.value)
    names_database = (len(parts) == 3 and parts[0] == old) or (
        len(parts) == 2 and parts[0] == old and old not in schemas
    )
    return literal(qualified(new, *parts[1:])) if names_database else token.text


def sequences_in(default: str) -> tuple[tuple[str, ...], ...]:
    """The names of sequences that a default takes values from, in parts as printed."""
    items = list(tokens(default))
    found = []
    for position, token in enumerate(items):
        if token.kind is Kind.STRING and _is_sequence_argument(items, position):
            found.append(split_name(token.value) or (token.value,))
    return tuple(found)


# -- views ------------------------------------------------------------------------------------


def view_dependencies(
    statement: str, database: str, schemas: Collection[str]
) -> tuple[tuple[str, TableName], ...]:
    """The tables and views that a view reads, each with its database, in order, once.

    KWDB prints them with database and schema (recording 12).
    """
    found: dict[tuple[str, TableName], None] = {}
    body = statement.partition(" AS ")[2]
    items = list(tokens(body))
    after_source = False
    for position, token in enumerate(items):
        if token.kind is Kind.NAME:
            name = name_at(items, position)
            own = len(name.parts) == 3 and name.parts[0] == database and name.parts[1] in schemas
            if len(name.parts) == 3 and (own or after_source):
                found[(name.parts[0], TableName(name.parts[1], name.parts[2]))] = None
        if token.is_code:
            after_source = (
                token.is_word("FROM")
                or token.is_word("JOIN")
                or (after_source and token.text in "(,")
            )
    return tuple(found)


def without_rowid(statement: str) -> str:
    """A materialized view as it can be typed: KWDB prints its hidden column (recording 12)."""
    head, middle, rest = statement.partition(" AS ")
    shortened = re.sub(r", rowid\)$", ")", head)
    return shortened + middle + rest


# -- foreign keys -----------------------------------------------------------------------------


def parse_foreign_key(text: str) -> tuple[ForeignKeySpec, tuple[str, ...]]:
    """A foreign key from its ALTER statement or from its line in a definition.

    The second value is the target's name as printed, in parts. The schema of `target` is ``public``
    where it is not printed: KWDB leaves it out (live-findings, row 28). Raises KwtuiError.
    """
    items = [t for t in tokens(text) if t.is_code]
    try:
        start = next(i for i, t in enumerate(items) if t.is_word("CONSTRAINT"))
        name = items[start + 1].value
        if not (items[start + 2].is_word("FOREIGN") and items[start + 3].is_word("KEY")):
            raise _strange("foreign key", text)
        columns, position = _bracketed(items, start + 4)
        if not items[position].is_word("REFERENCES"):
            raise _strange("foreign key", text)
        target = name_at(items, position + 1)
        target_columns, position = _bracketed(items, target.end)
    except (StopIteration, IndexError):
        raise _strange("foreign key", text) from None
    schema = target.parts[-2] if len(target.parts) > 1 else "public"
    key = ForeignKeySpec(
        name=name,
        columns=columns,
        target=TableName(schema, target.parts[-1]),
        target_columns=target_columns,
        clauses=" ".join(t.text for t in items[position:] if t.text != ";"),
    )
    return key, target.parts


def _bracketed(items: list[Token], start: int) -> tuple[tuple[str, ...], int]:
    """The names between brackets and the position behind them."""
    if items[start].text != "(":
        raise IndexError
    position = start + 1
    found = []
    while items[position].text != ")":
        if items[position].kind is Kind.NAME:
            found.append(items[position].value)
        position += 1
    return tuple(found), position + 1


class StrangeDefinitionError(KwtuiError):
    """A definition that is laid out as no recording has it."""


def _strange(what: str, text: str) -> StrangeDefinitionError:
    return StrangeDefinitionError(
        f"The definition of a {what} cannot be understood.",
        cause=text if len(text) <= 200 else text[:200] + " …",
        hint="kwtui changes no definition that it cannot read. Please report it with its text.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )

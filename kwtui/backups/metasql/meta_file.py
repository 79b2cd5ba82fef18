"""Reading the ``meta.sql`` files of KWDB's exports (facts.md, 1.8 and 11.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kwtui.backups.metasql.create_table import MetaTable, read_table
from kwtui.backups.metasql.printed import PrintedTables
from kwtui.backups.metasql.repairs import Mended, mend
from kwtui.backups.metasql.statements import (
    Clock,
    LineNumbers,
    check_size,
    damaged,
    statement_from,
    statements,
)
from kwtui.errors import KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.schema import Engine
from kwtui.sql.lexer import Kind, Token, code
from kwtui.sql.quoting import quoted


class MetaKind(StrEnum):
    """What a statement of a meta.sql makes."""

    DATABASE = "database"
    SCHEMA = "schema"
    TABLE = "table"
    INDEX = "index"
    COMMENT = "comment"
    GRANT = "grant"
    OTHER = "other"


@dataclass(frozen=True)
class MetaStatement:
    """One statement, without its semicolon."""

    kind: MetaKind
    name: str
    """The object's name without quotes: the last part of a qualified one; may be empty."""
    text: str
    line: int
    """Where it begins, from 1."""


@dataclass(frozen=True)
class MetaFile:
    """A whole meta.sql."""

    path: str
    statements: tuple[MetaStatement, ...]
    tables: tuple[MetaTable, ...]
    database: str | None = None
    engine: Engine | None = None
    """None where the file does not tell: a schema's file."""
    schemas: tuple[str, ...] = ()
    text: str = ""
    """The whole file as it was read."""
    mended: Mended = field(default_factory=lambda: Mended(""))
    """What of it had to be put right to be read; the statements above are as they should be."""


@dataclass
class _Reader:
    """Collects what the statements of one file say."""

    text: str
    path: str
    lines: LineNumbers
    statements: list[MetaStatement] = field(default_factory=list)
    tables: list[MetaTable] = field(default_factory=list)
    schemas: list[str] = field(default_factory=list)
    database: str | None = None
    engine: Engine | None = None

    def read_all(self, clock: Clock) -> None:
        """Raises KwtuiError (META_DAMAGED)."""
        printed, position = PrintedTables(self.path), 0
        while position < len(self.text):
            if (found := printed.at(self.text, position)) is not None:
                position = found.end
                kind, name = self._table(found.table)
                self._add(kind, name, found.table.text, found.start)
            else:
                body, position = statement_from(self.text, self.path, position, _BEGINNINGS)
                if body:
                    self._read(body)
            clock.check(self.text, self.path, position)

    def _read(self, body: Sequence[Token]) -> None:
        kind, name = self._classify(body)
        self._add(kind, name, self.text[body[0].start : body[-1].end], body[0].start)

    def _add(self, kind: MetaKind, name: str, text: str, start: int) -> None:
        self.statements.append(MetaStatement(kind, name, text, self.lines.at(start)))

    def _classify(self, body: Sequence[Token]) -> tuple[MetaKind, str]:
        first = body[0]
        if first.is_word("CREATE"):
            return self._create(body)
        if first.is_word("COMMENT"):
            return MetaKind.COMMENT, _target(body)
        if first.is_word("GRANT"):
            return MetaKind.GRANT, _target(body)
        return MetaKind.OTHER, ""

    def _create(self, body: Sequence[Token]) -> tuple[MetaKind, str]:
        words = [t.text.upper() for t in body[1:4]]
        if words[:2] == ["TS", "DATABASE"]:
            return self._create_database(body, 3, Engine.TIME_SERIES)
        if words[:1] == ["DATABASE"]:
            return self._create_database(body, 2, Engine.RELATIONAL)
        if words[:1] == ["SCHEMA"]:
            name = self._identifier(body, _behind_unless(body, 2))
            self.schemas.append(name)
            return MetaKind.SCHEMA, name
        if words[:1] == ["TABLE"]:
            return self._table(read_table(body, self.text, self.path))
        for position, token in enumerate(body[1:4], start=1):
            if token.is_word("INDEX"):
                return MetaKind.INDEX, self._identifier(body, position + 1)
        return MetaKind.OTHER, ""

    def _table(self, table: MetaTable) -> tuple[MetaKind, str]:
        self.tables.append(table)
        if self.engine is None:
            self.engine = Engine.TIME_SERIES if table.time_series else Engine.RELATIONAL
        return MetaKind.TABLE, table.name

    def _create_database(
        self, body: Sequence[Token], at: int, engine: Engine
    ) -> tuple[MetaKind, str]:
        at = _behind_unless(body, at)
        name = self._identifier(body, at)
        if len(body) > at + 1 and body[at + 1].kind is not Kind.NAME:
            place = body[at + 1].start
            raise damaged(self.path, self.text, place, "the database's name is followed by that")
        self.database, self.engine = name, engine
        return MetaKind.DATABASE, name

    def _identifier(self, body: Sequence[Token], at: int) -> str:
        if len(body) <= at or body[at].kind is not Kind.NAME:
            raise damaged(self.path, self.text, body[-1].end, "a name is missing")
        return body[at].name


def _behind_unless(body: Sequence[Token], at: int) -> int:
    """Where the name is: behind IF NOT EXISTS, if that is said."""
    return at + 3 if [t.text.upper() for t in body[at : at + 3]] == ["IF", "NOT", "EXISTS"] else at


def _target(body: Sequence[Token]) -> str:
    """The object after ON <kind>: the last part of its name."""
    position = next((i for i, t in enumerate(body) if t.is_word("ON")), None)
    if position is None or len(body) <= position + 2:
        return ""
    name = ""
    for token in body[position + 2 :]:
        if token.kind is Kind.NAME and not token.is_word("IS", "TO"):
            name = token.name
        elif token.text != ".":
            break
    return name


def parse_meta(text: str, path: str, clock: Clock | None = None) -> MetaFile:
    """Read a meta.sql, also what KWDB misprints in it (`mending`); ``path`` is for messages.

    ``clock`` bounds the reading of this file and of others together; None: of this one alone.

    Raises KwtuiError (META_DAMAGED) with the file, the line and what is wrong.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    clock = clock or Clock()
    check_size(text, path)
    mended = mend(text)
    reader = _Reader(mended.text, path, LineNumbers(mended.text))
    reader.read_all(clock)
    if not reader.statements:
        raise damaged(path, text, 0, "the file holds no statement")
    return MetaFile(
        path,
        tuple(reader.statements),
        tuple(reader.tables),
        reader.database,
        reader.engine,
        tuple(reader.schemas),
        text,
        mended,
    )


_BEGINNINGS = frozenset({"CREATE", "COMMENT", "GRANT", "ALTER", "SET", "USE", "INSERT"})
_BYTE_ORDER_MARK = "\ufeff"
"""What an editor puts before the text; no part of it."""
_FIRST_STATEMENT = re.compile(
    r"CREATE\s++(TS\s++)?+DATABASE\s++(?:IF\s++NOT\s++EXISTS\s++)?+"
    r'("(?:[^"]|"")*+"|[^;\n]*[^;\s])\s*(?:;|\n|\Z)',
    re.IGNORECASE | re.DOTALL,
)


def peek_database(text: str) -> tuple[str, Engine] | None:
    """Name and engine of the database that a meta.sql begins with, also where it does not parse."""
    match = _first_statement(text)
    if match is None:
        return None
    name = match[2]
    if name.startswith('"'):
        name = name[1:-1].replace('""', '"')
    else:
        name = name.lower()
        if match[1]:
            name = re.split(r"(?<!\s)\s++(?:retentions|partition)\b", name, maxsplit=1)[0]
    return name, Engine.TIME_SERIES if match[1] else Engine.RELATIONAL


def _first_statement(text: str) -> re.Match[str] | None:
    begin = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    first = next(code(text[begin:]), None)
    return _FIRST_STATEMENT.match(text, begin + first.start) if first else None


def rename_database(text: str, path: str, new: str) -> str:
    """The text with the database's name replaced in every statement that has it.

    Also repairs a name that KWDB printed without the quotes that it needs (live-findings, row 9).

    Raises KwtuiError (META_DAMAGED).
    """
    found, match = peek_database(text), _first_statement(text)
    if found is None or match is None:
        raise damaged(path, text, 0, "the file does not begin with CREATE DATABASE")
    old, _ = found
    end = match.start(2) + len(match[2] if match[2].startswith('"') else old)
    head = text[: match.start(2)] + quoted(new)
    rest = mend(text[end:]).text
    places = [t for body in statements(rest, path) for t in _mentions(body, old)]
    parts, done = [head], 0
    for token in places:
        parts += [rest[done : token.start], quoted(new)]
        done = token.end
    return "".join([*parts, rest[done:]])


def modern_meta(text: str, path: str = "") -> str:
    """The text without the clauses of older versions that KWDB 3.2 and later refuse, and without
    misprints.

    Raises KwtuiError (META_DAMAGED).
    """
    meta = parse_meta(text, path)
    text = meta.mended.text
    parts, done = [], 0
    for table in meta.tables:
        start = text.index(table.text, done)
        parts += [text[done:start], table.modern_text]
        done = start + len(table.text)
    return "".join([*parts, text[done:]])


def _mentions(body: Sequence[Token], database: str) -> list[Token]:
    """Where a statement names its database: ON DATABASE x, ON TABLE x.schema.table and the like."""
    position = next((i for i, t in enumerate(body) if t.is_word("ON")), None)
    if position is None:
        return []
    target = position + 1
    whole = len(body) > target and body[target].is_word("DATABASE")
    if len(body) > target and body[target].is_word("DATABASE", "TABLE", "SCHEMA", "COLUMN"):
        target += 1
    if len(body) <= target or body[target].name != database:
        return []
    dots = sum(t.text == "." and t.kind is Kind.SYMBOL for t in body[target + 1 : target + 5 : 2])
    return [body[target]] if whole or dots == 2 else []


def import_refusals(meta: MetaFile) -> tuple[Finding, ...]:
    """What KWDB's own IMPORT would refuse, or get wrong, of this file."""
    findings: list[Finding] = []
    if meta.mended.names:
        name = meta.mended.names[0]
        message = f"IMPORT cannot read {name}, which KWDB printed without its quotes."
        remedy = "Restore with the strategy exact."
        findings.append(Finding(Severity.REFUSAL, "name_misprinted", meta.path, message, remedy))
    misprinted = frozenset(meta.mended.strings)
    for table in meta.tables:
        findings += _table_refusals(table)
        if misprinted and any(token.text in misprinted for token in code(table.text)):
            message = "IMPORT refuses the whole database: KWDB misprinted a default of this table."
            remedy = "Restore with the strategy exact."
            refused = Finding(Severity.REFUSAL, "default_misprinted", table.name, message, remedy)
            findings.append(refused)
    return tuple(findings)


def _table_refusals(table: MetaTable) -> list[Finding]:
    def refusal(code: str, message: str, severity: Severity = Severity.REFUSAL) -> Finding:
        remedy = "Restore with the strategy exact."
        return Finding(severity, code, table.name, message, remedy)

    findings = []
    computed = [c.name for c in table.columns if c.computed]
    if computed:
        message = f"IMPORT refuses the whole database: column {computed[0]} is computed."
        findings.append(refusal("computed_column", message))
    sequences = [c.name for c in table.columns if "nextval(" in (c.default or "").lower()]
    if sequences:
        message = (
            f"IMPORT refuses the whole database: the default of column {sequences[0]} needs a"
            " sequence, which the export does not hold."
        )
        findings.append(refusal("default_needs_sequence", message))
    if table.foreign_keys:
        message = "IMPORT fails where this table sorts before the one that its foreign key names."
        findings.append(refusal("foreign_key_order", message, Severity.WARNING))
    if table.old_clauses:
        message = f"KWDB 3.2 and later do not know {table.old_clauses[0]!r}."
        findings.append(refusal("old_time_series_clause", message))
    first = table.columns[0] if table.columns else None
    if table.time_series and first and re.search(r"\((6|9)\)", first.type):
        message = f"IMPORT stores {first.type} wrong; only INSERT brings such rows back."
        findings.append(refusal("time_precision", message))
    return findings


def read_or_problem(
    text: str, path: str, clock: Clock | None = None
) -> tuple[MetaFile | None, str]:
    """Like `parse_meta`, with the damage in words instead of an error."""
    try:
        return parse_meta(text, path, clock), ""
    except KwtuiError as error:
        return None, error.title

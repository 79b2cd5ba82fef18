"""INSERT and UPSERT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from kwtui.sandbox import values
from kwtui.sandbox.answer import Answer, SqlError
from kwtui.sandbox.arrays import parse_array
from kwtui.sandbox.catalog import ColumnDef, Relation, SqlType
from kwtui.sandbox.dispatch import handles
from kwtui.sandbox.expressions import Expressions
from kwtui.sandbox.grants import require
from kwtui.sandbox.lexer import Kind, Statement, Token, TokenStream
from kwtui.sandbox.query import scan
from kwtui.sandbox.resolve import find_table
from kwtui.sandbox.returning import Returning, returning_clause
from kwtui.sandbox.rows import (
    NEW,
    Staged,
    check_rows,
    expression_sql,
    stage_query,
    stage_values,
    store,
)
from kwtui.sandbox.session import Session
from kwtui.sandbox.sources import Sources, column_name, table_name
from kwtui.sandbox.sqltext import prepare
from kwtui.sandbox.translate import Translator
from kwtui.sandbox.types import BINARY, INTEGERS, STRINGS, base_family

_DEFAULT = object()
_NUMBERS = frozenset({*INTEGERS, "FLOAT4", "FLOAT8", "DECIMAL"})


@handles("INSERT INTO", "UPSERT INTO")
def insert(session: Session, statement: Statement) -> Answer:
    """``INSERT | UPSERT INTO t [(columns)] VALUES … | SELECT … | DEFAULT VALUES``."""
    stream = TokenStream.of(statement, "try \\h INSERT")
    upsert = stream.next().value == "upsert"
    stream.expect("into")
    relation = find_table(session, stream.qualified_name())
    require(session.engine.catalog, session.user, relation, "INSERT")
    if stream.accept("as"):
        stream.expect_identifier()
    names = _names(stream) if stream.looking_at("(") and not _starts_query(stream) else None
    targets = _targets(relation, names)
    clause = returning_clause(statement, stream)
    on_conflict = "upsert" if upsert else clause.on_conflict
    with session.engine.writing(session) as cursor:
        if stream.looking_at("values"):
            staged = _stage_rows(session, cursor, relation, targets, stream, explicit=names is not None)
        elif stream.accept("default", "values"):
            staged = stage_values(session, cursor, relation, [], [[]])
        else:
            staged = _stage_select(session, cursor, relation, targets, stream, clause)
        _settle_conflicts(staged, on_conflict)
        check_rows(staged)
        rows = clause.rows(staged)
        count = store(staged)
    return clause.answer(f"INSERT 0 {count}", rows)


def _starts_query(stream: TokenStream) -> bool:
    return stream.peek(1).kind is Kind.WORD and stream.peek(1).value in ("select", "values", "with")


def _names(stream: TokenStream) -> list[str]:
    stream.expect("(")
    names = [stream.expect_identifier()]
    while stream.accept(","):
        names.append(stream.expect_identifier())
    stream.expect(")")
    return names


def _targets(relation: Relation, names: list[str] | None) -> list[ColumnDef]:
    """The columns that are assigned. Raises SqlError (42703, 42701, 55000)."""
    if names is None:
        return [c for c in relation.columns if not c.hidden]
    by_name = {column.name: column for column in relation.columns}
    targets = []
    for name in names:
        if name not in by_name:
            raise SqlError(f'column "{name}" does not exist', "42703")
        if by_name[name] in targets:
            raise SqlError(f'multiple assignments to the same column "{name}"', "42601")
        if by_name[name].computed is not None:
            raise SqlError(f'cannot write directly to computed column "{name}"', "55000")
        targets.append(by_name[name])
    return targets


def _stage_rows(
    session: Session,
    cursor: Any,
    relation: Relation,
    targets: list[ColumnDef],
    stream: TokenStream,
    *,
    explicit: bool,
) -> Staged:
    """Stages ``VALUES (…), (…)``."""
    reader = _Values(session, relation, stream, targets, explicit=explicit)
    rows = reader.read()
    targets = targets[: reader.width]
    if any(_DEFAULT in row for row in rows):
        rows, targets = _with_defaults(session, relation, rows, targets)
    for column in targets:
        if column.computed is not None:
            raise SqlError(f'cannot write directly to computed column "{column.name}"', "55000")
    return stage_values(session, cursor, relation, [c.name for c in targets], rows)


class _Values:
    """Reads rows of expressions. Constants are converted at once, the rest is asked together."""

    def __init__(
        self,
        session: Session,
        relation: Relation,
        stream: TokenStream,
        targets: list[ColumnDef],
        *,
        explicit: bool,
    ) -> None:
        self.session = session
        self.stream = stream
        self.targets = targets
        self.explicit = explicit
        self.zone = session.variables.get("timezone")
        self.width = 0
        self.pending: list[tuple[int, int, str]] = []
        """Row, column and text of the expressions that are no plain constants."""

    def read(self) -> list[list[Any]]:
        stream = self.stream
        stream.expect("values")
        rows: list[list[Any]] = []
        while True:
            stream.expect("(")
            rows.append(self._row(len(rows)))
            if not stream.accept(","):
                break
        self._ask(rows)
        return rows

    def _row(self, number: int) -> list[Any]:
        row: list[Any] = []
        while True:
            row.append(self._value(number, len(row)))
            if self.stream.accept(")"):
                break
            self.stream.expect(",")
        if not self.width:
            self._check_width(len(row))
            self.width = len(row)
        elif len(row) != self.width:
            raise SqlError("VALUES lists must all be the same length", "42601")
        return row

    def _check_width(self, width: int) -> None:
        expected = len(self.targets)
        if width == expected or (not self.explicit and width < expected):
            return
        more = "more" if width > expected else "fewer"
        raise SqlError(
            f"INSERT has {more} expressions than target columns, {width} expressions for"
            f" {expected} targets",
            "42601",
        )

    def _value(self, row: int, index: int) -> Any:
        """A constant as a value; anything else is noted and asked later."""
        stream = self.stream
        start = stream.position
        sign = "-" if stream.accept("-") else ""
        token = stream.next()
        following = stream.peek()
        ends = following.kind is Kind.OPERATOR and following.value in (",", ")")
        if ends and index < len(self.targets):
            constant = self._constant(token, sign, self.targets[index])
            if constant is not NotImplemented:
                return constant
        stream.position = start
        text = self._expression()
        self.pending.append((row, index, text))
        return None

    def _expression(self) -> str:
        stream = self.stream
        first = last = stream.peek()
        depth = 0
        while True:
            token = stream.peek()
            if token.kind is Kind.END:
                raise stream.error()
            if token.kind is Kind.OPERATOR:
                if depth == 0 and token.value in (",", ")"):
                    break
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.value, 0)
            last = stream.next()
        if last.end <= first.start:
            raise stream.error()
        return stream.source(first, last)

    def _constant(self, token: Token, sign: str, column: ColumnDef) -> Any:
        kind = token.kind
        if kind is Kind.STRING and not sign:
            return convert(column, token.value, self.zone)
        if kind is Kind.NUMBER:
            return self._number(token, sign, column)
        if kind is Kind.WORD and not sign:
            return _WORDS.get(token.value, NotImplemented) if (
                token.value in ("null", "default") or base_family(column.type) == "BOOL"
            ) else NotImplemented
        if kind is Kind.BYTES and base_family(column.type) in BINARY:
            return values.fit(column.type, bytes.fromhex(token.value))
        if kind is Kind.BITS and base_family(column.type) in ("BIT", "VARBIT"):
            return convert(column, token.value, self.zone)
        return NotImplemented

    def _number(self, token: Token, sign: str, column: ColumnDef) -> Any:
        family = base_family(column.type)
        if column.type.array or family not in _NUMBERS:
            if family in STRINGS or family in ("BOOL", "JSONB", "UUID", "INET"):
                kind = "int" if token.value.isdigit() else "decimal"
                raise SqlError(
                    f"value type {kind} doesn't match type {column.type.text.lower()} of column"
                    f' "{column.name}"',
                    "42804",
                )
            return NotImplemented
        if family in INTEGERS and not token.value.isdigit() and token.value[:2].lower() != "0x":
            return NotImplemented
        return convert(column, sign + token.value, self.zone)

    def _ask(self, rows: list[list[Any]]) -> None:
        """Has the expressions computed, all in one query."""
        if not self.pending:
            return
        texts = []
        for _, index, text in self.pending:
            column = self.targets[index]
            fixed = _array_constant(column, text, self.zone)
            texts.append(fixed if fixed is not None else text)
        asked = [t for t in texts if isinstance(t, str)]
        answers = iter(_evaluate(self.session, asked))
        for (row, index, _), text in zip(self.pending, texts, strict=True):
            if isinstance(text, str):
                kind, value = next(answers)
                rows[row][index] = assign(self.targets[index], kind, value, self.zone)
            else:
                rows[row][index] = text


_WORDS = {"true": True, "false": False, "null": None, "default": _DEFAULT}


def _array_constant(column: ColumnDef, text: str, zone: str) -> list[Any] | None:
    """``ARRAY[…]`` of constants for an array column."""
    if not column.type.array or not text.upper().startswith("ARRAY["):
        return None
    try:
        items = parse_array(text)
    except SqlError:
        return None
    element = SqlType(column.type.family, column.type.args)
    return [None if item is None else values.parse(element, item, zone) for item in items]


def _evaluate(session: Session, texts: list[str]) -> list[tuple[SqlType, Any]]:
    if not texts:
        return []
    outputs, rows = scan(session, "SELECT " + ", ".join(texts))
    row = next(rows)
    return [(kind, value) for (_, kind), value in zip(outputs, row, strict=True)]


def convert(column: ColumnDef, text: str, zone: str) -> Any:
    """The value of a constant for a column. Raises SqlError that names the column."""
    try:
        return values.parse(column.type, text, zone)
    except SqlError as error:
        if error.sqlstate in ("22001", "22003"):
            error.message += f' (column "{column.name}")'
        raise


def assign(column: ColumnDef, kind: SqlType, value: Any, zone: str) -> Any:
    """A computed value for a column, converted where the types differ (42804 where they clash)."""
    if value is None:
        return None
    same = base_family(kind) == base_family(column.type) and kind.array == column.type.array
    if same and not isinstance(value, list):
        return values.fit(column.type, value)
    if same:
        return value
    text = values.wire_text(kind, value) or ""
    both = {base_family(kind), base_family(column.type)}
    comparable = both <= _NUMBERS or both <= STRINGS or kind.family in STRINGS or kind.family == "VARBIT"
    times = both <= {"TIMESTAMP", "TIMESTAMPTZ", "DATE"}
    if not (comparable or times or base_family(column.type) == "JSONB"):
        raise SqlError(
            f"value type {kind.text.lower()} doesn't match type {column.type.text.lower()} of"
            f' column "{column.name}"',
            "42804",
        )
    if base_family(column.type) in INTEGERS and "." in text:
        text = str(round(float(text)))
    return convert(column, text, zone)


def _with_defaults(
    session: Session, relation: Relation, rows: list[list[Any]], targets: list[ColumnDef]
) -> tuple[list[list[Any]], list[ColumnDef]]:
    """Rows in which DEFAULT was written for some columns."""
    every = {i for i in range(len(targets)) if all(row[i] is _DEFAULT for row in rows)}
    kept = [i for i in range(len(targets)) if i not in every]
    for index in kept:
        for row in rows:
            if row[index] is _DEFAULT:
                row[index] = _default_value(session, relation, targets[index])
    return [[row[i] for i in kept] for row in rows], [targets[i] for i in kept]


def _default_value(session: Session, relation: Relation, column: ColumnDef) -> Any:
    from kwtui.sandbox.rows import counted_default

    default = column.default
    if default is None:
        return None
    if default.startswith(("nextval(", "unique_rowid(")):
        return counted_default(session, relation, column, 1)[0]
    ((kind, value),) = _evaluate(session, [default])
    return assign(column, kind, value, session.variables.get("timezone"))


def _stage_select(
    session: Session,
    cursor: Any,
    relation: Relation,
    targets: list[ColumnDef],
    stream: TokenStream,
    clause: Returning,
) -> Staged:
    """Stages the rows of a query."""
    text = stream.sql[stream.peek().start : clause.query_end]
    prepared = prepare(text, TokenStream(text).tokens)
    sources = Sources(session, cursor, session.engine.catalog, prepared.sources)
    translated = Translator(session, prepared, session.engine.catalog, sources).query()
    width = len(translated.outputs)
    if width > len(targets):
        raise SqlError(
            f"INSERT has more expressions than target columns, {width} expressions for"
            f" {len(targets)} targets",
            "42601",
        )
    targets = targets[:width]
    expressions = Expressions(session, [], lambda node, scope: (node, []))
    pieces = []
    for index, (output, column) in enumerate(zip(translated.outputs, targets, strict=True)):
        node = expressions.convert(exp.column(f"x{index}"), output.type, column.type)
        pieces.append(f"{node.sql('duckdb')} AS {column_name(column)}")
    names = ", ".join(f"x{index}" for index in range(width))
    sql = f"SELECT {', '.join(pieces)} FROM ({translated.sql}) AS q({names})"
    return stage_query(session, cursor, relation, targets, sql)


def _settle_conflicts(staged: Staged, on_conflict: str | None) -> None:
    """UPSERT replaces rows of the same primary key; DO NOTHING leaves the new ones out."""
    relation = staged.relation
    if on_conflict is None or relation.primary is None:
        return
    by_name = {column.name: column for column in relation.columns}
    indexes = [relation.primary]
    if on_conflict == "nothing":
        indexes += [index for index in relation.indexes if index.unique]
    for index in indexes:
        keys = [column_name(by_name[name]) for name, _ in index.columns]
        equal = " AND ".join(f"o.{key} = n.{key}" for key in keys)
        listed = ", ".join(keys)
        table = table_name(relation)
        keep = "max" if on_conflict == "upsert" else "min"
        staged.cursor.execute(
            f"DELETE FROM {NEW} WHERE rowid NOT IN"
            f" (SELECT {keep}(rowid) FROM {NEW} GROUP BY {listed})"
        )
        if on_conflict == "upsert":
            staged.cursor.execute(f"DELETE FROM {table} o USING {NEW} n WHERE {equal}")
        else:
            staged.cursor.execute(f"DELETE FROM {NEW} n USING {table} o WHERE {equal}")


def insert_rows(
    session: Session,
    cursor: Any,
    relation: Relation,
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    foreign_keys: bool = True,
    checks: bool = True,
) -> int:
    """Checks and appends rows of values (see ``values``); answers how many.

    ``foreign_keys`` and ``checks`` tell whether those constraints are looked at: an IMPORT leaves
    them out. Raises SqlError (class 23).
    """
    staged = stage_values(session, cursor, relation, names, rows)
    check_rows(staged, foreign_keys=foreign_keys, checks=checks)
    return store(staged)


def default_sql(session: Session, relation: Relation, column: ColumnDef) -> str:
    """DuckDB SQL of a column's default, NULL without one."""
    if column.default is None:
        return "NULL"
    return expression_sql(session, relation, column.default, table_name(relation), column.type)

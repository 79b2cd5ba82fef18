"""The rows of ``VALUES (…), (…)``: constants at once, other expressions in one query."""

from __future__ import annotations

from typing import Any

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef, Relation, RelationKind
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.rows.staging import counted_default
from kwtui.sandbox.values import values
from kwtui.sandbox.values.arrays import parse_array
from kwtui.sandbox.values.collations import collation_of, comparable_name
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import BINARY, INTEGERS, STRINGS, base_family

DEFAULT = object()
"""Stands for the word DEFAULT among the values of a row."""
_NUMBERS = frozenset({*INTEGERS, "FLOAT4", "FLOAT8", "DECIMAL"})
_MOMENTS = frozenset({"TIMESTAMP", "TIMESTAMPTZ", "DATE"})
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "default": DEFAULT}


class ValuesReader:
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
        self.time_series = relation.kind is RelationKind.TIME_SERIES
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
        tokens = self.stream.expression()
        if self.stream.at_end:
            raise self.stream.error()
        return self.stream.source(tokens[0], tokens[-1])

    def _constant(self, token: Token, sign: str, column: ColumnDef) -> Any:
        kind = token.kind
        if kind is Kind.STRING and not sign:
            if self.time_series:
                _check_text_of_bytes(column, token.value)
            return convert(column, token.value, self.zone)
        if kind is Kind.NUMBER:
            return self._number(token, sign, column)
        if kind is Kind.WORD and not sign:
            anywhere = token.value in ("null", "default") or base_family(column.type) == "BOOL"
            return _WORDS.get(token.value, NotImplemented) if anywhere else NotImplemented
        if kind is Kind.BYTES and base_family(column.type) in BINARY:
            if self.time_series and not token.value:
                return None
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
        texts: list[str | list[Any]] = []
        for _, index, text in self.pending:
            column = self.targets[index]
            fixed = _array_constant(column, text, self.zone)
            texts.append(fixed if fixed is not None else text)
        asked = [t for t in texts if isinstance(t, str)]
        answers = iter(evaluate(self.session, asked))
        for (row, index, _), found in zip(self.pending, texts, strict=True):
            if isinstance(found, str):
                kind, value = next(answers)
                rows[row][index] = assign(self.targets[index], kind, value, self.zone)
            else:
                rows[row][index] = found


def _check_text_of_bytes(column: ColumnDef, text: str) -> None:
    r"""A time-series INSERT holds the text ``\x00ff`` against the column's width, six for two."""
    args = column.type.args
    if base_family(column.type) in BINARY and args and len(text.encode()) > args[0]:
        raise SqlError(
            f"value '{text}' too long for type {column.type.text} (column {column.name})", "22001"
        )


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


def evaluate(session: Session, texts: list[str]) -> list[tuple[SqlType, Any]]:
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
    if collation_of(kind) and collation_of(kind) != collation_of(column.type):
        raise SqlError(
            f"value type {comparable_name(kind)} doesn't match type"
            f' {comparable_name(column.type)} of column "{column.name}"',
            "42804",
        )
    if same and not isinstance(value, list):
        return values.fit(column.type, value)
    if same:
        return value
    text = values.wire_text(kind, value) or ""
    if not _assignable(kind, column.type):
        raise SqlError(
            f"value type {kind.text.lower()} doesn't match type {column.type.text.lower()} of"
            f' column "{column.name}"',
            "42804",
        )
    if base_family(column.type) in INTEGERS and "." in text:
        text = str(round(float(text)))
    return convert(column, text, zone)


def _assignable(kind: SqlType, target: SqlType) -> bool:
    """Whether the node converts a value of one type when it is stored in a column of another."""
    both = {base_family(kind), base_family(target)}
    if base_family(target) == "JSONB" or base_family(kind) in STRINGS | {"VARBIT"}:
        return True
    return both <= _NUMBERS or both <= STRINGS or both <= _MOMENTS


def default_value(session: Session, relation: Relation, column: ColumnDef) -> Any:
    default = column.default
    if default is None:
        return None
    if default.startswith(("nextval(", "unique_rowid(")):
        return counted_default(session, relation, column, 1)[0]
    ((kind, value),) = evaluate(session, [default])
    return assign(column, kind, value, session.variables.get("timezone"))

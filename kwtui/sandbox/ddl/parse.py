"""Reads CREATE TABLE into plain data, before anything is looked up or made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.ddl.sharding import accept_buckets
from kwtui.sandbox.language.keywords import COLUMN_CONSTRAINTS
from kwtui.sandbox.language.lexer import Kind, Token, TokenStream
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import SERIALS, parse_type

HINT = "try \\h CREATE TABLE"
_DURATIONS = {
    "s": 1, "second": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400,
    "w": 604800, "week": 604800, "mon": 2592000, "month": 2592000, "y": 31536000, "year": 31536000,
}  # fmt: skip


@dataclass
class ColumnSpec:
    """A column or tag as it was written."""

    name: str
    type: SqlType
    serial: bool = False
    nullable: bool = True
    default: list[Token] | None = None
    computed: list[Token] | None = None
    family: str | None = None
    comment: str | None = None
    is_tag: bool = False


@dataclass
class IndexSpec:
    """An index, a UNIQUE constraint or the primary key."""

    columns: list[tuple[str, str]]
    name: str | None = None
    unique: bool = False
    inverted: bool = False
    storing: list[str] = field(default_factory=list)
    buckets: int = 0
    """Of a hash-sharded index."""


@dataclass
class ForeignKeySpec:
    columns: list[str]
    target: list[str]
    target_columns: list[str]
    name: str | None = None
    on_delete: str = ""
    on_update: str = ""


@dataclass
class CheckSpec:
    tokens: list[Token]
    name: str | None = None


@dataclass
class TableSpec:
    """A CREATE TABLE statement."""

    name: list[str]
    if_not_exists: bool = False
    columns: list[ColumnSpec] = field(default_factory=list)
    primary: IndexSpec | None = None
    indexes: list[IndexSpec] = field(default_factory=list)
    foreign_keys: list[ForeignKeySpec] = field(default_factory=list)
    checks: list[CheckSpec] = field(default_factory=list)
    families: list[tuple[str, list[str]]] = field(default_factory=list)
    partitioning: list[Token] = field(default_factory=list)
    elements: list[list[Token] | ForeignKeySpec] = field(default_factory=list)
    """The items between the parentheses, without inline REFERENCES: for the text of the job."""
    time_series: bool = False
    primary_tags: list[str] = field(default_factory=list)
    retention: str | None = None
    query: str | None = None
    """The SELECT of CREATE TABLE … AS."""


def parse_create_table(stream: TokenStream) -> TableSpec:
    """Reads the statement from its first word. Raises SqlError (42601, 0A000)."""
    stream.hint = HINT
    stream.expect("create")
    if stream.accept_any("temp", "temporary"):
        raise SqlError(
            "temporary tables are only supported experimentally",
            "0A000",
            hint="You can enable temporary tables by running"
            " `SET experimental_enable_temp_tables = 'on'`.",
        )
    stream.expect("table")
    exists = stream.accept("if", "not", "exists")
    spec = TableSpec(stream.qualified_name(), exists)
    if stream.looking_at("(") and not _is_query(stream):
        _elements(stream, spec)
        if stream.looking_at("tags") or stream.looking_at("attributes"):
            _tags(stream, spec)
    if stream.accept("partition"):
        spec.partitioning = _rest(stream)
        _check_partitions(spec.partitioning)
    if stream.accept("as"):
        spec.query = stream.sql[stream.peek().start :]
        stream.position = len(stream.tokens) - 1
    if not spec.columns and spec.query is None:
        raise stream.error()
    stream.expect_end()
    return spec


def _is_query(stream: TokenStream) -> bool:
    return stream.peek(1).kind is Kind.WORD and stream.peek(1).value in ("select", "values")


def _rest(stream: TokenStream) -> list[Token]:
    tokens = stream.tokens[stream.position : -1]
    stream.position = len(stream.tokens) - 1
    return tokens


def _check_partitions(tokens: list[Token]) -> None:
    """DEFAULT as a partition's value is refused (recording 12)."""
    name = ""
    for before, token in pairwise(tokens):
        if before.value == "partition" and token.value != "by":
            name = token.value
        if token.kind is Kind.WORD and token.value == "default":
            raise SqlError(
                f"PARTITION {name}: DEFAULT can only appear in a VALUES list within INSERT or on"
                " the right side of a SET",
                "42601",
            )


def _elements(stream: TokenStream, spec: TableSpec) -> None:
    stream.expect("(")
    while True:
        start, keys = stream.position, len(spec.foreign_keys)
        dropped = _element(stream, spec)
        tokens = stream.tokens[start : stream.position]
        is_key = len(spec.foreign_keys) > keys and not dropped
        kept = [token for token in tokens if token not in dropped]
        spec.elements.append(spec.foreign_keys[-1] if is_key else kept)
        if stream.accept(")"):
            return
        stream.expect(",")


def _element(stream: TokenStream, spec: TableSpec) -> list[Token]:
    """One item; answers the tokens of an inline REFERENCES in it."""
    name = stream.expect_identifier() if stream.accept("constraint") else None
    if stream.accept("primary", "key"):
        columns = index_columns(stream)
        spec.primary = IndexSpec(columns, name, unique=True, buckets=accept_buckets(stream))
    elif stream.looking_at("unique"):
        stream.accept("unique")
        named = stream.accept("index") and not stream.looking_at("(")
        name = stream.expect_identifier() if named else name
        spec.indexes.append(_index(stream, name, unique=True))
    elif stream.looking_at("inverted", "index") or stream.looking_at("index"):
        inverted = stream.accept("inverted")
        stream.accept("index")
        name = None if stream.looking_at("(") else stream.expect_identifier()
        spec.indexes.append(_index(stream, name, inverted=inverted))
    elif stream.accept("check"):
        spec.checks.append(CheckSpec(stream.balanced(), name))
    elif stream.accept("foreign", "key"):
        spec.foreign_keys.append(foreign_key(stream, names_in(stream), name))
    elif stream.accept("family"):
        family = "" if stream.looking_at("(") else stream.expect_identifier()
        spec.families.append((family, names_in(stream)))
    elif name is not None or stream.peek().value == "comment":
        raise stream.error()
    else:
        return _column(stream, spec)
    return []


def _index(
    stream: TokenStream, name: str | None, *, unique: bool = False, inverted: bool = False
) -> IndexSpec:
    made = IndexSpec(index_columns(stream), name, unique=unique, inverted=inverted)
    made.buckets = accept_buckets(stream)
    if stream.accept_any("storing", "covering", "include"):
        made.storing = names_in(stream)
    return made


def index_columns(stream: TokenStream) -> list[tuple[str, str]]:
    """``(a, b DESC)``."""
    stream.expect("(")
    columns = []
    while True:
        name = stream.expect_identifier()
        columns.append((name, (stream.accept_any("asc", "desc") or "asc").upper()))
        if stream.accept(")"):
            return columns
        stream.expect(",")


def names_in(stream: TokenStream) -> list[str]:
    """``(a, b)``."""
    stream.expect("(")
    names = [stream.expect_identifier()]
    while stream.accept(","):
        names.append(stream.expect_identifier())
    stream.expect(")")
    return names


def foreign_key(stream: TokenStream, columns: list[str], name: str | None) -> ForeignKeySpec:
    """Reads from REFERENCES on."""
    stream.expect("references")
    target = stream.qualified_name()
    made = ForeignKeySpec(columns, target, names_in(stream) if stream.looking_at("(") else [], name)
    while True:
        if stream.accept("on", "delete"):
            made.on_delete = _action(stream)
        elif stream.accept("on", "update"):
            made.on_update = _action(stream)
        elif stream.accept("match"):
            stream.expect_identifier()
        else:
            return made


def _action(stream: TokenStream) -> str:
    for words in (
        ("no", "action"),
        ("restrict",),
        ("cascade",),
        ("set", "null"),
        ("set", "default"),
    ):
        if stream.accept(*words):
            return "" if words[0] == "no" else " ".join(words).upper()
    raise stream.error()


def column_definition(stream: TokenStream, spec: TableSpec) -> ColumnSpec:
    """One column with what follows its type; constraints go to ``spec``."""
    _column(stream, spec)
    return spec.columns[-1]


def _column(stream: TokenStream, spec: TableSpec) -> list[Token]:
    name = stream.expect_identifier()
    serial = stream.peek().value.upper() in SERIALS
    column = ColumnSpec(name, parse_type(stream), serial=serial)
    spec.columns.append(column)
    dropped: list[Token] = []
    constraint: str | None = None
    while True:
        start = stream.position
        if stream.accept("constraint"):
            constraint = stream.expect_identifier()
            continue
        if stream.accept("references") or stream.accept("foreign", "key", "references"):
            stream.position -= 1
            spec.foreign_keys.append(foreign_key(stream, [name], constraint))
            dropped += stream.tokens[start : stream.position]
        elif not _column_constraint(stream, spec, column, constraint):
            return dropped
        constraint = None


def _column_constraint(
    stream: TokenStream, spec: TableSpec, column: ColumnSpec, name: str | None
) -> bool:
    """Reads one constraint of a column; answers whether there was one."""
    if stream.accept("not", "null"):
        column.nullable = False
    elif stream.accept("null"):
        column.nullable = True
    elif stream.accept("primary", "key"):
        buckets = accept_buckets(stream)
        spec.primary = IndexSpec([(column.name, "ASC")], name, unique=True, buckets=buckets)
    elif stream.accept("unique"):
        spec.indexes.append(IndexSpec([(column.name, "ASC")], name, unique=True))
    elif stream.accept("default"):
        column.default = expression(stream)
    elif stream.accept("check"):
        spec.checks.append(CheckSpec(stream.balanced(), name))
    elif stream.accept("as"):
        column.computed = stream.balanced()
        stream.expect("stored")
    elif stream.looking_at("create") or stream.looking_at("family"):
        stream.accept("create")
        stream.accept("if", "not", "exists")
        stream.expect("family")
        column.family = stream.expect_identifier()
    elif stream.accept("comment"):
        stream.accept("=")
        column.comment = stream.expect_string()
    elif stream.accept("encoding"):
        stream.expect_identifier()
    else:
        return False
    return True


def expression(stream: TokenStream) -> list[Token]:
    """The tokens of a default: up to the next constraint, comma or closing parenthesis."""
    tokens: list[Token] = []
    depth = 0
    while True:
        token = stream.peek()
        if token.kind is Kind.END:
            break
        if token.kind is Kind.OPERATOR:
            if depth == 0 and token.value in (",", ")"):
                break
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.value, 0)
        elif depth == 0 and tokens and _ends_expression(token, tokens[-1]):
            break
        tokens.append(stream.next())
    if not tokens:
        raise stream.error()
    return tokens


def _ends_expression(token: Token, before: Token) -> bool:
    if before.kind is Kind.OPERATOR and before.value not in (")", "]"):
        return False
    if token.kind is Kind.WORD:
        return token.value in COLUMN_CONSTRAINTS or before.kind is Kind.STRING
    return token.kind in (Kind.STRING, Kind.QUOTED, Kind.NUMBER)


def _tags(stream: TokenStream, spec: TableSpec) -> None:
    """``TAGS (…) PRIMARY TAGS (…)`` and what may follow."""
    spec.time_series = True
    stream.next()
    stream.expect("(")
    while True:
        inner = TableSpec([])
        column = column_definition(stream, inner)
        column.is_tag = True
        spec.columns.append(column)
        if stream.accept(")"):
            break
        stream.expect(",")
    stream.expect("primary")
    if not stream.accept_any("tags", "attributes"):
        raise stream.error()
    spec.primary_tags = names_in(stream)
    while True:
        if stream.accept("retentions"):
            spec.retention = duration(stream)
        elif stream.accept("activetime") or stream.accept("partition", "interval"):
            duration(stream)
        elif stream.accept("dict", "encoding") or stream.accept("with", "hash"):
            stream.accept("(")
        else:
            return


def duration(stream: TokenStream) -> str:
    """``3650d``, ``30 days``, ``0s``: as the node prints it."""
    stream.accept("=")
    number = stream.peek()
    if number.kind is not Kind.NUMBER or not number.value.isdigit():
        raise stream.error()
    stream.next()
    unit = stream.peek()
    if unit.kind is not Kind.WORD or unit.value.removesuffix("s") not in _DURATIONS | {"": 1}:
        raise stream.error()
    stream.next()
    return number.value + unit.value


def seconds_of(text: str) -> int:
    """The length of a duration such as ``3000d``, in seconds."""
    match = re.fullmatch(r"(\d+)([a-z]+)", text)
    if match is None:
        raise SqlError(f"invalid duration: {text}", "22023")
    unit = match[2] if match[2] in _DURATIONS else match[2].removesuffix("s")
    return int(match[1]) * _DURATIONS[unit]

"""Reads the text of CREATE TABLE: its columns, tags, constraints and what follows them."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError, not_implemented
from kwtui.sandbox.ddl.durations import duration
from kwtui.sandbox.ddl.interleave import interleaving
from kwtui.sandbox.ddl.partition import partitioning
from kwtui.sandbox.ddl.sharding import accept_buckets
from kwtui.sandbox.ddl.table_spec import CheckSpec, ColumnSpec, ForeignKeySpec, IndexSpec, TableSpec
from kwtui.sandbox.language.keywords import COLUMN_CONSTRAINTS, RESERVED
from kwtui.sandbox.language.lexer import Kind, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.collations import accept_collation, collated, collation_of
from kwtui.sandbox.values.types import SERIALS, STRINGS, base_family, parse_type

HINT = "try \\h CREATE TABLE"
MOST_HASH_BUCKETS = 50_000


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
    _tail(stream, spec)
    if spec.time_series:
        # What follows belongs to no clause of the statement, and has no help of its own.
        stream.hint = None
    if stream.accept("as"):
        spec.query = stream.sql[stream.peek().start :]
        stream.position = len(stream.tokens) - 1
    if not spec.columns and spec.query is None:
        raise stream.error()
    stream.expect_end()
    return spec


def _is_query(stream: TokenStream) -> bool:
    return stream.peek(1).kind is Kind.WORD and stream.peek(1).value in ("select", "values")


def _tail(stream: TokenStream, spec: TableSpec) -> None:
    """What follows the columns and tags, in the one order that the grammar of 3.2 has.

    ``[RETENTIONS …] [COMMENT …] [WITH HASH(n)]`` for a time series (facts.md 11.2): ACTIVETIME,
    DICT ENCODING and PARTITION INTERVAL are syntax errors since 3.2.0 (recording 19).
    """
    if spec.time_series:
        if stream.accept("retentions"):
            spec.retention = duration(stream)
            if stream.looking_at(","):
                raise not_implemented("the downsampling of RETENTIONS")
        spec.comment = accept_comment(stream)
        spec.hash_buckets = _hash_buckets(stream)
        return
    spec.interleaving = interleaving(stream)
    if stream.accept("partition"):
        spec.partitioning = partitioning(stream)
    if stream.looking_at("with", "("):
        raise not_implemented("storage parameters of a table")
    spec.comment = accept_comment(stream)


def accept_comment(stream: TokenStream) -> str | None:
    """Reads ``COMMENT [=] 'text'``, whose text may be a bare word; None if it is not there."""
    if not stream.accept("comment"):
        return None
    stream.accept("=")
    token = stream.peek()
    if token.kind is Kind.WORD and token.value in RESERVED:
        raise stream.error()
    return stream.expect_string() if token.kind is Kind.STRING else stream.expect_identifier()


def _hash_buckets(stream: TokenStream) -> int:
    if not stream.accept("with"):
        return 0
    stream.expect("hash", "(")
    number = stream.expect_integer()
    if stream.looking_at(")") and not 0 < number <= MOST_HASH_BUCKETS:
        why = f"The hash num {number} must be > 0 and <= {MOST_HASH_BUCKETS}."
        raise stream.error(explanation=why)
    stream.expect(")")
    return number


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
        spec.foreign_keys.append(foreign_key(stream, stream.name_list(), name))
    elif stream.accept("family"):
        family = "" if stream.looking_at("(") else stream.expect_identifier()
        spec.families.append((family, stream.name_list()))
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
        made.storing = stream.name_list()
    made.interleaving = interleaving(stream)
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


def foreign_key(stream: TokenStream, columns: list[str], name: str | None) -> ForeignKeySpec:
    """Reads from REFERENCES on."""
    stream.expect("references")
    target = stream.qualified_name()
    made = ForeignKeySpec(
        columns, target, stream.name_list() if stream.looking_at("(") else [], name
    )
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
        column.default = default_value(stream)
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
    elif stream.looking_at("collate"):
        _collate(stream, column)
    elif stream.looking_at("comment"):
        comment = accept_comment(stream)
        if column.comment:
            why = f'multiple comments specified for column "{column.name}"'
            raise stream.error(explanation=why)
        column.comment = comment
    else:
        return _storage(stream, column)
    return True


def _storage(stream: TokenStream, column: ColumnSpec) -> bool:
    """Reads how a column of a time series is stored; answers whether that was told."""
    if stream.accept("encode"):
        column.encoding = _word(stream)
    elif stream.accept("compress"):
        column.compression = _word(stream)
        column.level = _word(stream) if stream.accept("level") else None
    else:
        return False
    return True


def _collate(stream: TokenStream, column: ColumnSpec) -> None:
    """``COLLATE name`` behind other qualifications, or where no collation can be."""
    if base_family(column.type) not in STRINGS:
        what = f'COLLATE declaration for non-string-typed column "{column.name}"'
        raise SqlError(what, "42804")
    if collation_of(column.type):
        what = f'multiple COLLATE declarations for column "{column.name}"'
        raise SqlError(what, "42601")
    column.type = collated(column.type, accept_collation(stream) or "")


def _word(stream: TokenStream) -> str:
    """A word or a string."""
    return stream.next().value if stream.peek().kind is Kind.STRING else stream.expect_identifier()


def default_value(stream: TokenStream) -> list[Token]:
    """The tokens of a default: up to the next constraint, comma or closing parenthesis."""
    return stream.expression(_ends_default)


def _ends_default(token: Token, before: Token | None) -> bool:
    if before is None:
        return False
    if before.kind is Kind.OPERATOR and before.value not in (")", "]"):
        return False
    if token.kind is Kind.WORD:
        return token.value in COLUMN_CONSTRAINTS or before.kind is Kind.STRING
    return token.kind in (Kind.STRING, Kind.QUOTED, Kind.NUMBER)


def _tags(stream: TokenStream, spec: TableSpec) -> None:
    """``TAGS (name type [NOT NULL] [COMMENT …], …) PRIMARY TAGS (…)``."""
    spec.time_series = True
    stream.next()
    stream.expect("(")
    while True:
        spec.columns.append(_tag(stream))
        if stream.accept(")"):
            break
        stream.expect(",")
    stream.expect("primary")
    if not stream.accept_any("tags", "attributes"):
        raise stream.error()
    spec.primary_tags = stream.name_list()


def _tag(stream: TokenStream) -> ColumnSpec:
    """A tag takes a default, an encoding or a constraint of a column nowhere in the grammar."""
    tag = ColumnSpec(stream.expect_identifier(), parse_type(stream), is_tag=True)
    if stream.accept("not", "null"):
        tag.nullable = False
    else:
        stream.accept("null")
    tag.comment = accept_comment(stream)
    return tag

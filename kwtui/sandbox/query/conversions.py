"""Values of one type as another: casts, constants, comparable numbers, JSON."""

from __future__ import annotations

from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.query.functions import DECIMAL, DUCKDB, call, cast, known_as, text
from kwtui.sandbox.query.render import WIDE_DECIMAL, cast_sql, zoned_text_sql
from kwtui.sandbox.values import values
from kwtui.sandbox.values.collations import check_sortable
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import TextStyle
from kwtui.sandbox.values.types import BINARY, INTEGERS, STRINGS, base_family, storage_type


def comparable(node: exp.Expr, kind: SqlType | None) -> exp.Expr:
    """A column of unbounded DECIMAL is kept as text; as a number it can be compared."""
    stored_as_text = kind == DECIMAL and isinstance(node, exp.Column)
    return cast(node, WIDE_DECIMAL) if stored_as_text else node


def sortable(node: exp.Expr, kind: SqlType | None) -> exp.Expr:
    """A string in the order of its collation. Raises SqlError (0A000) for one not known."""
    name = check_sortable(kind)
    return (
        exp.Collate(this=exp.Paren(this=node), expression=exp.to_identifier(name)) if name else node
    )


def convert(node: exp.Expr, source: SqlType | None, target: SqlType, style: TextStyle) -> exp.Expr:
    """``node::target``; ``source`` is the type that ``node`` has."""
    family = base_family(target)
    if target.array or (source is not None and source.array and family not in STRINGS):
        return cast(node, storage_type(target))
    if family in STRINGS:
        result = as_text(node, source, style)
        return call("left", result, exp.Literal.number(target.args[0])) if target.args else result
    from_text = source is not None and base_family(source) in STRINGS
    if family in BINARY and (from_text or source is None):
        return call("encode", node)
    if family == "DECIMAL" and not target.args:
        return _as_decimal(node, source)
    if family == "JSONB" and not from_text:
        return node
    if source is not None and base_family(source) == "DECIMAL":
        node = comparable(node, source)
    if family in INTEGERS and source is not None and source.family.startswith("FLOAT"):
        node = call("round", node)
    return cast(node, storage_type(target))


def _as_decimal(node: exp.Expr, source: SqlType | None) -> exp.Expr:
    if source is not None and base_family(source) in INTEGERS:
        return cast(node, "HUGEINT")
    if source is not None and base_family(source) == "DECIMAL":
        return node
    return cast(node, WIDE_DECIMAL)


def as_text(node: exp.Expr, source: SqlType | None, style: TextStyle) -> exp.Expr:
    """``node::STRING``."""
    if source is None:
        return node if isinstance(node, exp.Literal) else cast(node, "VARCHAR")
    if base_family(source) in STRINGS and not source.array:
        return node
    stored = storage_type(source)
    if source.family == "TIMESTAMPTZ" and style.zone != "UTC" and not source.array:
        return written(zoned_text_sql(node.sql(DUCKDB), style.zone))
    if source == DECIMAL:
        # A column of it is text already, anything else a number of some DuckDB type.
        return cast(node, "VARCHAR")
    return written(cast_sql(node.sql(DUCKDB), source, stored, style))


_ONLY_ON_NODES = frozenset(
    {
        "current_schemas", "format_type", "has_any_column_privilege", "has_column_privilege",
        "has_database_privilege", "has_function_privilege", "has_language_privilege",
        "has_schema_privilege", "has_sequence_privilege", "has_server_privilege",
        "has_table_privilege", "has_tablespace_privilege", "has_type_privilege",
        "pg_function_is_visible", "pg_get_function_identity_arguments", "pg_get_function_result",
        "pg_get_viewdef", "pg_my_temp_schema", "pg_sequence_parameters", "pg_typeof",
    }
)  # fmt: skip
"""Functions for PostgreSQL's clients that KWDB has and the sandbox does not compute."""


def unknown_function(name: str) -> SqlError:
    """The node's 42883; the sandbox's own words for what a node would compute."""
    shown = name.replace("__", ".")
    if known_as(name) in _ONLY_ON_NODES:
        return SqlError(f"the sandbox does not implement {shown}()", "0A000")
    return SqlError(f"unknown function: {shown}()", "42883")


def constant(kind: SqlType, value: values.Value) -> exp.Expr:
    """A DuckDB expression for a value of a type."""
    stored = storage_type(kind)
    content = values.storage_text(kind, value)
    if content is None:
        return cast(exp.Null(), stored)
    if isinstance(value, bytes):
        return call("unhex", text(content))
    if kind.array:
        # Anonymous and not a cast node: sqlglot would rewrite it.
        return written(
            f"from_json({values.literal(content)}, {values.literal(_json_shape(stored))})"
        )
    if stored == "VARCHAR":
        return text(content)
    return cast(text(content), stored)


def _json_shape(stored: str) -> str:
    return '["' + stored.removesuffix("[]") + '"]'


def json_sql(sql: str, kind: SqlType | None) -> str:
    family = base_family(kind) if kind else "STRING"
    if family == "JSONB":
        value = sql
    elif family == "BOOL" or family in INTEGERS or family in ("FLOAT4", "FLOAT8", "DECIMAL"):
        value = f"CAST({sql} AS VARCHAR)"
    else:
        value = f"kw_json_string({cast_sql(sql, kind, None, TextStyle())})"
    return f"coalesce({value}, 'null')"


def written(sql: str) -> exp.Expr:
    """DuckDB SQL as a node that is printed as it stands."""
    return exp.Var(this=f"({sql})")

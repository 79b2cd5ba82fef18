"""DuckDB expressions that make a value the node's text, or a Python value."""

from __future__ import annotations

from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import TextStyle
from kwtui.sandbox.values.types import base_family, storage_type


def wire_sql(column: str, sql_type: SqlType, stored: str, style: TextStyle) -> str:
    """The text that the node sends for ``column``, whose DuckDB type is ``stored``.

    TIMESTAMPTZ comes in UTC; ``times.shifted_text`` moves it into the session's zone.
    """
    if stored == "BOOLEAN":
        return f"CASE WHEN {column} THEN 't' WHEN NOT {column} THEN 'f' END"
    if sql_type == SqlType("TIMETZ") and stored == "VARCHAR":
        # Seconds of an offset are sent where there are any.
        return f"regexp_replace({column}, ':00$', '')"
    return _text(column, sql_type, stored, style)


def cast_sql(column: str, sql_type: SqlType | None, stored: str | None, style: TextStyle) -> str:
    """The text that ``column::STRING`` has on the node."""
    kind = sql_type or SqlType("STRING")
    stored = stored or storage_type(kind)
    if stored == "BOOLEAN":
        return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
    if stored == "FLOAT":
        return _float8(f"CAST({column} AS DOUBLE)", style)
    return _text(column, kind, stored, style)


def _float8(column: str, style: TextStyle) -> str:
    if style.float_format is None:
        return f"kw_shortest({column})"
    return f"kw_float8({column}, '{style.float_format}')"


def _text(column: str, sql_type: SqlType, stored: str, style: TextStyle) -> str:
    if stored.endswith("[]"):
        element = wire_sql("e", SqlType(sql_type.family, sql_type.args), stored[:-2], style)
        return f"kw_array(list_transform({column}, lambda e: {element}))"
    if stored in ("VARCHAR", '"NULL"'):
        return column
    if stored == "DOUBLE":
        return _float8(column, style)
    if stored == "FLOAT" and style.exact:
        return _float8(f"CAST({column} AS DOUBLE)", style)
    if stored == "BLOB":
        return f"kw_bytes_{style.bytes_as}({column})"
    function = _FUNCTIONS.get(stored)
    if function is not None:
        return f"{function}({column})"
    text = f"CAST({column} AS VARCHAR)"
    if stored == WIDE_DECIMAL and sql_type == SqlType("DECIMAL"):
        return f"kw_decimal({text})"
    if stored in ("TIMESTAMP", "TIMESTAMP_NS") and base_family(sql_type) == "TIMESTAMPTZ":
        return f"({text} || '+00:00')"
    return text


def zoned_text_sql(column: str, zone: str) -> str:
    """The text of a TIMESTAMPTZ for a session in ``zone``: a name, or an offset in hours."""
    if zone.lstrip("+-").replace(".", "").isdigit():
        local = f"({column} + to_minutes({round(float(zone) * 60)}))"
    else:
        name = zone.replace("'", "''")
        local = f"timezone('{name}', timezone('UTC', {column}))"
    return f"kw_zoned({local}, {column})"


WIDE_DECIMAL = "DECIMAL(38,12)"
"""What a DECIMAL without precision becomes when it is computed with."""
_FUNCTIONS = {
    "FLOAT": "kw_float4",
    "INTERVAL": "kw_interval",
}
_AS_THEY_ARE = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "BLOB", "VARCHAR",
    '"NULL"',
}  # fmt: skip


def value_sql(column: str, sql_type: SqlType, stored: str) -> str:
    """An expression that Python sees as a value (see ``values``)."""
    if stored in _AS_THEY_ARE:
        return column
    if stored.endswith("[]"):
        element = value_sql("e", SqlType(sql_type.family, sql_type.args), stored[:-2])
        return column if element == "e" else f"list_transform({column}, lambda e: {element})"
    return _text(column, sql_type, stored, TextStyle())


_GUESSES = {
    "BOOLEAN": "BOOL", "TINYINT": "INT8", "SMALLINT": "INT8", "INTEGER": "INT8", "BIGINT": "INT8",
    "UTINYINT": "INT8", "USMALLINT": "INT8", "UINTEGER": "INT8", "UBIGINT": "DECIMAL",
    "HUGEINT": "DECIMAL", "UHUGEINT": "DECIMAL", "FLOAT": "FLOAT4", "DOUBLE": "FLOAT8",
    "BLOB": "BYTES", "DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP", "INTERVAL": "INTERVAL", "UUID": "UUID", '"NULL"': "UNKNOWN",
}  # fmt: skip


def type_of_stored(stored: str) -> SqlType:
    """The node's type for a DuckDB type of which nothing else is known."""
    if stored.endswith("[]"):
        return SqlType(type_of_stored(stored[:-2]).family, array=True)
    if stored.startswith("DECIMAL"):
        return SqlType("DECIMAL")
    return SqlType(_GUESSES.get(stored, "STRING"))

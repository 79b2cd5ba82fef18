"""KWDB's functions: which DuckDB expression computes each, and the type of the result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlglot import Dialect, exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.values.sql_type import SqlType

DUCKDB = Dialect.get_or_raise("duckdb")
"""Its name would be looked up, and it made, for each expression."""
Args = list[exp.Expr]
Types = list[SqlType | None]
INT8, STRING, FLOAT8, DECIMAL = map(SqlType, ("INT8", "STRING", "FLOAT8", "DECIMAL"))
BOOL, BYTES, UUID, JSONB = map(SqlType, ("BOOL", "BYTES", "UUID", "JSONB"))
TIMESTAMP, TIMESTAMPTZ, DATE = map(SqlType, ("TIMESTAMP", "TIMESTAMPTZ", "DATE"))


@dataclass(frozen=True)
class Function:
    """How a function is computed."""

    build: Callable[[Args, Types], exp.Expr]
    result: SqlType | Callable[[Types], SqlType | None]
    aggregate: bool = False
    in_time_series: bool = False
    """Whether the time-series engine computes it: such a SELECT has the tag ``SELECT 0``."""

    def type(self, types: Types) -> SqlType | None:
        return self.result if isinstance(self.result, SqlType) else self.result(types)


def call(name: str, *args: exp.Expr) -> exp.Expr:
    """A DuckDB function call."""
    return exp.Anonymous(this=name, expressions=list(args))


def called(node: exp.Expr) -> str:
    """The name of a called function as the query wrote it, in lower case, dots as ``__``."""
    return str(node.name).lower().removeprefix("kwf_")


def known_as(name: str) -> str:
    """The name that a function is known by: ``pg_catalog`` in front of it says nothing."""
    return name.removeprefix("pg_catalog__")


def cast(value: exp.Expr, stored: str) -> exp.Expr:
    """``CAST(value AS stored)`` with a DuckDB type."""
    return exp.Cast(this=value, to=_type(stored).copy())


@cache
def _type(stored: str) -> exp.DataType:
    return exp.DataType.build(stored, dialect=DUCKDB)


def text(value: str) -> exp.Expr:
    """A string literal."""
    return exp.Literal.string(value)


def _direct(name: str) -> Callable[[Args, Types], exp.Expr]:
    return lambda args, _: call(name, *args)


def _first(types: Types) -> SqlType | None:
    return next((t for t in types if t is not None), None)


def _sum_type(types: Types) -> SqlType | None:
    family = types[0].family if types and types[0] else ""
    if family.startswith("FLOAT"):
        return FLOAT8
    return types[0] if family == "INTERVAL" else DECIMAL


def _array_type(types: Types) -> SqlType | None:
    return SqlType(types[0].family, types[0].args, array=True) if types and types[0] else None


def _number_type(types: Types) -> SqlType | None:
    return types[0] if types and types[0] else None


def _fnv(name: str) -> Callable[[Args, Types], exp.Expr]:
    """Hashes the bytes of all arguments one after another; NULL if every argument is NULL."""

    def build(args: Args, types: Types) -> exp.Expr:
        if _binary(types):
            return call(name, args[0])
        if len(args) == 1:
            return call(f"{name}_text", args[0])
        texts = exp.Array(expressions=[exp.cast(a, "VARCHAR") for a in args])
        joined = call(
            "list_aggregate", texts, exp.Literal.string("string_agg"), exp.Literal.string("")
        )
        return call(f"{name}_text", joined)

    return build


def _encode(args: Args, types: Types) -> exp.Expr:
    style = args[1].name.lower() if len(args) > 1 and isinstance(args[1], exp.Literal) else ""
    data = args[0] if types[0] and types[0].family == "BYTES" else call("encode", args[0])
    if style == "hex":
        return call("lower", call("hex", data))
    if style == "base64":
        return call("base64", data)
    raise SqlError("only 'hex', 'escape', and 'base64' formats are supported for encode()", "22023")


def _decode(args: Args, _: Types) -> exp.Expr:
    style = args[1].name.lower() if len(args) > 1 else ""
    if style == "hex":
        return call("unhex", args[0])
    if style == "base64":
        return call("from_base64", args[0])
    raise SqlError("only 'hex', 'escape', and 'base64' formats are supported for decode()", "22023")


def _convert_to(args: Args, _: Types) -> exp.Expr:
    if args[1].name.lower().replace("-", "").replace("_", "") != "utf8":
        raise SqlError("the sandbox converts to 'utf8' only", "0A000")
    return call("encode", args[0])


def _generate_series(args: Args, _: Types) -> exp.Expr:
    return call("generate_series", *args)


def _mod(args: Args, _: Types) -> exp.Expr:
    return exp.Mod(this=exp.Paren(this=args[0]), expression=exp.Paren(this=args[1]))


def _to_english(args: Args, _: Types) -> exp.Expr:
    return call("kw_to_english", args[0])


_F = Function
FUNCTIONS: dict[str, Function] = {
    "count": _F(_direct("count"), INT8, True, True),
    "count_rows": _F(_direct("count"), INT8, True, True),
    "sum": _F(_direct("sum"), _sum_type, True, True),
    "sum_int": _F(lambda a, _: cast(call("sum", *a), "BIGINT"), INT8, True),
    "avg": _F(_direct("avg"), _sum_type, True, True),
    "min": _F(_direct("min"), _first, True, True),
    "max": _F(_direct("max"), _first, True, True),
    "first": _F(_direct("first"), _first, True, True),
    "last": _F(_direct("last"), _first, True, True),
    "xor_agg": _F(_direct("bit_xor"), INT8, True),
    "bit_and": _F(_direct("bit_and"), INT8, True),
    "bit_or": _F(_direct("bit_or"), INT8, True),
    "bool_and": _F(_direct("bool_and"), BOOL, True),
    "bool_or": _F(_direct("bool_or"), BOOL, True),
    "every": _F(_direct("bool_and"), BOOL, True),
    "string_agg": _F(_direct("string_agg"), STRING, True),
    "array_agg": _F(_direct("array_agg"), _array_type, True),
    "stddev": _F(_direct("stddev"), FLOAT8, True),
    "variance": _F(_direct("variance"), FLOAT8, True),
    "row_number": _F(_direct("row_number"), INT8),
    "rank": _F(_direct("rank"), INT8),
    "dense_rank": _F(_direct("dense_rank"), INT8),
    "lag": _F(_direct("lag"), _first),
    "lead": _F(_direct("lead"), _first),
    "first_value": _F(_direct("first_value"), _first),
    "last_value": _F(_direct("last_value"), _first),
    "fnv32": _F(lambda a, _: call("kw_fnv32_text", *a), INT8),
    "fnv64": _F(_fnv("kw_fnv64"), INT8),
    "fnv64a": _F(_fnv("kw_fnv64a"), INT8),
    "crc32ieee": _F(lambda a, _: call("kw_crc32", call("encode", *a)), INT8),
    "md5": _F(_direct("md5"), STRING),
    "sha1": _F(_direct("sha1"), STRING),
    "sha256": _F(_direct("sha256"), STRING),
    "encode": _F(_encode, STRING),
    "decode": _F(_decode, BYTES),
    "convert_to": _F(_convert_to, BYTES),
    "convert_from": _F(lambda a, _: call("decode", a[0]), STRING),
    "to_hex": _F(lambda a, _: call("lower", call("hex", *a)), STRING),
    "to_english": _F(_to_english, STRING),
    "upper": _F(_direct("upper"), STRING),
    "lower": _F(_direct("lower"), STRING),
    "length": _F(lambda a, t: call(_length(t), *a), INT8, in_time_series=True),
    "char_length": _F(_direct("length"), INT8),
    "octet_length": _F(
        lambda a, t: call("octet_length", *a if _binary(t) else [call("encode", *a)]), INT8
    ),
    "concat": _F(_direct("concat"), STRING),
    "concat_ws": _F(_direct("concat_ws"), STRING),
    "replace": _F(_direct("replace"), STRING),
    "repeat": _F(_direct("repeat"), STRING),
    "reverse": _F(_direct("reverse"), STRING),
    "left": _F(_direct("left"), STRING),
    "right": _F(_direct("right"), STRING),
    "lpad": _F(lambda a, _: call("lpad", *a, *([text(" ")] if len(a) == 2 else [])), STRING),
    "rpad": _F(lambda a, _: call("rpad", *a, *([text(" ")] if len(a) == 2 else [])), STRING),
    "ltrim": _F(_direct("ltrim"), STRING),
    "rtrim": _F(_direct("rtrim"), STRING),
    "btrim": _F(_direct("trim"), STRING),
    "substr": _F(_direct("substr"), STRING),
    "strpos": _F(_direct("strpos"), INT8),
    "split_part": _F(_direct("split_part"), STRING),
    "starts_with": _F(_direct("starts_with"), BOOL),
    "chr": _F(lambda a, _: call("chr", cast(a[0], "INTEGER")), STRING),
    "ascii": _F(_direct("ascii"), INT8),
    "regexp_replace": _F(_direct("regexp_replace"), STRING),
    "coalesce": _F(_direct("coalesce"), _first),
    "ifnull": _F(_direct("coalesce"), _first),
    "nullif": _F(_direct("nullif"), _first),
    "greatest": _F(_direct("greatest"), _first),
    "least": _F(_direct("least"), _first),
    "abs": _F(_direct("abs"), _number_type),
    "round": _F(_direct("round"), _number_type),
    "floor": _F(_direct("floor"), _number_type),
    "ceil": _F(_direct("ceil"), _number_type),
    "ceiling": _F(_direct("ceil"), _number_type),
    "sqrt": _F(_direct("sqrt"), FLOAT8),
    "power": _F(_direct("power"), FLOAT8),
    "pow": _F(_direct("power"), FLOAT8),
    "exp": _F(_direct("exp"), FLOAT8),
    "ln": _F(_direct("ln"), FLOAT8),
    "mod": _F(_mod, _number_type),
    "sign": _F(_direct("sign"), _number_type),
    "random": _F(_direct("random"), FLOAT8),
    "gen_random_uuid": _F(_direct("gen_random_uuid"), UUID),
    "date_trunc": _F(_direct("date_trunc"), lambda t: t[1] if len(t) > 1 else TIMESTAMP),
    "generate_series": _F(_generate_series, INT8),
    "unnest": _F(_direct("unnest"), lambda t: SqlType(t[0].family, t[0].args) if t[0] else None),
    "array_length": _F(lambda a, _: call("nullif", call("len", a[0]), exp.Literal.number(0)), INT8),
    "array_to_string": _F(_direct("array_to_string"), STRING),
    "array_append": _F(_direct("list_append"), _first),
    "json_array_length": _F(lambda a, _: call("json_array_length", a[0]), INT8),
    "time_bucket": _F(
        lambda a, _: call("time_bucket", cast(a[1], "INTERVAL"), a[0]), _first, in_time_series=True
    ),
}  # fmt: skip


def _binary(types: Types) -> bool:
    return bool(types) and types[0] is not None and types[0].family == "BYTES"


def _length(types: Types) -> str:
    return "octet_length" if _binary(types) else "length"


def _sha512(value: str | None) -> str | None:
    return None if value is None else hashlib.sha512(value.encode()).hexdigest()


AFTERWARDS: dict[str, Callable[[str | None], str | None]] = {
    "sha512": _sha512,
}
"""Functions that DuckDB lacks. They can be the outermost call of a column of the result only."""

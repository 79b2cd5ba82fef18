"""Column types: their names and aliases, OIDs on the wire, and how DuckDB stores them.

OIDs: facts.md 9.2 and the recordings. Names: SHOW CREATE TABLE in recordings 02, 07 and 08.
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.collations import accept_collation, collated
from kwtui.sandbox.values.sql_type import SqlType

_ALIASES = {
    "INT": "INT4", "INTEGER": "INT4", "INT64": "INT8", "BIGINT": "INT8", "SMALLINT": "INT2",
    "TINYINT": "INT1", "FLOAT": "FLOAT8", "DOUBLE": "FLOAT8", "REAL": "FLOAT4", "TEXT": "STRING",
    "NUMERIC": "DECIMAL", "DEC": "DECIMAL", "BOOLEAN": "BOOL", "BYTEA": "BYTES", "JSON": "JSONB",
    "CHARACTER": "CHAR", "TIMESTAMPTZ": "TIMESTAMPTZ", "TIMESTAMP": "TIMESTAMP",
    "CHARACTERVARYING": "VARCHAR", "SERIAL": "INT8", "SERIAL8": "INT8", "BIGSERIAL": "INT8",
    "SERIAL4": "INT4", "SERIAL2": "INT2", "SMALLSERIAL": "INT2",
}  # fmt: skip
_OIDS = {
    "BOOL": 16, "BYTES": 17, "NAME": 19, "INT8": 20, "INT2": 21, "INT4": 23, "STRING": 25,
    "OID": 26, "FLOAT4": 700, "FLOAT8": 701, "UNKNOWN": 705, "INET": 869, "CHAR": 1042,
    "VARCHAR": 1043, "DATE": 1082, "TIME": 1083, "TIMESTAMP": 1114, "TIMESTAMPTZ": 1184,
    "INTERVAL": 1186, "TIMETZ": 1266, "BIT": 1560, "VARBIT": 1562, "DECIMAL": 1700, "UUID": 2950,
    "JSONB": 3802, "INT1": 91000, "NCHAR": 91002, "NVARCHAR": 91004, "VARBYTES": 91006,
    "GEOMETRY": 91008, "CLOB": 91010, "BLOB": 91012, "REGCLASS": 2205, "REGTYPE": 2206,
    "REGPROC": 24, "REGNAMESPACE": 4089, "INT2VECTOR": 22, "OIDVECTOR": 30, '"CHAR"': 18,
}  # fmt: skip
_ARRAY_OIDS = {
    "BOOL": 1000, "BYTES": 1001, "NAME": 1003, "INT8": 1016, "INT2": 1005, "INT4": 1007,
    "STRING": 1009, "OID": 1028, "FLOAT4": 1021, "FLOAT8": 1022, "INET": 1041, "CHAR": 1014,
    "VARCHAR": 1015, "DATE": 1182, "TIME": 1183, "TIMESTAMP": 1115, "TIMESTAMPTZ": 1185,
    "INTERVAL": 1187, "TIMETZ": 1270, "BIT": 1561, "VARBIT": 1563, "DECIMAL": 1231, "UUID": 2951,
    "JSONB": 3807, "INT1": 91001, "NCHAR": 91003, "NVARCHAR": 91005, "VARBYTES": 91007,
}  # fmt: skip
_STORAGE = {
    "BOOL": "BOOLEAN", "INT1": "SMALLINT", "INT2": "SMALLINT", "INT4": "INTEGER",
    "INT8": "BIGINT", "OID": "BIGINT", "FLOAT4": "FLOAT", "FLOAT8": "DOUBLE", "BYTES": "BLOB",
    "VARBYTES": "BLOB", "BLOB": "BLOB", "DATE": "DATE", "TIME": "TIME", "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMP", "INTERVAL": "INTERVAL", "UUID": "UUID",
}  # fmt: skip

INTEGERS = {
    "INT1": (-(2**7), 2**7 - 1),
    "INT2": (-(2**15), 2**15 - 1),
    "INT4": (-(2**31), 2**31 - 1),
    "INT8": (-(2**63), 2**63 - 1),
    "OID": (0, 2**32 - 1),
}
"""Families of whole numbers, with their smallest and largest value."""
BINARY = frozenset({"BYTES", "VARBYTES", "BLOB"})
STRINGS = frozenset({"STRING", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "CLOB", "NAME"})
SERIALS = frozenset(
    {"SERIAL", "SERIAL2", "SERIAL4", "SERIAL8", "BIGSERIAL", "SMALLSERIAL"},
)

_SIZED = STRINGS | {"DECIMAL", "BIT", "VARBIT", "VARBYTES", "BYTES", "TIMESTAMP", "TIMESTAMPTZ"}
_SIZED |= {"TIME", "TIMETZ", "INTERVAL", "FLOAT8", "BLOB"}
_KEYWORDS_AFTER = {"DOUBLE": ["precision"], "CHARACTER": ["varying"], "CHAR": ["varying"]}


def base_family(sql_type: SqlType) -> str:
    """The family without a collation."""
    family = sql_type.family
    return family.partition(" ")[0] if " " in family else family


def oid_of(sql_type: SqlType) -> int:
    """The OID that the node names in a RowDescription."""
    table = _ARRAY_OIDS if sql_type.array else _OIDS
    return table.get(base_family(sql_type), 25 if not sql_type.array else 1009)


def type_of_oid(oid: int) -> SqlType:
    """The type behind an OID of a RowDescription; STRING for one that is not known."""
    for family, known in _OIDS.items():
        if known == oid:
            return SqlType(family)
    for family, known in _ARRAY_OIDS.items():
        if known == oid:
            return SqlType(family, array=True)
    return SqlType("STRING")


def storage_type(sql_type: SqlType) -> str:
    """The DuckDB type that holds the values.

    An unbounded DECIMAL, JSONB, INET and BIT are kept as the node's own text: DuckDB's DECIMAL has
    a fixed scale and no NaN. TIMESTAMPTZ is kept in UTC.
    """
    family = base_family(sql_type)
    if family == "DECIMAL" and sql_type.args and not sql_type.array:
        precision, scale = (*sql_type.args, 0)[:2]
        stored = f"DECIMAL({precision},{scale})" if precision <= 38 else "VARCHAR"
    elif family in ("TIMESTAMP", "TIMESTAMPTZ") and sql_type.args and sql_type.args[0] > 6:
        stored = "TIMESTAMP_NS"
    else:
        stored = _STORAGE.get(family, "VARCHAR")
    return f"{stored}[]" if sql_type.array else stored


def known_type(name: str) -> bool:
    """Whether this word names a type."""
    upper = name.upper()
    return upper in _ALIASES or upper in _OIDS


def parse_type(stream: TokenStream) -> SqlType:
    """Reads a type: ``INT8``, ``DECIMAL(12,2)``, ``STRING[]``, ``STRING COLLATE de``, ..."""
    token = stream.peek()
    if token.kind not in (Kind.WORD, Kind.QUOTED) or not known_type(token.value):
        raise stream.error()
    name = stream.next().value.upper()
    varying = any(stream.accept(word) for word in _KEYWORDS_AFTER.get(name, []))
    if varying and name in ("CHARACTER", "CHAR"):
        name = "VARCHAR"
    if name == "BIT" and stream.accept("varying"):
        name = "VARBIT"
    family = _ALIASES.get(name, name)
    args = _arguments(stream) if family in _SIZED and stream.looking_at("(") else ()
    family = _time_zone(stream, family)
    if name == "FLOAT" and args:
        family, args = ("FLOAT4" if args[0] <= 24 else "FLOAT8"), ()
    array = stream.accept("array")
    while stream.accept("["):
        if stream.peek().kind is Kind.NUMBER:
            stream.next()
        stream.expect("]")
        array = True
    kind = SqlType(_checked(family, args), args, array)
    collation = accept_collation(stream) if family in STRINGS else None
    return kind if collation is None else collated(kind, collation)


def _arguments(stream: TokenStream) -> tuple[int, ...]:
    stream.expect("(")
    args = [stream.expect_integer()]
    while stream.accept(","):
        args.append(stream.expect_integer())
    stream.expect(")")
    return tuple(args)


def _time_zone(stream: TokenStream, family: str) -> str:
    if family not in ("TIMESTAMP", "TIME"):
        return family
    if stream.accept("with", "time", "zone"):
        return f"{family}TZ"
    stream.accept("without", "time", "zone")
    return family


def _checked(family: str, args: tuple[int, ...]) -> str:
    if family == "DECIMAL" and len(args) > 1 and args[1] > args[0]:
        raise SqlError(f"scale ({args[1]}) must be between 0 and precision ({args[0]})", "42601")
    return family


def type_from_text(text: str) -> SqlType:
    """The type that a text such as ``DECIMAL(12,2)`` or ``INT8[]`` names."""
    return parse_type(TokenStream(text))

"""DuckDB macros behind KWDB's functions and behind the node's text of values."""

from __future__ import annotations

import duckdb

_FNV32_BASIS = 2166136261
_FNV_PRIME = 1099511628211
_FNV_BASIS = 14695981039346656037
_MASK = 18446744073709551615

# FNV multiplies modulo 2^64; DuckDB raises on overflow, so it goes on in 128 bits and is cut.
_FNV_STEP = {
    "kw_fnv64": f"xor((h * {_FNV_PRIME}::UHUGEINT) & {_MASK}::UHUGEINT, b)",
    "kw_fnv64a": f"(xor(h, b) * {_FNV_PRIME}::UHUGEINT) & {_MASK}::UHUGEINT",
}
_BYTES_OF = (
    "list_transform(range(1, octet_length(data) * 2, 2),"
    " lambda k: ('0x' || substr(hex(data), k, 2))::UTINYINT::UHUGEINT)"
)
# Ten times as fast, and right where every character is one byte.
_BYTES_OF_ASCII = (
    "list_transform(string_split(content, ''), lambda c: greatest(unicode(c), 0)::UHUGEINT)"
)
# A macro stands for its text: an argument that it names twice is computed, and planned, twice. The
# parameter of a lambda is computed once, however often it is named.
_SIGNED = (
    "list_transform([{0}], lambda hash: (CASE WHEN hash > 9223372036854775807"
    " THEN hash::HUGEINT - 18446744073709551616 ELSE hash::HUGEINT END)::BIGINT)[1]"
)


def _hash(data: str, step: str) -> str:
    return _SIGNED.format(f"list_reduce({data}, lambda h, b: {step}, {_FNV_BASIS}::UHUGEINT)")


MACROS = [
    "CREATE OR REPLACE MACRO kw_fnv32_text(content) AS list_reduce("
    + _BYTES_OF.replace("data", "encode(content)").replace("::UHUGEINT", "::UBIGINT")
    + f", lambda h, b: xor((h * 16777619) & 4294967295, b), {_FNV32_BASIS}::UBIGINT)::BIGINT",
    *(
        f"CREATE OR REPLACE MACRO {name}(data) AS {_hash(_BYTES_OF, step)}"
        for name, step in _FNV_STEP.items()
    ),
    *(
        f"CREATE OR REPLACE MACRO {name}_text(text) AS list_transform([text], lambda content:"
        f" CASE WHEN content <> '' AND strlen(content) = length(content)"
        f" THEN {_hash(_BYTES_OF_ASCII, step)} ELSE {name}(encode(content)) END)[1]"
        for name, step in _FNV_STEP.items()
    ),
    """CREATE OR REPLACE MACRO kw_float8(x, format) AS CASE WHEN isnan(x) THEN 'NaN'
       WHEN isinf(x) THEN CASE WHEN x > 0 THEN '+Inf' ELSE '-Inf' END
       ELSE printf(format, x) END""",
    # DuckDB's own text of a DOUBLE has the fewest digits that tell it from its neighbours; where
    # the point stands and when an exponent follows is Go's %g.
    """CREATE OR REPLACE MACRO kw_scientific(sign, digits, power) AS sign || digits[1]
       || CASE WHEN length(digits) > 1 THEN '.' || digits[2:] ELSE '' END
       || printf('e%s%02d', CASE WHEN power < 0 THEN '-' ELSE '+' END, abs(power))""",
    """CREATE OR REPLACE MACRO kw_digits(text) AS rtrim(ltrim(
       replace(split_part(ltrim(text, '-'), 'e', 1), '.', ''), '0'), '0')""",
    """CREATE OR REPLACE MACRO kw_power(text) AS
       coalesce(nullif(split_part(text, 'e', 2), '')::INTEGER, 0)
       + CASE WHEN ltrim(text, '-') LIKE '0.%'
         THEN -1 - length(regexp_extract(text, '0\\.(0*)', 1))
         ELSE length(regexp_extract(text, '[0-9]+')) - 1 END""",
    """CREATE OR REPLACE MACRO kw_shortest(x) AS list_transform([x], lambda v:
       CASE WHEN isnan(v) THEN 'NaN'
       WHEN isinf(v) THEN CASE WHEN v > 0 THEN '+Inf' ELSE '-Inf' END
       WHEN v = 0 OR (abs(v) >= 1e-4 AND abs(v) < 1e6)
       THEN regexp_replace(CAST(v AS VARCHAR), '\\.0$', '')
       ELSE kw_scientific(CASE WHEN v < 0 THEN '-' ELSE '' END, kw_digits(CAST(v AS VARCHAR)),
            kw_power(CAST(v AS VARCHAR))) END)[1]""",
    """CREATE OR REPLACE MACRO kw_float4(x) AS CASE WHEN isnan(x) THEN 'NaN'
       WHEN isinf(x) THEN CASE WHEN x > 0 THEN '+Inf' ELSE '-Inf' END
       ELSE printf('%.6f', x::DOUBLE) END""",
    """CREATE OR REPLACE MACRO kw_offset(m) AS CASE WHEN m < 0 THEN '-' ELSE '+' END
       || printf('%02d:%02d', abs(m) // 60, abs(m) % 60)""",
    """CREATE OR REPLACE MACRO kw_zoned(local, utc) AS CAST(local AS VARCHAR)
       || kw_offset(date_diff('minute', utc::TIMESTAMP, local::TIMESTAMP))""",
    """CREATE OR REPLACE MACRO kw_divide(a, b) AS
       CASE WHEN b = 0 THEN error('division by zero') ELSE a / b END""",
    """CREATE OR REPLACE MACRO kw_escaped_byte(b) AS CASE WHEN b = 92 THEN '\\\\'
       WHEN b < 32 OR b > 126
       THEN '\\' || (b // 64) || (b // 8 % 8) || (b % 8)
       ELSE chr(b) END""",
    "CREATE OR REPLACE MACRO kw_decimal(x) AS rtrim(rtrim(x, '0'), '.')",
    "CREATE OR REPLACE MACRO kw_bytes_hex(x) AS '\\x' || lower(hex(x))",
    "CREATE OR REPLACE MACRO kw_bytes_base64(x) AS base64(x)",
    """CREATE OR REPLACE MACRO kw_bytes_escape(x) AS array_to_string(list_transform(
       range(1, octet_length(x) * 2, 2), lambda k: kw_escaped_byte(
       ('0x' || substr(hex(x), k, 2))::INTEGER)), '')""",
    """CREATE OR REPLACE MACRO kw_element(e) AS CASE WHEN e IS NULL THEN 'NULL'
       WHEN e = '' OR upper(e) = 'NULL' OR regexp_matches(e, '[{}",\\\\\\s]')
       THEN '"' || replace(replace(e, '\\', '\\\\'), '"', '\\"') || '"' ELSE e END""",
    """CREATE OR REPLACE MACRO kw_array(l) AS CASE WHEN l IS NULL THEN NULL ELSE
       '{' || coalesce(array_to_string(list_transform(l, lambda e: kw_element(e)), ','), '')
       || '}' END""",
    """CREATE OR REPLACE MACRO kw_part(n, unit, plus) AS CASE WHEN n = 0 THEN ''
       ELSE CASE WHEN plus AND n > 0 THEN '+' ELSE '' END || n || ' ' || unit
       || CASE WHEN n = 1 THEN ' ' ELSE 's ' END END""",
    """CREATE OR REPLACE MACRO kw_clock(u, plus) AS CASE WHEN u = 0 THEN ''
       ELSE CASE WHEN u < 0 THEN '-' WHEN plus THEN '+' ELSE '' END
       || printf('%02d:%02d:%02d', abs(u) // 3600000000, abs(u) // 60000000 % 60,
                 abs(u) // 1000000 % 60)
       || CASE WHEN u % 1000000 = 0 THEN ''
          ELSE '.' || rtrim(printf('%06d', abs(u) % 1000000), '0') END END""",
    """CREATE OR REPLACE MACRO kw_interval_parts(y, m, d, u) AS
       coalesce(nullif(rtrim(kw_part(y, 'year', false) || kw_part(m, 'mon', y < 0)
       || kw_part(d, 'day', CASE WHEN m <> 0 THEN m < 0 ELSE y < 0 END)
       || kw_clock(u, CASE WHEN d <> 0 THEN d < 0 WHEN m <> 0 THEN m < 0 ELSE y < 0 END)), ''),
       '00:00:00')""",
    """CREATE OR REPLACE MACRO kw_interval(i) AS CASE WHEN i IS NULL THEN NULL ELSE
       list_transform([{'y': datepart('year', i), 'm': datepart('month', i),
       'd': datepart('day', i), 'u': datepart('hour', i) * 3600000000
       + datepart('minute', i) * 60000000 + datepart('microsecond', i)}],
       lambda p: kw_interval_parts(p.y, p.m, p.d, p.u))[1] END""",
    """CREATE OR REPLACE MACRO kw_json_string(s) AS '"' || replace(replace(replace(replace(
       replace(s, '\\', '\\\\'), '"', '\\"'), chr(10), '\\n'), chr(13), '\\r'), chr(9), '\\t')
       || '"'""",
    """CREATE OR REPLACE MACRO kw_to_english(n) AS CASE WHEN n < 0 THEN 'minus-' ELSE '' END ||
       array_to_string(list_transform(string_split(abs(n)::VARCHAR, ''), lambda d:
       ['zero','one','two','three','four','five','six','seven','eight','nine'][d::INTEGER + 1]),
       '-')""",
    """CREATE OR REPLACE MACRO kw_crc32(data) AS xor(4294967295::UBIGINT, list_reduce("""
    + _BYTES_OF.replace("::UHUGEINT", "::UBIGINT")
    + """, lambda c, b: list_reduce(range(8)::UBIGINT[], lambda r, i:
       xor(r >> 1, 3988292384::UBIGINT * (r & 1)), xor(c, b)), 4294967295::UBIGINT))::BIGINT""",
]


def create_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the macros known to every cursor of a database.

    They are kept in its file, and made only where it does not have these: that takes DuckDB longer
    than all else of a start.
    """
    text = ";\n".join(MACROS)
    connection.execute("CREATE TABLE IF NOT EXISTS kw_macros (text VARCHAR)")
    if connection.execute("SELECT text FROM kw_macros").fetchall() == [(text,)]:
        return
    connection.execute("BEGIN TRANSACTION")
    connection.execute(text)
    connection.execute("DELETE FROM kw_macros")
    connection.execute("INSERT INTO kw_macros VALUES (?)", [text])
    connection.execute("COMMIT")

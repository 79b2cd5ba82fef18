"""Values keep their exact meaning and come out in the node's own notation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.values.types import type_from_text
from kwtui.sandbox.values.values import parse, wire_text
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = new_engine(tmp_path)
    yield engine.session("root", "defaultdb")
    engine.close()


@pytest.mark.parametrize(
    ("type_text", "written", "printed"),
    [
        ("INT8", "0xFF", "255"),
        ("FLOAT4", "0.1", "0.100000"),
        ("FLOAT4", "-0", "-0.000000"),
        ("FLOAT8", "3.141592653589793", "3.14159265358979"),
        ("FLOAT8", "1e308", "1e+308"),
        ("FLOAT8", "1e10", "10000000000"),
        ("FLOAT8", "Infinity", "+Inf"),
        ("FLOAT8", "NaN", "NaN"),
        ("DECIMAL", "1e-20", "1E-20"),
        ("DECIMAL", "123456789012345678901234567890.123", "123456789012345678901234567890.123"),
        ("DECIMAL", "NaN", "NaN"),
        ("DECIMAL(12,2)", "99.905", "99.91"),
        ("DECIMAL(20,6)", "-1", "-1.000000"),
        ("BOOL", "yes", "t"),
        ("BYTES", "\\x00FF10", "\\x00ff10"),
        ("BYTES", "a\\000b", "\\x610062"),
        ("DATE", "1600-02-29", "1600-02-29"),
        ("TIME", "23:59:59.999999", "23:59:59.999999"),
        ("TIMESTAMP", "0001-01-01 00:00:00", "0001-01-01 00:00:00"),
        ("TIMESTAMP", "9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ("TIMESTAMPTZ", "2024-02-29 12:34:56.789+08", "2024-02-29 04:34:56.789+00:00"),
        ("TIMESTAMPTZ(3)", "2024-01-01 00:00:00.1236", "2024-01-01 00:00:00.124+00:00"),
        ("TIMESTAMPTZ(9)", "2026-11-01 12:00:00.123456789", "2026-11-01 12:00:00.123456789+00:00"),
        ("INTERVAL", "1 day 02:03:04", "1 day 02:03:04"),
        (
            "INTERVAL",
            "-1 year 2 mons -3 days 04:05:06.789",
            "-10 mons -3 days +04:05:06.789",
        ),
        ("INTERVAL", "PT36H", "36:00:00"),
        ("UUID", "{63616665-6665-6630-3064-616465616462}", "63616665-6665-6630-3064-616465616462"),
        ("INET", "::1/64", "::1/64"),
        ("INET", "10.0.0.1/32", "10.0.0.1"),
        ("JSONB", '{"b":1.50,"a":[1,{"x":null}]}', '{"a": [1, {"x": null}], "b": 1.50}'),
        ("BIT(8)", "00000001", "00000001"),
        ("INT8[]", "{1,2,NULL}", "{1,2,NULL}"),
        ("STRING[]", '{"",NULL,"x,\\"y"}', '{"",NULL,"x,\\"y"}'),
        ("STRING[]", "ARRAY['a':::STRING,'b,c':::STRING]", '{a,"b,c"}'),
    ],
)
def test_text_becomes_a_value_and_the_nodes_text_again(
    type_text: str, written: str, printed: str
) -> None:
    kind = type_from_text(type_text)
    assert wire_text(kind, parse(kind, written)) == printed


@pytest.mark.parametrize(
    ("type_text", "written", "sqlstate", "message"),
    [
        (
            "INT8",
            "abc",
            "22P02",
            'could not parse "abc" as type int: strconv.ParseInt: parsing "abc": invalid syntax',
        ),
        ("INT2", "40000", "22003", "integer out of range for type int2"),
        ("VARCHAR(3)", "long", "22001", "value too long for type VARCHAR(3)"),
        (
            "BYTES",
            "back\\slash",
            "22025",
            'could not parse "back\\\\slash" as type bytes: invalid bytea escape sequence',
        ),
        ("BIT(8)", "101", "22026", "bit string length 3 does not match type BIT(8)"),
        ("DATE", "2024-02-30", "22007", 'parsing as type date: could not parse "2024-02-30"'),
        ("UUID", "x", "22P02", 'could not parse "x" as type uuid: uuid: incorrect UUID length: x'),
    ],
)
def test_text_that_means_nothing_is_refused_in_the_nodes_words(
    type_text: str, written: str, sqlstate: str, message: str
) -> None:
    with pytest.raises(SqlError) as caught:
        parse(type_from_text(type_text), written)
    assert (caught.value.sqlstate, caught.value.message) == (sqlstate, message)


HAZARDS = (
    "id INT8 PRIMARY KEY, s STRING, b BYTES, arr STRING[], j JSONB, ts TIMESTAMP, iv INTERVAL,"
    " f FLOAT4, d DATE, u UUID, dec DECIMAL, i INET, bi BIT(8), tz TIMESTAMPTZ(9)"
)


def test_hazards_survive_storage(session: Session) -> None:
    """The values of recording 16 that break naive copies, written and read back."""
    ask(session, f"CREATE TABLE h ({HAZARDS})")
    ask(
        session,
        r"""INSERT INTO h VALUES (1, e'\r\n x\r', b'\x00\xff', ARRAY['', NULL, 'x,"y'],
        '{"k":"it''s, \"q\""}', '0001-01-01 00:00:00', '-1 year 2 mons -3 days 04:05:06.789', 1e-30,
        '1600-02-29', '00000000-0000-0000-0000-000000000000', 'NaN', '::1/64', B'00000001',
        '2026-11-01 12:00:00.123456789')""",
    )
    assert ask(session, "SELECT * FROM h").rows == [
        (
            "1",
            "\r\n x\r",
            "\\x00ff",
            '{"",NULL,"x,\\"y"}',
            '{"k": "it\'s, \\"q\\""}',
            "0001-01-01 00:00:00",
            "-10 mons -3 days +04:05:06.789",
            "0.000000",
            "1600-02-29",
            "00000000-0000-0000-0000-000000000000",
            "NaN",
            "::1/64",
            "00000001",
            "2026-11-01 12:00:00.123456789+00:00",
        )
    ]


def test_casts_to_text_print_as_the_node_does(session: Session) -> None:
    reply = ask(
        session,
        "SELECT true::STRING, 1.5::FLOAT8::STRING, '1 day'::INTERVAL::STRING, ARRAY[1,2]::STRING,"
        " b'\\x01'::STRING, TIMESTAMPTZ '2024-01-01 00:00:00.5+02'::STRING",
    )
    assert reply.rows == [("true", "1.5", "1 day", "{1,2}", "\\x01", "2023-12-31 22:00:00.5+00:00")]


def test_times_with_zone_follow_the_sessions_zone(session: Session) -> None:
    ask(session, "SET TIME ZONE 'Asia/Shanghai'")
    reply = ask(session, "SELECT t, t::STRING FROM (VALUES (TIMESTAMPTZ '2024-01-01 08:00')) v(t)")
    assert reply.rows == [("2024-01-01 08:00:00+08:00", "2024-01-01 08:00:00+08:00")]


def test_a_decimal_that_cannot_be_computed_with_is_not_guessed_at(session: Session) -> None:
    ask(session, "CREATE TABLE d (x DECIMAL)")
    ask(session, "INSERT INTO d VALUES ('NaN'), (1.5)")
    assert ask(session, "SELECT * FROM d").rows == [("NaN",), ("1.5",)]
    error = refusal(session, "SELECT sum(x) FROM d")
    assert (error.sqlstate, error.message) == (
        "0A000",
        "the sandbox cannot compute with the DECIMAL value NaN",
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'', NULL, 'a'", -5808590958014384194),
        ("'温度'", -7971093687306319287),
        ("b'\\xff'", -5808590958014384352),
    ],
)
def test_fnv64_is_the_nodes_hash(session: Session, arguments: str, expected: int) -> None:
    """FNV-1 over the bytes of all arguments; NULL adds nothing (recordings 08, 09 and 13)."""
    assert ask(session, f"SELECT fnv64({arguments})").rows == [(str(expected),)]


def test_fnv64_of_nothing_but_null_is_null(session: Session) -> None:
    assert ask(session, "SELECT fnv64(NULL, NULL), fnv64('')").rows == [
        (None, "-3750763034362895579")
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "TIMESTAMP 'infinity'",
        "'-infinity'::TIMESTAMPTZ",
        "DATE 'infinity'",
        "DATE 'yesterday'",
        "TIMESTAMP 'January 8, 1999'",
        "'20240101'::DATE",
        "'0044-03-15 BC'::DATE",
        "'10000-01-01'::TIMESTAMP",
    ],
)
def test_a_moment_that_only_a_node_reads_is_refused_in_the_sandboxs_name(
    session: Session, expression: str
) -> None:
    """A node takes them; to call them unparsable in its words would be a lie."""
    error = refusal(session, f"SELECT {expression}")
    assert error.sqlstate == "0A000"
    assert error.message.startswith("the sandbox does not implement the ")


@pytest.mark.parametrize("text", ["soon", "2024-13-01", "12 o'clock", ""])
def test_what_is_no_moment_anywhere_is_unparsable(session: Session, text: str) -> None:
    quoted = text.replace("'", "''")
    error = refusal(session, f"SELECT '{quoted}'::TIMESTAMP")
    assert error.message == f'parsing as type timestamp: could not parse "{text}"'

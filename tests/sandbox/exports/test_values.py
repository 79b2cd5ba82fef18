"""Values as EXPORT prints them, digit for digit as in the files of a real node."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.exports.values import csv_formatter, float_text, sql_formatter, sql_text
from kwtui.sandbox.values.types import type_from_text


def single(value: float) -> float:
    """What a FLOAT4 column keeps of a number."""
    (kept,) = struct.unpack("f", struct.pack("f", value))
    assert isinstance(kept, float)
    return kept


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (3.141592653589793, "3.141592653589793"),
        (1e308, "1e+308"),
        (single(0.1), "0.10000000149011612"),
        (single(1e-30), "1.0000000031710769e-30"),
        (-0.0, "-0.0"),
        (20.0, "20.0"),
        (1e10, "1e+10"),
        (1234567.89, "1.23456789e+06"),
        (123456.75, "123456.75"),
        (0.00001234, "1.234e-05"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
    ],
)
def test_floats(value: float, text: str) -> None:
    assert float_text(value) == text


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("BOOL", True, "true"),
        ("BYTES", b"\x00\xff\x10", "\\x00ff10"),
        ("BYTES", b"", "\\x"),
        ("TIMESTAMP", "0001-01-01 00:00:00", "0001-01-01 00:00:00+00:00"),
        ("TIMESTAMPTZ", "2024-03-01 00:00:00+00:00", "2024-03-01 00:00:00+00:00"),
        ("DECIMAL(20,6)", "12345.678900", "12345.678900"),
        ("INT8[]", [1, 2, None], "ARRAY[1:::INT8,2:::INT8,NULL]"),
        ("STRING[]", [], "ARRAY[]"),
        ("STRING[]", ["", None, 'x,"y'], "ARRAY['':::STRING,NULL,'x,\"y':::STRING]"),
        ("INTERVAL", "-10 mons -3 days +04:05:06.789", "-10 mons -3 days +04:05:06.789"),
    ],
)
def test_csv_texts(type_: str, value: Any, text: str) -> None:
    assert csv_formatter(type_from_text(type_), "UTC")(value) == text


def test_a_session_in_shanghai_writes_its_own_time() -> None:
    formatter = csv_formatter(type_from_text("TIMESTAMPTZ"), "Asia/Shanghai")
    assert formatter("2024-03-01 00:00:00.5+00:00") == "2024-03-01 08:00:00.5+08:00"


def test_sql_text_does_not_double_backslashes() -> None:
    assert sql_text("back\\slash") == "'back\\slash'"
    assert sql_text("it's\nback\\slash") == "E'it\\'s\\nback\\slash'"


def test_sql_format_refuses_bytes() -> None:
    with pytest.raises(SqlError, match="Exporting SQL cannot supports BytesFamily"):
        sql_formatter(type_from_text("BYTES"), "UTC")


def test_sql_format_leaves_numbers_bare() -> None:
    assert sql_formatter(type_from_text("DECIMAL(12,2)"), "UTC")("99.90") == "99.90"
    assert sql_formatter(type_from_text("DATE"), "UTC")("2024-02-29") == "'2024-02-29'"

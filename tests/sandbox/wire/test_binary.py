"""Binary values on the wire: what a client sends comes back as what it reads."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.wire import binary


@given(st.decimals(allow_nan=True, allow_infinity=True, places=None))
def test_numeric_survives_the_round_trip(value: Decimal) -> None:
    if value.is_nan():
        assert binary.decode(1700, binary.encode(1700, "NaN")) == "NaN"
        return
    if value.is_finite() and abs(value.adjusted()) > 500:
        return
    text = str(value) if value.is_infinite() else f"{value:f}"
    back = Decimal(binary.decode(1700, binary.encode(1700, text)))
    assert back == value


@given(st.dates())
def test_date_survives_the_round_trip(value: date) -> None:
    raw = binary.encode(1082, f"{value.year:04}-{value.month:02}-{value.day:02}")
    assert struct.unpack("!i", raw)[0] == (value - date(2000, 1, 1)).days
    assert binary.decode(1082, raw) == f"{value.year:04}-{value.month:02}-{value.day:02}"


@given(st.datetimes())
def test_timestamp_counts_microseconds_from_2000(value: datetime) -> None:
    raw = binary.encode(1114, value.isoformat(sep=" "))
    epoch = datetime(2000, 1, 1)  # noqa: DTZ001 - the type has no time zone
    assert struct.unpack("!q", raw)[0] == (value - epoch) // timedelta(microseconds=1)
    assert datetime.fromisoformat(binary.decode(1114, raw)) == value


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-02-29 12:00:00+00:00", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29 12:00:00+08", datetime(2024, 2, 29, 4, tzinfo=UTC)),
        ("2024-02-29 12:00:00-03:30", datetime(2024, 2, 29, 15, 30, tzinfo=UTC)),
    ],
)
def test_timestamptz_is_sent_in_utc(text: str, utc: datetime) -> None:
    micros = (utc - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert binary.encode(1184, text) == struct.pack("!q", micros)


def test_years_before_christ_and_after_9999_are_no_trouble() -> None:
    assert binary.decode(1082, binary.encode(1082, "0044-03-15 BC")) == "0044-03-15 BC"
    assert binary.decode(1082, binary.encode(1082, "12024-01-31")) == "12024-01-31"
    assert binary.encode(1114, "infinity") == struct.pack("!q", 2**63 - 1)


@given(st.uuids(), st.binary(max_size=40), st.text(st.characters(exclude_characters="\0")))
def test_identifiers_bytes_and_texts_survive(number: UUID, data: bytes, text: str) -> None:
    assert binary.decode(2950, binary.encode(2950, str(number))) == str(number)
    assert binary.decode(17, binary.encode(17, "\\x" + data.hex())) == "\\x" + data.hex()
    if text.isascii() or text.encode("utf-8", "ignore").decode() == text:
        assert binary.decode(25, binary.encode(25, text)) == text


def test_bytes_that_are_no_value_are_an_error_and_not_a_crash() -> None:
    with pytest.raises(SqlError) as caught:
        binary.decode(20, b"\0")
    assert caught.value.sqlstate == "22P03"
    with pytest.raises(SqlError) as caught:
        binary.encode(600, "(1,2)")
    assert caught.value.sqlstate == "0A000"

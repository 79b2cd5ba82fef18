"""Foreign text is shown, never obeyed; widths are cells, not characters."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.text import (
    cell_width,
    clean,
    cut,
    decode,
    human_ago,
    human_bytes,
    human_count,
    human_duration,
    pad,
    plural,
    sentences,
    without_passwords,
)

OBEYED = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


@given(st.text(max_size=60))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = clean(text)
    assert not {unicodedata.category(c) for c in shown} & OBEYED
    assert clean(shown) == shown


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_become_a_line(data: bytes) -> None:
    shown = clean(decode(data))
    assert "\n" not in shown
    assert not {unicodedata.category(c) for c in shown} & OBEYED


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✓ 温度", "plain ✓ 温度"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\nb\r\x00\x7f", "a␊b␍␀␡"),
        ("\x9b31m", "‹9b›31m"),
        ("user\u202egnp.exe", "user‹U+202E›gnp.exe"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("\tindented", "    indented"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
    ],
)
def test_what_marks_look_like(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_bytes_that_are_no_text_are_shown_as_bytes() -> None:
    assert clean(decode(b"a\xff\x1b\xc3\xa9")) == "a‹ff›␛é"
    assert clean("a\tb", tab="␉") == "a␉b"


@given(st.text(max_size=40), st.integers(0, 30))
def test_cut_text_fits_and_padded_text_fits_exactly(text: str, cells: int) -> None:
    shown = clean(text)
    assert cell_width(cut(shown, cells)) <= cells
    assert cell_width(pad(shown, cells)) == cells
    assert cell_width(pad(shown, cells, right=True)) == cells
    if cell_width(shown) <= cells:
        assert cut(shown, cells) == shown


def test_sentences_are_not_glued_and_a_command_at_the_end_stays_as_it_is() -> None:
    parts = ("Input data was truncated", "", 'It says "no."', "See kwtui show x/y")

    assert sentences(*parts) == 'Input data was truncated. It says "no." See kwtui show x/y'
    assert sentences("column does not exist [42703]", "Look.") == (
        "column does not exist [42703]. Look."
    )
    assert sentences("", " ") == ""


def test_chinese_takes_two_cells() -> None:
    assert cell_width("温度 t") == 6
    assert cut("温度传感器", 7) == "温度传…"
    assert cut("温度传感器", 6) == "温度…"
    assert pad("温度", 6) == "温度  "
    assert cell_width("e\u0301") == 1


def test_what_was_just_done_is_not_now_ago() -> None:
    said = [human_ago(seconds) for seconds in (-3, 0, 59, 60, 7200)]
    assert said == ["just now", "just now", "just now", "1 min ago", "2 h ago"]


def test_numbers_as_people_read_them() -> None:
    assert [human_bytes(n) for n in (None, 0, 1023, 1536, 5 << 30)] == [
        "?",
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 GiB",
    ]
    assert [human_count(n) for n in (None, 0, 1440000)] == ["?", "0", "1,440,000"]
    assert [human_duration(s) for s in (0, 0.34, 42, 60, 200, 18120, 273600)] == [
        "0.0 s",
        "0.3 s",
        "42 s",
        "1 min",
        "3 min 20 s",
        "5 h 2 min",
        "3 d 4 h",
    ]
    assert [plural(n, "table") for n in (0, 1, 2000)] == ["0 tables", "1 table", "2,000 tables"]
    assert plural(2, "entry", "entries") == "2 entries"


def test_a_pile_of_marks_covers_no_other_line() -> None:
    assert clean("Việt Nam é नमस्ते") == "Việt Nam é नमस्ते"
    piled = clean("a" + "\u0301" * 1000 + "b")
    assert piled == "a" + "\u0301" * 4 + "‹+996 marks›b"
    assert clean("\x1b" + "e" + "\u0489" * 9) == "␛e" + "\u0489" * 4 + "‹+5 marks›"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://root:a@b:c@h:1/d and more", "postgresql://root:***@h:1/d and more"),
        ("postgres:/root:p@h", "postgres:/root:***@h"),
        ("postgresql://root@h:1/d", "postgresql://root@h:1/d"),
        ("host=h password = 'a b' user=x", "host=h password = *** user=x"),
        ("CREATE USER a WITH PASSWORD 'a b'", "CREATE USER a WITH PASSWORD ***"),
        ("a password is needed", "a password is needed"),
    ],
)
def test_a_password_is_never_repeated(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_leaving_passwords_out_takes_time_in_proportion_to_the_text() -> None:
    began = time.process_time()
    for piece in ("://a:", "pass", "@:/b:", "password='", "password ="):
        without_passwords(piece * 20_000)
    assert time.process_time() - began < 5

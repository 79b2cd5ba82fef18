"""What an agent reads hides nothing: a name is a name, whatever it is made of."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kwtui.agents.answers import cleaned, cleaned_text, error_text
from kwtui.errors import ExitCode, KwtuiError


@dataclass(frozen=True)
class Told:
    name: str
    at: datetime
    path: Path
    more: dict[str, tuple[str, ...]]


def test_every_text_in_it_is_cleaned_keys_too() -> None:
    told = Told(
        "a\u202eb\x1b[2J",
        datetime(2026, 11, 30, tzinfo=UTC),
        Path("/x\x07"),
        {"k\x00": ("one\ntwo", "\u2066three")},
    )
    assert cleaned(told) == {
        "name": "a‹U+202E›b␛[2J",
        "at": "2026-11-30T00:00:00Z",
        "path": "/x␇",
        "more": {"k␀": ["one\ntwo", "‹U+2066›three"]},
    }


@given(st.text())
def test_no_control_or_direction_character_is_left(text: str) -> None:
    shown = cleaned_text(text)
    hidden = {unicodedata.category(character) for character in shown.replace("\n", "")}
    assert not hidden & {"Cc", "Cf", "Cs"}


def test_a_text_without_end_is_cut_and_says_so() -> None:
    assert cleaned_text("x" * 50_000).endswith("... (cut: 50,000 characters)")


def test_an_error_keeps_its_hint_and_loses_its_password() -> None:
    error = KwtuiError(
        "postgresql://root:hunter2@db1 refused\x1b[0m",
        hint="Do this.",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )
    told = error_text(error)
    assert "hunter2" not in told
    assert "\x1b" not in told
    assert told.endswith("Do this.\nexit code 10")

"""Answers for agents: plain JSON in which no text hides anything. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from kwtui.errors import KwtuiError
from kwtui.text import clean_lines, without_passwords

_LONGEST = 20_000
"""Characters of one text; what is cut says so."""


def cleaned(value: object) -> Any:
    """As JSON values, every text of it cleaned of control and direction characters."""
    return _walk(msgspec.to_builtins(value, enc_hook=str, str_keys=True))


def _walk(value: Any) -> Any:
    match value:
        case str():
            return cleaned_text(value)
        case dict():
            return {cleaned_text(str(key)): _walk(item) for key, item in value.items()}
        case list() | tuple():
            return [_walk(item) for item in value]
        case _:
            return value


def cleaned_text(text: str) -> str:
    """Line by line; a text keeps its lines."""
    shown = clean_lines(text)
    if len(shown) <= _LONGEST:
        return shown
    return f"{shown[:_LONGEST]}... (cut: {len(shown):,} characters)"


def error_text(error: KwtuiError) -> str:
    """Title, cause and hint, with the exit code that a command would end with."""
    lines = [without_passwords(line) for line in error.lines()]
    return cleaned_text("\n".join([*lines, f"exit code {int(error.exit_code)}"]))

"""Lengths of time in the statements of time series: retentions and partition intervals."""

from __future__ import annotations

import re

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind
from kwtui.sandbox.language.stream import TokenStream

_DURATIONS = {
    "s": 1, "second": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400,
    "w": 604800, "week": 604800, "mon": 2592000, "month": 2592000, "y": 31536000, "year": 31536000,
}  # fmt: skip


def duration(stream: TokenStream) -> str:
    """``3650d``, ``30 days``, ``0s``: as the node prints it."""
    stream.accept("=")
    number = stream.peek()
    if number.kind is not Kind.NUMBER or not number.value.isdigit():
        raise stream.error()
    stream.next()
    unit = stream.peek()
    if unit.kind is not Kind.WORD or unit.value.removesuffix("s") not in _DURATIONS | {"": 1}:
        raise stream.error()
    stream.next()
    return number.value + unit.value


def seconds_of(text: str) -> int:
    """The length of a duration such as ``3000d``, in seconds."""
    match = re.fullmatch(r"(\d+)([a-z]+)", text)
    if match is None:
        raise SqlError(f"invalid duration: {text}", "22023")
    unit = match[2] if match[2] in _DURATIONS else match[2].removesuffix("s")
    return int(match[1]) * _DURATIONS[unit]

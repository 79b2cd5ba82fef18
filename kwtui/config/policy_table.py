"""One table of a policy's file, read strictly: every key is taken once, in its type."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

from kwtui.errors import KwtuiError
from kwtui.files.toml import nearest, toml_value
from kwtui.text import time_span

WrongAt = Callable[[str, str, str, str], KwtuiError]
"""The error for a table, a key of it, what is wrong with it, and a hint."""
_Choice = TypeVar("_Choice", bound=StrEnum)
_Default = TypeVar("_Default", bound=StrEnum | None)
_SIZE = re.compile(r"(\d{1,6})\s*(MiB|GiB|TiB)")
_SHIFTS = {"MiB": 20, "GiB": 30, "TiB": 40}


@dataclass
class PolicyTable:
    """One table of the file; every key is taken once, and what is left is not known."""

    wrong_at: WrongAt
    name: str
    values: dict[str, Any]

    def take(self, key: str, kind: type, default: Any) -> Any:
        value = self.values.pop(key, default)
        if value is default:
            return default
        if type(value) is not kind:
            words = {str: "text in quotes", int: "a whole number", bool: "true or false"}[kind]
            raise self.wrong(key, f"must be {words}, not {toml_value(value)}")
        return value

    def positive(self, key: str, default: int | None) -> int | None:
        value: int | None = self.take(key, int, default)
        if value is not None and value < 1:
            raise self.wrong(key, f"must be at least 1, not {value}")
        return value

    def size(self, key: str) -> int | None:
        """Bytes, written as ``500GiB``."""
        value = self.take(key, str, None)
        if value is None:
            return None
        match = _SIZE.fullmatch(value.strip())
        if match is None or not int(match[1]):
            raise self.wrong(key, f'must be a size such as "500GiB", not {value!r}')
        return int(match[1]) << _SHIFTS[match[2]]

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.values.pop(key, None)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(key, f'must be a list of texts, as in ["shop"], not {value!r}')
        return tuple(value)

    def choice(self, key: str, kind: type[_Choice], default: _Default) -> _Choice | _Default:
        value = self.take(key, str, None)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            allowed = ", ".join(member.value for member in kind)
            raise self.wrong(key, f"must be one of {allowed}, not {value!r}") from None

    def span(self, key: str, default: timedelta | None) -> timedelta | None:
        value = self.take(key, str, None)
        if value is None:
            return default
        span = time_span(value)
        if span is None:
            raise self.wrong(key, f'must be a time such as "26h", "90min" or "7d", not {value!r}')
        return span

    def wrong(self, key: str, problem: str) -> KwtuiError:
        return self.wrong_at(self.name, key, f"{key} {problem}", "")

    def end(self, known: tuple[str, ...]) -> None:
        """Raises for a key that nobody took."""
        for key in self.values:
            hint = nearest(key, list(known)) or f"Known keys: {', '.join(sorted(known))}."
            raise self.wrong_at(self.name, key, f"unknown key {key!r}", hint)


def line_of(document: str, table: str, key: str) -> int | None:
    """The line of a key, else of its table's head; None where neither is to be seen."""
    current, head = "", None
    for number, line in enumerate(document.splitlines(), start=1):
        text = line.strip()
        if text.startswith("["):
            current = text.strip("[]# \t").partition("]")[0].strip()
            if current == table or (not table and current == key):
                head = number
        elif current == table and key and re.match(rf'["\']?{re.escape(key)}["\']?\s*=', text):
            return number
    return head

"""KWDB's CSV dialect, writing side.

Every rule was read from the files of recordings 03 (``db_default``, ``db_all``, ``db_encl``) and
16 (``hazards``): NULL is the null text without quotes, the empty string is a pair of quotes, and
text that equals the null text is quoted so that it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Formatter = Callable[[Any], str]


@dataclass(frozen=True)
class Dialect:
    """The four characters and words that shape a CSV file."""

    delimiter: str = ","
    enclosed: str = '"'
    escaped: str = '"'
    null_text: str = ""


DEFAULT_DIALECT = Dialect()


class CsvWriter:
    """Turns fields and rows into lines. Holds no file and no state beside the dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        # A double quote asks for quotes whatever encloses (recording 07, ``ts_opts``).
        special = re.escape(dialect.delimiter + dialect.enclosed + dialect.escaped + '"')
        self._needs_quotes = re.compile(rf"^\s|[{special}\r\n]").search
        self._to_escape = re.compile(f"[{re.escape(dialect.enclosed + dialect.escaped)}]")
        self._replacement = dialect.escaped.replace("\\", "\\\\") + r"\g<0>"

    def field(self, text: str | None) -> str:
        """One field as it stands in the file."""
        if text is None:
            return self._dialect.null_text
        if text and text != self._dialect.null_text and self._needs_quotes(text) is None:
            return text
        quote = self._dialect.enclosed
        return f"{quote}{self._to_escape.sub(self._replacement, text)}{quote}"

    def line(self, fields: Sequence[str | None]) -> str:
        """A whole line with its line feed."""
        return self._dialect.delimiter.join(map(self.field, fields)) + "\n"

    def row(self, values: Sequence[object], formatters: Sequence[Formatter]) -> str:
        """A line from Python values; ``formatters`` has one function for each column."""
        null = self._dialect.null_text
        field = self.field
        parts = [
            null if value is None else field(formatter(value))
            for value, formatter in zip(values, formatters, strict=True)
        ]
        return self._dialect.delimiter.join(parts) + "\n"

"""What a session's settings change in the text of values (recording 20; KWDB 3.2, session_data.go).

EXPORT writes all digits whatever the settings; SELECT and ``::STRING`` follow them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

_STANDARD_DIGITS = 15
_ALL_DIGITS = 3
"""``extra_float_digits`` that asks for as many digits as tell a number from every other."""
SERIES_FLOAT = "%.17g"
"""How the time-series engine prints a FLOAT8 unless all digits are asked for (recording 17)."""


class Settings(Protocol):
    """A session's variables."""

    def get(self, name: str) -> str: ...


@dataclass(frozen=True)
class TextStyle:
    """How a session sees values as text."""

    zone: str = "UTC"
    float_format: str | None = f"%.{_STANDARD_DIGITS}g"
    """For printf; None for the shortest text that reads back as the same number."""
    bytes_as: str = "hex"
    """``hex``, ``escape`` or ``base64``."""
    exact: bool = False
    """For a client that asked for binary values: FLOAT4 and FLOAT8 with all their digits."""

    def of_series(self) -> TextStyle:
        """The same where the time-series engine computes and prints the whole answer."""
        return TextStyle(self.zone, self.float_format and SERIES_FLOAT, exact=self.exact)

    def of_binary(self) -> TextStyle:
        """The same for values that the wire layer turns into binary ones."""
        return TextStyle(self.zone, None, exact=True)


def style_of(settings: Settings) -> TextStyle:
    """The style that a session's variables ask for."""
    extra = int(settings.get("extra_float_digits"))
    digits = max(_STANDARD_DIGITS + extra, 1)
    return TextStyle(
        settings.get("timezone"),
        None if extra >= _ALL_DIGITS else f"%.{digits}g",
        settings.get("bytea_output"),
    )

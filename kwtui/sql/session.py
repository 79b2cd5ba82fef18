"""The settings of a session, and those that change how a value reads as text.

A content checksum goes over ``::STRING``: two sessions agree on it only under the same settings
(live-findings, row 34: 0.30000000000000004 reads 0.3 with ``extra_float_digits = 0``, where a
server session begins; `kwbase sql` sets another value than psql). EXPORT writes all digits whatever
the setting. Which variables a node has: recording 01, SHOW ALL; what they take: KWDB's public
source, sql/vars.go of the build that was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kwtui.sql.quoting import identifier, literal

TEXT_SETTINGS: Mapping[str, str] = {
    "extra_float_digits": "3",
    "timezone": "UTC",
    "bytea_output": "hex",
    "intervalstyle": "postgres",
    "datestyle": "ISO, MDY",
}
"""What every session of kwtui, and each script that it writes, reads and compares texts under."""

FORMER_TEXT_SETTINGS: Mapping[str, str] = {**TEXT_SETTINGS, "extra_float_digits": "0"}
"""Of the checksums of a set that does not say: kwtui pinned no more than the time zone then, and a
server session starts with the others (recordings 01 and 20)."""


def session_settings() -> tuple[str, ...]:
    """What every session of kwtui starts with: texts that never depend on anybody's defaults, and
    no time-out of the server's own."""
    return (
        "SET application_name = 'kwtui'",
        *set_texts(TEXT_SETTINGS),
        "SET statement_timeout = 0",
    )


def script_settings() -> tuple[str, ...]:
    """The same for a script that any client runs under its own name."""
    return (*set_texts(TEXT_SETTINGS), "SET statement_timeout = 0")


def set_texts(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The statements that make a session read values as these settings say."""
    return tuple(_set(name, value) for name, value in settings.items())


def other_texts(settings: Mapping[str, str]) -> dict[str, str]:
    """Those of the settings that are not as every session of kwtui has them."""
    return {n: v for n, v in settings.items() if v != TEXT_SETTINGS.get(n)}


_FLOATS = re.compile(r"FLOAT|REAL|DOUBLE|GEOMETRY|POINT|LINESTRING|POLYGON", re.IGNORECASE)


def read_alike(one: Mapping[str, str], other: Mapping[str, str], types: Iterable[str]) -> bool:
    """Whether values of these types read the same under both."""
    differing = {n for n in {*one, *other} if one.get(n) != other.get(n)}
    if differing <= {"extra_float_digits"}:
        return not differing or not any(map(_FLOATS.search, types))
    return False


def _set(name: str, value: str) -> str:
    if name == "timezone":
        return f"SET TIME ZONE {literal(value)}"
    shown = value if value.lstrip("-").isdigit() else literal(value)
    return f"SET {identifier(name)} = {shown}"

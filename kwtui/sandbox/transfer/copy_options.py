"""What the options of EXPORT and IMPORT have in common: names, single characters, sizes.

Source of every message: recording 04 where it was seen, facts.md sections 1.2, 1.4 and 2.2
where only the source study has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from kwtui.sandbox.answers.answer import SqlError

BAD_VALUE = "22023"
_PETABYTE = 1024**5
_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4, "PB": _PETABYTE}
_SIZE = re.compile(r"(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)")

RawOptions = Iterable[tuple[str, str | None]]


def check_names(options: RawOptions, takes_value: dict[str, bool]) -> dict[str, str | None]:
    """Check names and arity; ``takes_value`` lists what the statement knows. Names are folded."""
    seen: dict[str, str | None] = {}
    for raw_name, value in options:
        name = raw_name.lower()
        if name not in takes_value:
            raise SqlError(f'invalid option "{name}"')
        if takes_value[name] and value is None:
            raise SqlError(f'option "{name}" requires a value')
        if not takes_value[name] and value is not None:
            raise SqlError(f'option "{name}" does not take a value')
        if takes_value[name] and name in seen:
            raise SqlError(f'specifying the same option "{name}" is not supported')
        seen[name] = value
    return seen


def delimiter(value: str | None) -> str:
    """The delimiter of a file; the empty string means the default."""
    if not value:
        return ","
    if len(value) != 1:
        raise SqlError("invalid delimiter value: must be only one character", BAD_VALUE)
    if ord(value) > 127:
        raise SqlError("delimiter exceeds the limit of the char type", BAD_VALUE)
    if value in '"\n':
        raise SqlError(f"delimiter can't be {value}", BAD_VALUE)
    return value


def quote_character(option: str, value: str | None, allowed: str) -> str:
    """``enclosed`` or ``escaped``: one of two characters; the empty string means the default."""
    if not value:
        return '"'
    if len(value) != 1:
        raise SqlError(f"invalid {option} value", BAD_VALUE)
    if ord(value) > 127:
        raise SqlError(f"{option} exceeds the limit of the char type", BAD_VALUE)
    if value not in allowed:
        raise SqlError(f"{option} can't be {value}", BAD_VALUE)
    return value


def check_distinct(delimiter_: str, enclosed: str, escaped: str) -> None:
    """The delimiter must differ from both quote characters."""
    for other in (enclosed, escaped):
        if delimiter_ == other:
            # The node's text says "enclosed" for the escape character too (facts.md, 1.4).
            raise SqlError(f"delimiter can't be same with enclosed: {other}", BAD_VALUE)


def memory_size(value: str | None) -> int:
    """``limit_memory`` in bytes; 0 switches the limit off."""
    if value is None:
        return 0
    match = _SIZE.fullmatch(value.strip())
    unit = _UNITS.get(match[2].upper()) if match else None
    if match is None or unit is None:
        raise SqlError(f"invalid memory size format: {value}")
    size = int(Decimal(match[1]) * unit)
    if size < 0:
        raise SqlError(f"limit_memory cannot be negative, got {size}")
    if size > _PETABYTE:
        raise SqlError("limit_memory exceeds maximum allowed value (1PB)")
    return size


def go_integer(value: str, sqlstate: str = BAD_VALUE) -> int:
    """An integer as the node's parser takes it; its error text is the node's own."""
    if re.fullmatch(r"[+-]?[0-9]+", value) is None:
        raise SqlError(f'strconv.Atoi: parsing "{value}": invalid syntax', sqlstate)
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise SqlError(f'strconv.Atoi: parsing "{value}": value out of range', sqlstate)
    return number

"""Where a sequence stands, and the statement that puts another one there.

A node keeps one number for a sequence, the value that was given out last, and tells it as
``last_value`` with ``is_called`` always true (recording 12). Nothing was taken from a sequence that
stands one step before its start, and one that ran out stands one step behind its end: `setval`
refuses both places, since they lie outside its bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kwtui.model.schema import SequenceSpec
from kwtui.sql.quoting import literal
from kwtui.sql.statements import table_name

_OPTION = re.compile(r"\b(MINVALUE|MAXVALUE|INCREMENT|START)(?: BY| WITH)? (-?\d+)", re.IGNORECASE)
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class _Numbers:
    start: int
    increment: int
    minimum: int
    maximum: int
    is_virtual: bool

    @property
    def fresh(self) -> int:
        """Where CREATE SEQUENCE puts it."""
        return self.start - self.increment

    def holds(self, value: int) -> bool:
        return self.minimum <= value <= self.maximum


def position(sequence: SequenceSpec) -> int | None:
    """The value given out last, whichever way the server told it; None if it is not known.

    What ran out counts as standing on its last value: the next one is refused either way.
    """
    if sequence.last_value is None:
        return None
    numbers = _numbers(sequence)
    value = sequence.last_value - (0 if sequence.called else numbers.increment)
    if value == numbers.fresh:
        return value
    if numbers.increment > 0:
        return min(value, numbers.maximum)
    return max(value, numbers.minimum)


def set_sequence(database: str, sequence: SequenceSpec) -> str | None:
    """Put a new sequence where the captured one was; None where CREATE has put it there already.

    None also for one without a value of its own (VIRTUAL) and for one whose value is not known.
    """
    numbers, value = _numbers(sequence), position(sequence)
    if value is None or value == numbers.fresh or numbers.is_virtual:
        return None
    name = literal(table_name(database, sequence.name))
    if numbers.holds(value):
        return f"SELECT setval({name}, {value})"
    return f"SELECT setval({name}, {value + numbers.increment}, false)"


def _numbers(sequence: SequenceSpec) -> _Numbers:
    """From the printed definition (recordings 02 and 12), with the defaults of KWDB."""
    # A quoted name can hold anything; no option is quoted.
    options = sequence.create_statement.rpartition('"')[2]
    found = {name.upper(): int(value) for name, value in _OPTION.findall(options)}
    increment = found.get("INCREMENT", 1) or 1
    rising = increment > 0
    minimum = found.get("MINVALUE", 1 if rising else -_LARGEST - 1)
    maximum = found.get("MAXVALUE", _LARGEST if rising else -1)
    return _Numbers(
        start=found.get("START", minimum if rising else maximum),
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        is_virtual=re.search(r"\bVIRTUAL\b", options, re.IGNORECASE) is not None,
    )

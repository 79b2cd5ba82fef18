"""What is read of a table's content when it is backed up, as plain data.

A level costs what it sees: *counts* and *aggregates* are made by KWDB's engine, in a fraction of
the export's time; *sample* and *full* hash the text of every value, several times what the export
of those rows takes (live-findings, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kwtui.model.proof import ContentChecksum
from kwtui.model.schema import Engine

MAX_WINDOWS = 100_000
"""Days of one table that hold rows: 270 years of them."""
_MAX_AGGREGATES = 8_192
"""Of one table: KWDB's widest has 4,096 columns."""


class CheckLevel(StrEnum):
    """How much of the content is compared, the least first."""

    COUNTS = "counts"
    AGGREGATES = "aggregates"
    SAMPLE = "sample"
    FULL = "full"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    @property
    def compares(self) -> str:
        """In words, to follow a colon."""
        return _WORDS[self][0]

    @property
    def in_words(self) -> str:
        """The level, what it compares and what that would not see, in two sentences."""
        return f"Content check: {self} ({self.compares}). It would miss: {self.misses}."

    @property
    def misses(self) -> str:
        """What a comparison at this level would not see, in words."""
        return _WORDS[self][1]


RECORDS = "records"
"""The restored table was exported again, and every record of it compared with the backup's."""

_COMPARED: dict[str, str] = {
    CheckLevel.COUNTS: "by row counts",
    CheckLevel.AGGREGATES: "by aggregates",
    CheckLevel.SAMPLE: "by a sample of rows",
    RECORDS: "record by record",
    CheckLevel.FULL: "by a checksum of every row",
}


def compared_how(check: str) -> str:
    """How a restored table was compared, in words: ``check`` is a level, or `RECORDS`."""
    return _COMPARED.get(check, f"by {check}")


_RANKS = {level: rank for rank, level in enumerate(CheckLevel)}
_WORDS = {
    CheckLevel.COUNTS: (
        "rows of each table; of a time series by day, before and after the export",
        "a changed value",
    ),
    CheckLevel.AGGREGATES: (
        "counts, sums, text lengths and times; of a time series by day",
        "a text, tag, boolean or binary value replaced by one as long, values that change places",
    ),
    CheckLevel.SAMPLE: (
        "counts, aggregates of time series, and a checksum of some rows, others in each backup; "
        "of small tables all rows",
        "a changed value outside the sample, but for what the aggregates show",
    ),
    CheckLevel.FULL: ("a checksum of every value of every row", "nothing"),
}


def default_level(engine: Engine) -> CheckLevel:
    """What costs at most a tenth of the export."""
    return CheckLevel.AGGREGATES if engine is Engine.TIME_SERIES else CheckLevel.SAMPLE


class AggregateKind(StrEnum):
    """What is computed of a column, over the rows of a window."""

    COUNT = "count"
    """Values that are not NULL."""
    SUM = "sum"
    """Of integers and decimals: exact."""
    FLOAT_SUM = "float_sum"
    """Depends on the order of addition, so it is compared with a tolerance."""
    LENGTH = "length"
    """The characters of all texts."""
    MIN = "min"
    MAX = "max"


class Aggregate(NamedTuple):
    """One value of each window: ``["sum", "a"]`` in JSON."""

    kind: AggregateKind
    column: str


class Extremes(NamedTuple):
    """The least and the greatest value of a column, over the whole table."""

    column: str
    least: str | None
    greatest: str | None


class Window(NamedTuple):
    """The rows of a stretch of time: ``[since, until, rows, [values]]`` in JSON.

    Times are the server's own text under UTC, ``until`` exclusive and empty where there is no end.
    """

    since: str
    until: str
    rows: int
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class WindowReadings:
    """A table by windows of its time column. A relational table is one window without bounds."""

    column: str = ""
    """The time column; empty for a relational table."""
    width: str = ""
    """Of a window, as `time_bucket` takes it: ``1d``. Windows are aligned to UTC. Empty: one window
    holds everything."""
    aggregates: tuple[Aggregate, ...] = ()
    """What the values of each window are, in their order."""
    extremes: tuple[Extremes, ...] = ()
    """Of the columns whose sums may be rounded."""
    windows: tuple[Window, ...] = ()
    """Those that hold rows, in order of time."""
    unsettled: tuple[str, ...] = ()
    """``since`` of the windows that changed while the table was exported: what the files hold of
    them is not known."""

    def __post_init__(self) -> None:
        """Raises ValueError for what no table has: a manifest may hold anything."""
        wide = max((len(self.aggregates), len(self.extremes)))
        if max(len(self.windows), len(self.unsettled)) > MAX_WINDOWS or wide > _MAX_AGGREGATES:
            raise ValueError("more windows or aggregates than a table can have")
        if any(window.rows < 0 for window in self.windows):
            raise ValueError("a window has fewer than no rows")
        if any(len(window.values) != len(self.aggregates) for window in self.windows):
            raise ValueError("a window has other values than its table has aggregates")

    @property
    def level(self) -> CheckLevel:
        """What these readings compare: times alone are but counts."""
        times = (AggregateKind.MIN, AggregateKind.MAX)
        more = any(aggregate.kind not in times for aggregate in self.aggregates)
        return CheckLevel.AGGREGATES if more else CheckLevel.COUNTS

    @property
    def rows(self) -> int:
        return sum(window.rows for window in self.windows)


@dataclass(frozen=True)
class Sample:
    """The checksum of some rows: those with ``since`` <= ``column`` < ``until``."""

    column: str
    since: str
    until: str
    """Empty where there is no end."""
    checksum: ContentChecksum

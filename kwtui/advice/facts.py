"""What a strategy is made of: what a person demands, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from kwtui.model.schema import Engine

DAY = timedelta(days=1)


class Importance(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    CRITICAL = "critical"


class Demand(StrEnum):
    """What the law or a customer may ask for."""

    EVERY_DAY = "every-day"
    """A backup of each day, for as long as backups are kept."""
    OFF_SITE = "off-site"
    """A copy at another place."""
    NO_LONGER = "no-longer"
    """Nothing may be kept longer than that."""


@dataclass(frozen=True)
class Answers:
    """What is demanded of a database. Databases with the same answers share a policy."""

    rpo: timedelta = timedelta(hours=26)
    """How much may be lost at most: the age of what can come back."""
    rto: timedelta | None = None
    """How long a restore may take; None: nothing was demanded."""
    keep: timedelta = timedelta(days=30)
    importance: Importance = Importance.NORMAL
    window: str = ""
    """``22:00-06:00`` (UTC): no backup begins outside it. Empty: at any time."""
    copies: str = ""
    """A saved off-site target or a URL; empty: nowhere."""
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A number, and where it comes from; without one, why it is not known and how it will be."""

    value: float | None = None
    source: str = "not measured"


HOURS = 24


@dataclass(frozen=True)
class Load:
    """How much came at each hour of the day (UTC), and where that is known from."""

    by_hour: tuple[float, ...] = ()
    """From 0 to 23 o'clock; empty: not known, and the source says why."""
    source: str = "not measured"


@dataclass(frozen=True)
class DatabaseFigures:
    """What was measured of a database. Sizes are bytes of files that a backup writes."""

    name: str
    engine: Engine | None = None
    size: Figure = Figure()
    """A backup that writes everything."""
    new_bytes: Figure = Figure()
    """What a backup that links unchanged files writes."""
    growth: Figure = Figure()
    """Of the size, in bytes a day."""
    rows_a_day: tuple[tuple[str, Figure], ...] = ()
    """By table."""
    backup_seconds: Figure = Figure()
    restore_seconds: Figure = Figure()
    """The slowest that was measured."""
    export_speed: Figure = Figure()
    """Bytes a second, where the database has no time of its own."""
    import_speed: Figure = Figure()
    load: Load = Load()
    """Rows by the hour of their time column."""

    @property
    def lacks_speed(self) -> bool:
        """Neither a run of its own, nor one of another, nor a probe tells how long it takes."""
        told = ((self.backup_seconds, self.export_speed), (self.restore_seconds, self.import_speed))
        return any(seconds.value is None and speed.value is None for seconds, speed in told)


@dataclass(frozen=True)
class Measured:
    """What was measured of a node."""

    databases: tuple[DatabaseFigures, ...] = ()
    free_bytes: Figure = Figure()
    held_bytes: Figure = Figure()
    """What the backups of these databases take now, that a retention decides on."""
    jobs: Load = Load()
    """Jobs that began, whoever started them."""
    wal_level: Figure = Figure()
    checkpoint_seconds: Figure = Figure()
    """The interval that is set."""
    nodes: Figure = Figure()
    unknown: tuple[str, ...] = field(default_factory=tuple)
    """What could not be asked, in words."""

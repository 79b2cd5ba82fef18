"""What the server answered, as the server's own text.

Values stay text: times with nanoseconds, years beyond Python's and types that only KWDB has come
through unharmed, and what is compared or shown is what the server said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

Value = str | None
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    name: str
    oid: int


@dataclass(frozen=True)
class ResultSet:
    """Columns and rows of one answer."""

    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)

    def dicts(self) -> Iterator[dict[str, Value]]:
        """Each row by column name."""
        names = self.names
        return (dict(zip(names, row, strict=True)) for row in self.rows)

    def lacking(self, *names: str) -> tuple[str, ...]:
        """Which of these columns the answer does not have; none where nothing was answered."""
        return tuple(n for n in names if n not in self.names) if self.columns else ()

    def scalar(self) -> Value:
        """The first value of the first row; None where there is none."""
        return self.rows[0][0] if self.rows and self.rows[0] else None


@dataclass(frozen=True)
class Notice:
    """What the server says beside its answer; for EXPORT the only word about a failed table."""

    severity: str
    sqlstate: str
    message: str


@dataclass(frozen=True)
class StatementResult:
    """Everything that came back for one statement.

    ``tag`` is the command tag as sent. It counts nothing: a time-series SELECT with rows answers
    ``SELECT 0`` (recording 07). ``sets`` are all result sets in order; an export of a time-series
    database sends an empty one for each table before the real one.
    """

    tag: str = ""
    sets: tuple[ResultSet, ...] = ()
    notices: tuple[Notice, ...] = ()
    seconds: float = 0.0

    @property
    def result(self) -> ResultSet:
        """The last set that has rows, else the last one, else an empty one."""
        for candidate in reversed(self.sets):
            if candidate.rows:
                return candidate
        return self.sets[-1] if self.sets else ResultSet()


def to_bool(value: Value) -> bool:
    """A BOOL as text. Raises ValueError for anything but the forms that the server sends."""
    if value in ("t", "true", "on", "YES"):
        return True
    if value in ("f", "false", "off", "NO", None):
        return False
    raise ValueError(f"not a boolean: {value!r}")


def to_int(value: Value) -> int | None:
    """An integer as text; None for NULL."""
    return None if value is None else int(value)


def to_list(value: Value) -> list[str]:
    """A one-dimensional text array, ``{a,"b c"}``. Raises ValueError if it is none."""
    if value is None:
        return []
    if not (value.startswith("{") and value.endswith("}")):
        raise ValueError(f"not an array: {value[:40]!r}")
    items: list[str] = []
    current: list[str] = []
    quoted = started = False
    body = iter(value[1:-1])
    for char in body:
        if quoted:
            if char == "\\":
                current.append(next(body, ""))
            elif char == '"':
                quoted = False
            else:
                current.append(char)
        elif char == '"':
            quoted = started = True
        elif char == ",":
            items.append("".join(current))
            current, started = [], True
        else:
            current.append(char)
            started = True
    if started:
        items.append("".join(current))
    return items


def to_time(value: str | None) -> datetime | None:
    """A TIMESTAMP or TIMESTAMPTZ as text; None for NULL and for what Python cannot hold."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def age_seconds(since: datetime | None, now: datetime) -> float | None:
    """How long ago it was; never negative."""
    return None if since is None else max(0.0, (now - since).total_seconds())

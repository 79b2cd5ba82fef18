"""When a node has least to do: from rows and jobs by the hour of the day (UTC). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kwtui.advice.facts import HOURS, DatabaseFigures, Load
from kwtui.advice.recommendation import Line
from kwtui.text import plural

STRETCH = 3
"""Hours that are looked for."""
_UNEVEN = 0.8
"""A stretch is quiet if it has less than this of what an even day would give it."""


def load_line(databases: Sequence[DatabaseFigures], started: Load, window: str) -> Line:
    """The quietest hours where something tells them; ``started`` are jobs, ``window`` is what is
    demanded."""
    known = [each for each in databases if sum(each.load.by_hour)]
    because = [f"{each.name}: {_told(each.load)}" for each in known]
    jobs = sum(started.by_hour)
    if jobs:
        busiest = max(range(HOURS), key=lambda hour: started.by_hour[hour])
        because.append(
            f"{plural(round(jobs), 'job')} began, most of them between {busiest:02}:00 and"
            f" {(busiest + 1) % HOURS:02}:00 ({started.source})."
        )
    if not known:
        because += [f"{each.name}: {each.load.source}." for each in databases]
        return Line("Load", "by hour: not known", tuple(because))
    shares = _shares(known)
    begin = quietest(shares)
    if _share(shares, begin) >= _UNEVEN * STRETCH / HOURS:
        return Line("Load", "about the same at all hours", tuple(because))
    hours = _span(begin)
    if not window:
        because.append(f"Backups begin only then with --window {hours}.")
    return Line("Load", f"least from {hours.replace('-', ' to ')} UTC", tuple(because))


def load_unknown(databases: Sequence[DatabaseFigures]) -> Iterator[str]:
    for each in databases:
        if not sum(each.load.by_hour):
            yield f"{each.name}: the load by hour: {each.load.source}."


def quietest(by_hour: Sequence[float]) -> int:
    """The hour at which the quietest `STRETCH` begins; the earliest of equal ones."""
    return min(range(HOURS), key=lambda hour: (_share(by_hour, hour), hour))


def _told(load: Load) -> str:
    shares = [value / sum(load.by_hour) for value in load.by_hour]
    quiet = quietest(shares)
    busy = max(range(HOURS), key=lambda hour: (_share(shares, hour), -hour))
    words = [
        f"{_share(shares, hour):.0%} of its rows from {_span(hour).replace('-', ' to ')}"
        for hour in (quiet, busy)
    ]
    return f"{', '.join(words)} ({load.source})."


def _shares(databases: Sequence[DatabaseFigures]) -> list[float]:
    """Of all rows together."""
    sums = [sum(each.load.by_hour[hour] for each in databases) for hour in range(HOURS)]
    return [value / sum(sums) for value in sums]


def _share(by_hour: Sequence[float], begin: int) -> float:
    return sum(by_hour[(begin + step) % HOURS] for step in range(STRETCH))


def _span(begin: int) -> str:
    return f"{begin:02}:00-{(begin + STRETCH) % HOURS:02}:00"

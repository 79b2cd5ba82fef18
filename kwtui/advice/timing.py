"""When backups begin, so that never more is lost than may be. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from kwtui.advice.facts import DAY
from kwtui.advice.recommendation import Schedule

INTERVALS = (1440, 720, 480, 360, 240, 180, 120, 60, 30, 15)
"""Minutes; all divide a day, so that every day is alike."""
JITTER = timedelta(minutes=5)
"""systemd delays a run by as much (`kwtui.model.policy.PolicySchedule`)."""
_BEGIN = 75
"""01:15, where there is no window: between 02:00 and 03:00 clocks change."""
_IN_WINDOW = 5
"""Minutes after the window opens: the same delay must not begin outside it."""


def schedule_of(interval: int, window: str) -> Schedule | None:
    """Every ``interval`` minutes within the window; None where it leaves none of these times."""
    opens, closes = _window(window)
    begin = _BEGIN if opens is None else opens + _IN_WINDOW
    times = sorted((begin + step) % 1440 for step in range(0, 1440, interval))
    if opens is not None and closes is not None:
        times = [at for at in times if _inside(at, opens, closes)]
    if not times:
        return None
    gaps = [later - earlier for earlier, later in pairwise(times)]
    gap = max([*gaps, times[0] + 1440 - times[-1]])
    return Schedule(tuple(times), _calendar(times), timedelta(minutes=gap))


def longest(room: timedelta, window: str, at_least: timedelta) -> Schedule | None:
    """The fewest runs a day of which no two begin further apart than ``room`` (without the
    delay), and none closer than ``at_least``; None where there is none."""
    for interval in INTERVALS:
        if timedelta(minutes=interval) < at_least:
            return None
        found = schedule_of(interval, window)
        if found is not None and found.gap + JITTER <= room:
            return found
    return None


def densest(window: str, at_least: timedelta) -> Schedule:
    """As many runs a day as there can be that are not closer than ``at_least``."""
    fitting = [each for each in INTERVALS if timedelta(minutes=each) >= at_least] or [1440]
    found = [s for each in fitting if (s := schedule_of(each, window)) is not None]
    if found:
        return found[-1]
    opens, _ = _window(window)
    only = (opens or 0) % 1440
    return Schedule((only,), _calendar([only]), DAY)


def window_problem(window: str) -> str:
    """What is wrong with a window as a person wrote it; empty if it can be used."""
    if not window:
        return ""
    try:
        opens, closes = _window(window)
    except ValueError:
        return f"{window!r} is no window: write 22:00-06:00"
    return "the window begins when it ends" if opens == closes else ""


def _window(window: str) -> tuple[int | None, int | None]:
    if not window:
        return None, None
    begin, _, end = window.partition("-")
    return _minute(begin), _minute(end)


def _minute(text: str) -> int:
    if len(text) != 5 or text[2] != ":":
        raise ValueError(text)
    hour, minute = int(text[:2]), int(text[3:])
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise ValueError(text)
    return hour * 60 + minute


def _inside(at: int, opens: int, closes: int) -> bool:
    """With the delay: what begins a little later is inside as well."""
    length = (closes - opens) % 1440
    return (at - opens) % 1440 + JITTER.total_seconds() / 60 <= length


def _calendar(times: list[int]) -> str:
    """As systemd's OnCalendar. The times are those of whole hours and the same minutes in each:
    all intervals divide a day. What a window cuts off an hour is left out by the policy's window.
    """
    hours = sorted({at // 60 for at in times})
    minutes = sorted({at % 60 for at in times})
    told = "*" if len(hours) == 24 else ",".join(f"{hour:02}" for hour in hours)
    return f"*-*-* {told}:{','.join(f'{minute:02}' for minute in minutes)}:00"

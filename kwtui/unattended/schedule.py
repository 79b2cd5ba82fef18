"""When a policy is due, computed with the language of the engine that fires it.

``oncalendar`` for systemd's OnCalendar, ``cronsim`` for cron: both follow their engine where a
clock is changed (systemd leaves out a local 02:30 that does not exist, cron runs it later).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice, takewhile

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.extras import how_to_add
from kwtui.model.policy import Policy, PolicySchedule
from kwtui.unattended.cadence import in_window

_CHANGED_HOUR = 2
"""Of the local day: there clocks are changed."""


class PackagesMissing(KwtuiError):
    """The schedule extra is not installed."""


def next_times(schedule: PolicySchedule, after: datetime, count: int = 1) -> list[datetime]:
    """The next times in UTC; none for a policy without a schedule.

    Raises KwtuiError: USAGE for a time that its engine would refuse, FAILED without the packages.
    """
    if not schedule.on_calendar and not schedule.cron:
        return []
    zone = zone_of(schedule)
    times = _times(schedule, after.astimezone(zone))
    return [time.astimezone(UTC) for time in islice(times, count)]


def times_until(
    schedule: PolicySchedule, after: datetime, until: datetime, most: int
) -> list[datetime]:
    """The times after one moment and not after another, at most so many. Raises as `next_times`."""
    if not schedule.on_calendar and not schedule.cron:
        return []
    times = _times(schedule, after.astimezone(zone_of(schedule)))
    due = takewhile(lambda time: time <= until, (time.astimezone(UTC) for time in times))
    return list(islice(due, most))


def zone_of(schedule: PolicySchedule) -> tzinfo:
    return UTC if schedule.time_zone == "UTC" else _local_zone()


def is_open(policy: Policy, now: datetime) -> bool:
    """Whether something may begin now, by the policy's window in the zone of its schedule."""
    return in_window(policy.limits, now.astimezone(zone_of(policy.schedule)))


def _local_zone() -> tzinfo:
    """The machine's zone with its changes of clock; a fixed offset where it is not known."""
    import os
    from pathlib import Path
    from zoneinfo import ZoneInfo

    names = [os.environ.get("TZ", "").removeprefix(":")]
    link = str(Path("/etc/localtime").resolve())
    names.append(link.partition("/zoneinfo/")[2])
    for name in filter(None, names):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    found = datetime.now().astimezone().tzinfo
    return found or UTC


def check_times(schedule: PolicySchedule) -> list[str]:
    """Warnings about when it is due. Raises as `next_times`."""
    # Also in UTC, where nothing is unwise: a time that its engine refuses is told here.
    next_times(schedule, datetime.now(UTC))
    if schedule.time_zone == "UTC":
        return []
    zone = zone_of(schedule)
    now = datetime.now(zone)
    hours = {time.astimezone(zone).hour for time in next_times(schedule, now, count=48)}
    # What is due often does not get that far.
    begin = (now + timedelta(days=1)).replace(hour=_CHANGED_HOUR, minute=0, second=0)
    if times_until(schedule, begin - timedelta(seconds=1), begin + timedelta(minutes=59), 1):
        hours.add(_CHANGED_HOUR)
    if _CHANGED_HOUR in hours:
        return [
            "Between 02:00 and 03:00 local time a run can be skipped or repeated when the "
            'clocks change. Use 01:15 or time_zone = "UTC".'
        ]
    return []


def _times(schedule: PolicySchedule, after: datetime) -> Iterator[datetime]:
    try:
        from cronsim import CronSim, CronSimError
        from oncalendar import OnCalendar, OnCalendarError
    except ImportError as error:
        raise PackagesMissing(
            f"Due times cannot be computed: the package {error.name} is missing.",
            hint=how_to_add("schedule"),
        ) from error
    try:
        if schedule.on_calendar:
            return iter(OnCalendar(schedule.on_calendar, after))
        return iter(CronSim(schedule.cron, after))
    except (OnCalendarError, CronSimError, ValueError) as error:
        words = schedule.on_calendar or schedule.cron
        engine = "systemd (OnCalendar)" if schedule.on_calendar else "cron"
        raise KwtuiError(
            f"{words!r} is not a time that {engine} accepts.",
            cause=str(error),
            hint='For example: on_calendar = "*-*-* 01:15:00", or cron = "15 1 * * *".',
            exit_code=ExitCode.USAGE,
        ) from error

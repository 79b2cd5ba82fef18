"""What the pages of the policy wizard offer, in words."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.config.policies import TEMPLATES
from kwtui.model.checks import CheckLevel
from kwtui.widgets.form import Option

OWN = "own"


@dataclass(frozen=True)
class Preset:
    """A usual schedule in both languages, and how old a backup may be under it."""

    calendar: str
    cron: str
    max_age: str
    zone: str = "UTC"


PRESETS = {
    "nightly": Preset("*-*-* 01:15:00", "15 1 * * *", "26h"),
    "local": Preset("*-*-* 01:15:00", "15 1 * * *", "27h", "local"),
    "6h": Preset("*-*-* 00/6:15:00", "15 */6 * * *", "8h"),
    "hourly": Preset("*-*-* *:15:00", "15 * * * *", "3h"),
    "weekly": Preset("Sun *-*-* 01:15:00", "15 1 * * 0", "8d"),
}

WHEN_OPTIONS = (
    Option("nightly", "every night, 01:15 UTC", "UTC has no change of clocks."),
    Option("local", "every night, 01:15 local", "Before the hour in which clocks are changed."),
    Option("6h", "every six hours"),
    Option("hourly", "every hour"),
    Option("weekly", "every Sunday, 01:15 UTC"),
    Option(OWN, "as written below", "In the language of the engine that fires it."),
)
ENGINE_OPTIONS = (
    Option("systemd", "systemd", "Catches up by itself on what the host slept through."),
    Option("cron", "cron", "For hosts without systemd. It knows local time only."),
)
MISSED_OPTIONS = (
    Option("run", "run once, later", "One run makes up for all that the host slept through."),
    Option("skip", "skip it", "The next time is soon enough."),
)
NEW_OPTIONS = (
    Option("include", "back them up", "A new database that matches is backed up at the next run."),
    Option("report", "report them", "The run ends as failed until somebody decides."),
)
CHECK_OPTIONS = (
    Option("", "what costs little", "Of tables some of the rows; of time series counts and sums."),
    *(Option(level.value, level.value, level.compares.capitalize()) for level in CheckLevel),
)
EVERY_OPTIONS = (
    Option("7d", "every week"),
    Option("1d", "every day"),
    Option("30d", "every 30 days"),
    Option("", "never", "Then nothing proves it after the day on which it was made.", True),
)
DRILL_ON_OPTIONS = (
    Option("server", "the server", "Into a scratch database, which is compared and dropped."),
    Option("sandbox", "a sandbox here", "It loads no server, and proves less."),
)
TEMPLATE_OPTIONS = tuple(
    Option(name, name, f"The form that {name} reads." if name != "generic" else "kwtui's own JSON.")
    for name in TEMPLATES
)
NO_SERVER = Option("", "none", "A timer would not know the server: save one first.", warning=True)

"""A judgement in the forms that monitoring reads: a Nagios plugin's line, Prometheus' text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kwtui.protection.judging import Judgement, Severity, State, verdict, worst
from kwtui.protection.report import StatusReport
from kwtui.text import human_duration

_NAGIOS = {
    Severity.OK: "OK",
    Severity.LATE: "WARNING",
    Severity.CRITICAL: "CRITICAL",
    Severity.UNKNOWN: "UNKNOWN",
}


_FULL_SOON = timedelta(days=7)
"""A disk that is full before that is worth a word."""


def full_soon(full_at: datetime | None, now: datetime) -> str:
    """When the disk is full, in a sentence; empty where that is not soon or not known."""
    if full_at is None or full_at - now >= _FULL_SOON:
        return ""
    left = human_duration(max((full_at - now).total_seconds(), 0))
    return f"The disk of the backups is full in about {left}."


def banner(report: StatusReport) -> str:
    """One line for whoever logs in; empty where nothing is wrong."""
    words = []
    if worst(report.judgements) is not Severity.OK:
        words.append(" ".join(report.unknown[:1]) if not report.judgements else report.verdict)
    full = full_soon(report.growth.full_at, report.taken_at)
    words += [full] if full else []
    return f"kwtui: {' '.join(words)} See: kwtui status" if words else ""


def nagios(judgements: Sequence[Judgement]) -> str:
    """One line: state, the verdict, and the age of each proven backup as performance data."""
    ages = " ".join(
        f"'{_nagios_label(j.name)}_age'={j.exposed_seconds:.0f}s"
        for j in judgements
        if j.exposed_seconds is not None
    )
    line = f"KWTUI {_NAGIOS[worst(judgements)]} - {_plain(verdict(judgements))}"
    return f"{line} | {ages}" if ages else line


def prometheus(judgements: Sequence[Judgement], now: datetime) -> Iterator[str]:
    """Lines of the text format, for node_exporter's textfile collector.

    A time that is not known has no sample: an alert on absence then fires, as it should.
    """
    yield from _metric(
        "kwtui_database_state",
        "1 for the state that the database is in.",
        [
            ({"database": j.name, "state": state.value.lower()}, float(j.state is state))
            for j in judgements
            for state in State
        ],
    )
    yield from _metric(
        "kwtui_backup_proven_timestamp_seconds",
        "When the newest proven backup was started.",
        [({"database": j.name}, j.proven.at.timestamp()) for j in judgements if j.proven],
    )
    yield from _metric(
        "kwtui_backup_timestamp_seconds",
        "When the newest backup was started, proven or not.",
        [({"database": j.name}, j.newest.at.timestamp()) for j in judgements if j.newest],
    )
    yield from _metric(
        "kwtui_backup_proof_level",
        "The proof level of the newest backup, 0 where the last check failed.",
        [({"database": j.name}, float(j.newest.proof or 0)) for j in judgements if j.newest],
    )
    yield from _metric(
        "kwtui_backup_bytes",
        "The size of the newest proven backup.",
        [
            ({"database": j.name}, float(j.proven.bytes))
            for j in judgements
            if j.proven and j.proven.bytes is not None
        ],
    )
    yield from _metric(
        "kwtui_restore_seconds",
        "The median time of the restores and drills that succeeded.",
        [
            ({"database": j.name}, j.restore_seconds)
            for j in judgements
            if j.restore_seconds is not None
        ],
    )
    yield from _metric(
        "kwtui_backups_damaged",
        "1 where an older backup failed its last check.",
        [({"database": j.name}, float(bool(j.remarks))) for j in judgements],
    )
    yield from _metric(
        "kwtui_status_severity",
        "0 fine, 1 late, 2 critical, 3 unknown.",
        [({}, float(worst(judgements)))],
    )
    yield from _metric(
        "kwtui_status_timestamp_seconds",
        "When this was judged: alert when it grows old.",
        [({}, now.timestamp())],
    )


def prometheus_of_extern(report: StatusReport) -> Iterator[str]:
    """The space that backups take, and what is left."""
    for name, words, value in (
        ("used", "What all backups take, each file counted once.", report.extern_bytes),
        ("free", "Free space where the backups are.", report.free_bytes),
        ("growth_a_day", "Written less removed, a day.", report.growth.bytes_a_day),
    ):
        if value is not None:
            yield from _metric(f"kwtui_extern_{name}_bytes", words, [({}, float(value))])


def _metric(
    name: str, words: str, samples: Sequence[tuple[dict[str, str], float]]
) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        shown = ",".join(f'{key}="{_label(text)}"' for key, text in labels.items())
        yield f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}"


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _nagios_label(text: str) -> str:
    """Without what ends a label or the line."""
    return "".join("_" if c in "'=|" or not c.isprintable() else c for c in text)


def _plain(text: str) -> str:
    """``|`` would begin the performance data."""
    return "".join("/" if c == "|" else c if c.isprintable() else " " for c in text)

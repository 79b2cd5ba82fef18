"""The plan of a change of the WAL's level or interval, with what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from kwtui.model.findings import Finding, Severity
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.wal.report import WalReport
from kwtui.server.state.wal_settings import (
    INTERVAL,
    LEVEL,
    LEVELS,
    duration_seconds,
    level_words,
    set_interval,
    set_level,
)
from kwtui.text import human_bytes, plural

SHORTEST, LONGEST = 5.0, 3600.0
"""Seconds of an interval that make sense: below, checkpoints never rest; above, a crash costs."""


@dataclass(frozen=True)
class WalChange:
    """What a person wants; None leaves it as it is."""

    level: int | None = None
    interval: str | None = None
    """In KWDB's words: ``30s``, ``1m30s``."""


def plan_wal_change(
    change: WalChange,
    report: WalReport,
    facts: ServerFacts,
    now: datetime,
    plan_id: str,
    *,
    read_only: bool = False,
) -> Plan:
    """The plan, refusals included. Raises KwtuiError (USAGE) for an interval that is none."""
    return Plan(
        id=plan_id,
        kind=PlanKind.SETTING,
        title=_title(change),
        created_at=now,
        cluster_id=facts.cluster_id,
        node_id=facts.node_id,
        database="",
        path="",
        steps=tuple(_steps(change, report)),
        findings=tuple(_findings(change, report, facts, read_only)),
        request=msgspec.to_builtins(change),
    )


def _title(change: WalChange) -> str:
    parts = []
    if change.level is not None:
        parts.append(f"WAL level {level_words(change.level)}")
    if change.interval is not None:
        parts.append(f"a checkpoint every {change.interval}")
    return f"Set {' and '.join(parts)}" if parts else "Change nothing of the WAL"


def _steps(change: WalChange, report: WalReport) -> Iterator[Step]:
    if change.level is not None:
        yield Step(
            id="level",
            kind=StepKind.SQL,
            title=f"Set the WAL level to {level_words(change.level)}",
            explanation="For the whole cluster, at once, without a restart. Afterwards the setting"
            f" is read back. It was {level_words(report.settings.level)}.",
            sql=(set_level(change.level),),
            subject=LEVEL,
            params={"expected": str(change.level)},
        )
    if change.interval is not None:
        before = report.settings.interval or "not known"
        yield Step(
            id="interval",
            kind=StepKind.SQL,
            title=f"Set the checkpoint interval to {change.interval}",
            explanation=f"For the whole cluster. Afterwards it is read back. It was {before}.",
            sql=(set_interval(change.interval),),
            subject=INTERVAL,
            params={"expected_seconds": duration_seconds(change.interval)},
        )


# -- findings -------------------------------------------------------------------------------------


def _findings(
    change: WalChange, report: WalReport, facts: ServerFacts, read_only: bool
) -> Iterator[Finding]:
    yield from _refusals(change, report, facts, read_only)
    if change.level is not None:
        yield from _level_findings(change.level, report)
    if change.interval is not None:
        yield from _interval_findings(change.interval, report)
    if change.level is not None or change.interval is not None:
        yield Finding(
            Severity.INFO,
            "whole_cluster",
            "",
            f"It counts for the whole cluster ({plural(len(facts.nodes) or 1, 'node')}).",
            _way_back(change, report),
        )


def _way_back(change: WalChange, report: WalReport) -> str:
    words = []
    if change.level is not None and report.settings.level is not None:
        words += ["--level", str(report.settings.level)]
    if change.interval is not None and report.settings.interval:
        words += ["--interval", report.settings.interval]
    return f"To undo: kwtui wal set {' '.join(words)}" if words else ""


def _refusals(
    change: WalChange, report: WalReport, facts: ServerFacts, read_only: bool
) -> Iterator[Finding]:
    settings = report.settings

    def refuse(code: str, message: str, remedy: str = "") -> Finding:
        return Finding(Severity.REFUSAL, code, "", message, remedy)

    if change.level is None and change.interval is None:
        yield refuse("nothing_asked", "Neither a level nor an interval was given.",
                     "Give --level or --interval.")  # fmt: skip
    if read_only:
        yield refuse("read_only", "The profile of this server is read-only.")
    if not facts.is_admin:
        yield refuse("admin_required", "Only the admin role may change cluster settings.",
                     f"GRANT admin TO {facts.user}")  # fmt: skip
    elif not settings.has_settings:
        yield refuse("no_setting", "This server has no such setting: it came with version 3.0.")
    if change.level is None:
        return
    if change.level not in LEVELS:
        yield refuse("unknown_level", f"There is no WAL level {change.level}; KWDB would store "
                                      "it anyway.", "Choose 0, 1, 2 or 3.")  # fmt: skip
    elif change.level == settings.level and change.interval is None:
        yield refuse("no_change", f"The level is {level_words(change.level)} already.")
    if change.level in (0, 3) and settings.atomicity:
        yield refuse("atomicity", f"KWDB refuses level {change.level} while"
                     " ts.txn.atomicity.enabled is on.",
                     "Keep 1 or 2, or switch atomic transactions off first.")  # fmt: skip


def _level_findings(level: int, report: WalReport) -> Iterator[Finding]:
    before = report.settings.level

    def warn(code: str, message: str, remedy: str = "") -> Finding:
        return Finding(Severity.WARNING, code, LEVEL, message, remedy)

    if level == 0:
        yield warn(
            "wal_off",
            "From then on time-series rows are only in memory until they are flushed: if the "
            "node stops in any way, they are lost although they were confirmed.",
            "Only for loading data that can be loaded again. Back up right after it.",
        )
    if level == 2 and before == 1:
        yield warn(
            "less_safe",
            "A power failure or a crash of the machine can then lose confirmed rows of the last"
            " seconds. The end of the process alone loses nothing.",
        )
    if level == 3:
        yield warn(
            "raft_only",
            "Rows are then only as safe as the raft log; on a single node that is one copy.",
        )
    if level == 1 and before != 1:
        yield warn(
            "slower",
            "Every write then waits for the disk. Writes get slower, on slow disks much slower.",
            "Watch the write rate afterwards.",
        )
    if level in (0, 3) and before in (1, 2):
        size = human_bytes(report.files.logged_bytes) if report.files is not None else "unknown"
        yield warn(
            "blocks",
            "The switch makes a checkpoint first, and writes stall until it is done. To be "
            f"flushed on this node: {size}.",
            "Choose a quiet moment.",
        )


def _interval_findings(interval: str, report: WalReport) -> Iterator[Finding]:
    seconds = duration_seconds(interval)
    before = report.settings.interval_seconds
    if seconds is None:
        return
    if not SHORTEST <= seconds <= LONGEST:
        yield Finding(
            Severity.REFUSAL, "interval_range", INTERVAL,
            f"{interval} is not a valid checkpoint interval.",
            f"Choose between {SHORTEST:g}s and {LONGEST / 3600:g}h.",
        )  # fmt: skip
    elif before is not None and seconds > before:
        yield Finding(
            Severity.WARNING, "longer_interval", INTERVAL,
            f"Up to {seconds / before:.1f} times as much is replayed after a crash, and that "
            "much is lost if the node cannot use its WAL. The WAL files grow as much.",
        )  # fmt: skip
    elif before is not None and seconds < before:
        yield Finding(
            Severity.WARNING, "shorter_interval", INTERVAL,
            f"Checkpoints come {before / seconds:.1f} times as often and write to the disk each"
            " time.",
        )  # fmt: skip

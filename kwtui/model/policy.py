"""What is backed up when, how it is proven and how long it is kept, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.retention import RetentionPolicy


class NewDatabases(StrEnum):
    """What becomes of a database that matches and has no backup yet."""

    INCLUDE = "include"
    REPORT = "report"
    """It is named as not backed up, and the policy ends as failed, until somebody decides."""


class Missed(StrEnum):
    """What becomes of a run whose time passed while the machine was off."""

    RUN = "run"
    SKIP = "skip"


class NoticeOn(StrEnum):
    FAILURE = "failure"
    RECOVERY = "recovery"
    OVERDUE = "overdue"
    SUCCESS = "success"


@dataclass(frozen=True)
class PolicySchedule:
    """When the policy runs; in one of the two languages."""

    on_calendar: str = ""
    """As systemd's OnCalendar, without a zone."""
    cron: str = ""
    """Five fields."""
    time_zone: str = "UTC"
    """``UTC`` or ``local``."""
    missed: Missed = Missed.RUN
    jitter: timedelta = timedelta(minutes=5)
    """The longest that systemd delays a run, so that not all hosts begin at once."""


@dataclass(frozen=True)
class PolicyProof:
    """How backups are proven after they were made, and what is promised."""

    verify_every: timedelta | None = None
    drill_every: timedelta | None = None
    drill_on: str = "server"
    """``server`` or ``sandbox``."""
    max_age: timedelta = timedelta(hours=26)
    min_proof: ProofLevel = ProofLevel.P2


@dataclass(frozen=True)
class PolicyNotice:
    """Who is told. ``command`` gets JSON on its standard input."""

    on: tuple[NoticeOn, ...] = (NoticeOn.FAILURE, NoticeOn.RECOVERY, NoticeOn.OVERDUE)
    command: tuple[str, ...] = ()
    webhook: str = ""
    template: str = "generic"
    """The form of the webhook's body: generic, slack, dingtalk, feishu or wecom."""
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp: str = ""
    """``host:port``; without one, sendmail is used."""


@dataclass(frozen=True)
class PolicyLimits:
    window: str = ""
    """``22:00-06:00`` in the schedule's zone: nothing begins outside it."""
    max_queries: int | None = None
    """Nothing begins while more statements than this run on the cluster."""


@dataclass(frozen=True)
class Policy:
    """One policy; ``name`` is that of its file."""

    name: str
    databases: tuple[str, ...]
    """Patterns as a shell's: ``*``, ``shop``, ``plant_*``."""
    exclude: tuple[str, ...] = ()
    new_databases: NewDatabases = NewDatabases.INCLUDE
    profile: str = ""
    """The server; empty: the one that the command names."""
    method: BackupMethod = BackupMethod.SNAPSHOT
    prefix: str = "kwtui"
    node: int | None = None
    parallel: int = 2
    at_once: int = 1
    """How many databases are backed up at the same time."""
    label: str = ""
    with_users: bool = False
    with_settings: bool = False
    schedule: PolicySchedule = field(default_factory=PolicySchedule)
    proof: PolicyProof = field(default_factory=PolicyProof)
    retention: RetentionPolicy | None = None
    notice: PolicyNotice = field(default_factory=PolicyNotice)
    limits: PolicyLimits = field(default_factory=PolicyLimits)

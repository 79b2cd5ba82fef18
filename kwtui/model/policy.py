"""What is backed up when, how it is proven and how long it is kept, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from kwtui.model.checks import CheckLevel
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import ANEW_AFTER, BackupMethod, Incremental
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


class Overlap(StrEnum):
    """What becomes of a run that begins while the one before it still works."""

    SKIP = "skip"
    WAIT = "wait"
    """It begins once the other ended; one at most waits, a third is left out."""


class NoticeOn(StrEnum):
    FAILURE = "failure"
    RECOVERY = "recovery"
    OVERDUE = "overdue"
    PROOF = "proof"
    """No backup is proven, or the last drill or check is older than promised."""
    SPACE = "space"
    """The disk will be full soon."""
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
    overlap: Overlap = Overlap.SKIP
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

    on: tuple[NoticeOn, ...] = (
        NoticeOn.FAILURE,
        NoticeOn.RECOVERY,
        NoticeOn.OVERDUE,
        NoticeOn.PROOF,
        NoticeOn.SPACE,
    )
    command: tuple[str, ...] = ()
    webhook: str = ""
    template: str = "generic"
    """The form of the webhook's body: generic, slack, dingtalk, feishu or wecom."""
    webhook_secret_command: str = ""
    """Prints the secret that DingTalk's and Feishu's robots want signed; run without a shell."""
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp: str = ""
    """``host:port``; without one, sendmail is used."""
    smtp_user: str = ""
    smtp_password_command: str = ""
    """Prints the password; run without a shell."""
    apprise: tuple[str, ...] = ()
    """Addresses of the library apprise."""
    ping: str = ""
    """Asked for when a run begins (``/start``), succeeds and fails (``/fail``): whoever watches it
    notices when the host is gone."""
    repeat: timedelta = timedelta(days=1)
    """The same trouble is told again after this time."""
    per_hour: int = 6
    """More notices than this are held back, whatever they say."""

    @property
    def tells_somebody(self) -> bool:
        return bool(self.command or self.webhook or self.mail_to or self.apprise)


@dataclass(frozen=True)
class PolicyLimits:
    """What spares the server and the machine. A node's EXPORT itself cannot be slowed down."""

    window: str = ""
    """``22:00-06:00`` in the schedule's zone: nothing begins outside it."""
    max_queries: int | None = None
    """Statements of others; with more than this at work the server is under stress."""
    max_answer: timedelta | None = None
    """The longest that the server may take for a plain question."""
    wait: timedelta = timedelta(0)
    """How long a run waits for the server to come to rest before it gives up."""
    stop: bool = False
    """What is at work is cancelled too once the server is under stress."""
    cpu_share: int | None = None
    """Percent of this machine's CPUs that reading and hashing may use."""
    rate: int | None = None
    """Bytes a second that kwtui reads at most: files that it hashes, checks, compares or sends, and
    copies that it reads back."""
    low_priority: bool = True
    """Everybody else on this machine comes first, for CPU and disk."""
    max_space: int | None = None
    """Bytes that all backups together may take: none begins that would pass it."""


@dataclass(frozen=True)
class PolicyOffsite:
    """Where each new set is sent once it is proven."""

    target: str
    """A saved target, or a URL."""
    level: int = 1
    """How far the copy is proven at once: O1 or O2."""


@dataclass(frozen=True)
class Policy:
    """One policy; ``name`` is that of its file."""

    name: str
    databases: tuple[str, ...]
    """Patterns: ``*``, ``shop``, ``plant_*`` (`kwtui.model.database_patterns`)."""
    exclude: tuple[str, ...] = ()
    new_databases: NewDatabases = NewDatabases.INCLUDE
    profile: str = ""
    """The server; empty: the one that the command names."""
    method: BackupMethod = BackupMethod.SNAPSHOT
    incremental: Incremental = Incremental.AUTO
    anew_after: int = ANEW_AFTER
    check: CheckLevel | None = None
    """How much of the content is compared; None: what costs little for the engine."""
    prefix: str = "kwtui"
    node: int | None = None
    """Whose extern receives the files; None: the node of the profile."""
    unseen: bool = False
    """The files cannot be seen from here: sets stay at P0 until they are sealed on their node."""
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
    offsite: PolicyOffsite | None = None

"""Policies: one TOML file each, in ``policies`` beside the profiles.

A file is read strictly: what is wrong is told with file, line and reason, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kwtui.config.directories import config_dir
from kwtui.config.policy_table import PolicyTable, line_of
from kwtui.config.retention import LEVELS, check_policy
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import check_format, nearest, parse_toml, read_toml_text, unusable
from kwtui.files.trusted import check_trusted
from kwtui.model.checks import CheckLevel
from kwtui.model.labels import label_problem
from kwtui.model.policy import (
    Missed,
    NewDatabases,
    NoticeOn,
    Overlap,
    Policy,
    PolicyLimits,
    PolicyNotice,
    PolicyOffsite,
    PolicyProof,
    PolicySchedule,
)
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import ANEW_AFTER, BackupMethod, Incremental
from kwtui.model.retention import RetentionPolicy

TEMPLATES = ("generic", "slack", "dingtalk", "feishu", "wecom")
SIGNED = ("dingtalk", "feishu")
"""Whose robots may want a signature."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_NOTIFY_KEYS = (
    "on",
    "command",
    "webhook",
    "template",
    "mail_to",
    "mail_from",
    "smtp",
    "smtp_user",
    "smtp_password_command",
    "webhook_secret_command",
    "apprise",
    "ping",
    "repeat",
    "per_hour",
)
_LIMIT_KEYS = (
    "window",
    "max_queries",
    "max_answer",
    "wait",
    "stop",
    "cpu_share",
    "rate",
    "low_priority",
    "max_space",
)
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_BACKUP_KEYS = (
    "method",
    "incremental",
    "anew_after",
    "check",
    "prefix",
    "node",
    "unseen",
    "parallel",
    "at_once",
    "label",
    "with_users",
    "with_settings",
)


def policies_folder() -> Path:
    return config_dir() / "policies"


def policy_path(name: str) -> Path:
    """Raises KwtuiError (USAGE) for what cannot be the name of a policy."""
    if not _NAME.fullmatch(name):
        raise KwtuiError(
            f"{name!r} is not a valid policy name.",
            hint="Use letters, digits, dots, dashes and underscores; at most 63.",
            exit_code=ExitCode.USAGE,
        )
    return policies_folder() / f"{name}.toml"


def policy_names() -> list[str]:
    """Of all files, readable or not, in alphabetical order."""
    try:
        found = [path.stem for path in policies_folder().glob("*.toml")]
    except OSError as error:
        raise unusable(policies_folder(), f"it cannot be read: {error.strerror}") from error
    return sorted(name for name in found if _NAME.fullmatch(name))


def load_policy(name: str) -> Policy:
    """Raises KwtuiError: NOT_FOUND, or USAGE with file, line and reason."""
    path = policy_path(name)
    if not path.exists():
        known = policy_names()
        hint = nearest(name, known) or (f"Known: {', '.join(known)}." if known else "")
        raise KwtuiError(
            f"The policy {name!r} was not found.",
            cause=f"Looked for {path}.",
            hint=hint or f"Create it: kwtui policy add {name}",
            exit_code=ExitCode.NOT_FOUND,
        )
    return read_policy(path)


def read_policy(path: Path) -> Policy:
    """A policy from any file. Raises KwtuiError (USAGE) with file, line and reason; also for one
    that has commands and that another account may have written."""
    policy = parse_policy(read_toml_text(path), path)
    notice = policy.notice
    if notice.command or notice.smtp_password_command or notice.webhook_secret_command:
        check_trusted(path)
    return policy


def parse_policy(text: str, path: Path) -> Policy:
    """The policy that the text says, as if it stood in this file. Raises as `read_policy`."""
    document = parse_toml(text, path)
    check_format(document, path)
    document.pop("format", None)
    return _Reader(path, text, document).policy()


def _label(backup: PolicyTable) -> str:
    label: str = backup.take("label", str, "")
    problem = label_problem(label)
    if problem:
        raise backup.wrong("label", problem.rstrip("."))
    return label


class _Reader:
    def __init__(self, path: Path, text: str, document: Mapping[str, Any]) -> None:
        self._path = path
        self._text = text
        self._document = dict(document)

    def policy(self) -> Policy:
        tables = {
            name: self._table(name)
            for name in ("backup", "schedule", "proof", "retention", "notify", "limits", "offsite")
        }
        top = PolicyTable(self.wrong, "", self._document)
        databases = top.texts("databases", ())
        if not databases:
            raise self.wrong("", "databases", 'databases must name them, as in ["*"]')
        backup = tables["backup"] or PolicyTable(self.wrong, "backup", {})
        policy = Policy(
            name=self._path.stem,
            databases=databases,
            exclude=top.texts("exclude", ()),
            new_databases=top.choice("new_databases", NewDatabases, NewDatabases.INCLUDE),
            profile=top.take("profile", str, ""),
            method=backup.choice("method", BackupMethod, BackupMethod.SNAPSHOT),
            incremental=backup.choice("incremental", Incremental, Incremental.AUTO),
            anew_after=backup.positive("anew_after", ANEW_AFTER) or ANEW_AFTER,
            check=backup.choice("check", CheckLevel, None),
            prefix=backup.take("prefix", str, "kwtui"),
            node=backup.positive("node", None),
            unseen=backup.take("unseen", bool, False),
            parallel=backup.positive("parallel", 2) or 2,
            at_once=backup.positive("at_once", 1) or 1,
            label=_label(backup),
            with_users=backup.take("with_users", bool, False),
            with_settings=backup.take("with_settings", bool, False),
            schedule=self._schedule(tables["schedule"]),
            proof=self._proof(tables["proof"]),
            retention=self._retention(tables["retention"]),
            notice=self._notice(tables["notify"]),
            limits=self._limits(tables["limits"]),
            offsite=self._offsite(tables["offsite"]),
        )
        backup.end(_BACKUP_KEYS)
        top.end(("databases", "exclude", "new_databases", "profile", "backup", "schedule"))
        return policy

    def _table(self, name: str) -> PolicyTable | None:
        value = self._document.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.wrong("", name, f"{name} must be a table, as in [{name}]")
        return PolicyTable(self.wrong, name, dict(value))

    def _schedule(self, table: PolicyTable | None) -> PolicySchedule:
        if table is None:
            return PolicySchedule()
        cron = table.take("cron", str, "")
        schedule = PolicySchedule(
            on_calendar=table.take("on_calendar", str, ""),
            cron=cron,
            time_zone=table.take("time_zone", str, "local" if cron else "UTC"),
            missed=table.choice("missed", Missed, Missed.RUN),
            overlap=table.choice("overlap", Overlap, Overlap.SKIP),
            jitter=table.span("jitter", PolicySchedule.jitter) or PolicySchedule.jitter,
        )
        table.end(("on_calendar", "cron", "time_zone", "missed", "overlap", "jitter"))
        if bool(schedule.on_calendar) == bool(schedule.cron):
            raise self.wrong("schedule", "cron", "give either on_calendar or cron")
        if schedule.time_zone not in ("UTC", "local"):
            raise table.wrong("time_zone", f'must be "UTC" or "local", not {schedule.time_zone!r}')
        if cron and schedule.time_zone != "local":
            raise table.wrong("time_zone", 'must be "local": cron supports no other')
        for key in ("on_calendar", "cron"):
            # It becomes a line of a unit or of a crontab: a line end would begin another one.
            if not str(getattr(schedule, key)).isprintable():
                raise table.wrong(key, "holds a line break or another control character")
        return schedule

    def _proof(self, table: PolicyTable | None) -> PolicyProof:
        if table is None:
            return PolicyProof()
        proof = PolicyProof(
            verify_every=table.span("verify_every", None),
            drill_every=table.span("drill_every", None),
            drill_on=table.take("drill_on", str, "server"),
            max_age=table.span("max_age", PolicyProof.max_age) or PolicyProof.max_age,
            min_proof=self._level(table),
        )
        table.end(("verify_every", "drill_every", "drill_on", "max_age", "min_proof"))
        if proof.drill_on not in ("server", "sandbox"):
            raise table.wrong("drill_on", f'must be "server" or "sandbox", not {proof.drill_on!r}')
        return proof

    def _level(self, table: PolicyTable) -> ProofLevel:
        level = table.take("min_proof", str, "P2")
        if level not in LEVELS:
            raise table.wrong("min_proof", f"must be one of {', '.join(LEVELS)}, not {level!r}")
        return LEVELS[level]

    def _retention(self, table: PolicyTable | None) -> RetentionPolicy | None:
        if table is None:
            return None
        names = ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly")
        counts = {name: table.take(name, int, 0) for name in names}
        retention = RetentionPolicy(**counts, min_proof=self._level(table))
        table.end((*names, "min_proof"))
        try:
            check_policy(retention)
        except KwtuiError as error:
            raise self.wrong("retention", "", error.title.rstrip("."), error.hint) from error
        return retention

    def _notice(self, table: PolicyTable | None) -> PolicyNotice:
        if table is None:
            return PolicyNotice()
        events = table.texts("on", tuple(event.value for event in PolicyNotice().on))
        unknown = [event for event in events if event not in set(NoticeOn)]
        if unknown:
            allowed = ", ".join(event.value for event in NoticeOn)
            raise table.wrong("on", f"can hold {allowed}, not {unknown[0]!r}")
        notice = PolicyNotice(
            on=tuple(NoticeOn(event) for event in events),
            command=table.texts("command", ()),
            webhook=table.take("webhook", str, ""),
            template=table.take("template", str, "generic"),
            webhook_secret_command=table.take("webhook_secret_command", str, ""),
            mail_to=table.texts("mail_to", ()),
            mail_from=table.take("mail_from", str, ""),
            smtp=table.take("smtp", str, ""),
            smtp_user=table.take("smtp_user", str, ""),
            smtp_password_command=table.take("smtp_password_command", str, ""),
            apprise=table.texts("apprise", ()),
            ping=table.take("ping", str, ""),
            repeat=table.span("repeat", PolicyNotice.repeat) or PolicyNotice.repeat,
            per_hour=table.positive("per_hour", PolicyNotice.per_hour) or PolicyNotice.per_hour,
        )
        table.end(_NOTIFY_KEYS)
        for key, address in (("webhook", notice.webhook), ("ping", notice.ping)):
            if address and not address.startswith(("https://", "http://")):
                raise table.wrong(key, "must be an http or https address")
        if notice.template not in TEMPLATES:
            allowed = ", ".join(TEMPLATES)
            raise table.wrong("template", f"must be one of {allowed}, not {notice.template!r}")
        if notice.webhook_secret_command and notice.template not in SIGNED:
            robots = " or ".join(SIGNED)
            raise table.wrong("webhook_secret_command", f"needs the template {robots}")
        if notice.mail_to and not notice.mail_from:
            raise table.wrong("mail_from", "is needed beside mail_to")
        if bool(notice.smtp_user) != bool(notice.smtp_password_command):
            raise table.wrong("smtp_user", "and smtp_password_command need each other")
        return notice

    def _limits(self, table: PolicyTable | None) -> PolicyLimits:
        if table is None:
            return PolicyLimits()
        limits = PolicyLimits(
            window=table.take("window", str, ""),
            max_queries=table.positive("max_queries", None),
            max_answer=table.span("max_answer", None),
            wait=table.span("wait", PolicyLimits.wait) or PolicyLimits.wait,
            stop=table.take("stop", bool, False),
            cpu_share=table.positive("cpu_share", None),
            rate=table.size("rate"),
            low_priority=table.take("low_priority", bool, True),
            max_space=table.size("max_space"),
        )
        table.end(_LIMIT_KEYS)
        if limits.window and not _WINDOW.fullmatch(limits.window):
            raise table.wrong("window", f'must be as "22:00-06:00", not {limits.window!r}')
        if limits.cpu_share is not None and limits.cpu_share > 100:
            raise table.wrong("cpu_share", f"must be percent, at most 100, not {limits.cpu_share}")
        if limits.stop and limits.max_queries is None and limits.max_answer is None:
            raise table.wrong("stop", "needs max_queries or max_answer: what stress is")
        return limits

    def _offsite(self, table: PolicyTable | None) -> PolicyOffsite | None:
        if table is None:
            return None
        level = table.take("level", str, "O1")
        target = table.take("target", str, "")
        table.end(("target", "level"))
        if level not in ("O1", "O2"):
            raise table.wrong("level", f"must be O1 or O2, not {level!r}")
        if not target:
            raise table.wrong("target", 'must name one, as in "vault"')
        return PolicyOffsite(target, int(level[1:]))

    def wrong(self, table: str, key: str, problem: str, hint: str = "") -> KwtuiError:
        line = line_of(self._text, table, key)
        place = f"in [{table}]" if table else "at the top"
        where = f"line {line} {place}" if line and table else f"line {line}" if line else place
        return unusable(self._path, f"{where}: {problem}", hint=hint)

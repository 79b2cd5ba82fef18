"""The texts of timers: systemd units and lines of a crontab. Pure.

Two timers belong to a policy: one runs it, the other looks every hour whether it ran, and tells if
it did not. The second fires even where the first one never does.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.policy import Missed, Policy

MARK = "kwtui policy"
_RUN, _WATCH = "", "-watch"


@dataclass(frozen=True)
class Unit:
    """A file of systemd."""

    name: str
    text: str


@dataclass(frozen=True)
class Account:
    """Who runs it, and where what it needs is found."""

    user: str
    program: tuple[str, ...]
    """The words that start kwtui, absolute."""
    config: str
    state: str
    system: bool = True
    """A system unit with User=; otherwise one of the user's own manager."""


_RUN_WORDS = "Run the backup policy {}"
_WATCH_WORDS = "Check whether the backup policy {} keeps its promise"
_OF_A_POLICY = re.compile(
    r"(?m)^Description=(?:Run the backup policy (?P<run>.+)"
    r"|Check whether the backup policy (?P<watch>.+) keeps its promise)$"
)


def policy_of_timer(text: str) -> str:
    """The policy that a timer's file belongs to; empty for a timer of something else."""
    found = _OF_A_POLICY.search(text)
    return (found["run"] or found["watch"]) if found else ""


def unit_names(policy: str) -> tuple[str, ...]:
    """All files that belong to a policy, timers first."""
    return tuple(
        f"kwtui-{policy}{part}.{kind}" for kind in ("timer", "service") for part in (_RUN, _WATCH)
    )


def units(policy: Policy, account: Account) -> tuple[Unit, ...]:
    """Services and timers, as `systemd-analyze verify` takes them.

    Raises KwtuiError (USAGE) for a word that would end its line.
    """
    _check_lines(policy, account)
    zone = " UTC" if policy.schedule.time_zone == "UTC" else ""
    name = policy.name
    return (
        Unit(f"kwtui-{name}.service", _service(policy, account, ("policy", "run", name))),
        Unit(
            f"kwtui-{name}.timer",
            _timer(
                _RUN_WORDS.format(name),
                f"{policy.schedule.on_calendar}{zone}",
                persistent=policy.schedule.missed is Missed.RUN,
                jitter=int(policy.schedule.jitter.total_seconds()),
            ),
        ),
        Unit(
            f"kwtui-{name}-watch.service",
            _service(policy, account, ("policy", "watch", name)),
        ),
        Unit(
            f"kwtui-{name}-watch.timer",
            _timer(
                _WATCH_WORDS.format(name),
                "hourly",
                persistent=True,
                jitter=300,
            ),
        ),
    )


def _service(policy: Policy, account: Account, words: tuple[str, ...]) -> str:
    command = " ".join(_unit_word(word, expands=True) for word in (*account.program, *words))
    user = f"User={account.user}\n" if account.system else ""
    return f"""\
# Made by kwtui schedule install; changes are lost when it is installed again.
[Unit]
Description=kwtui {" ".join(words)}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
{user}ExecStart={command}
Environment={_unit_word(f"KWTUI_CONFIG_DIR={account.config}")}
Environment={_unit_word(f"KWTUI_STATE_DIR={account.state}")}
KillMode=mixed
TimeoutStopSec=5min
Nice=10
IOSchedulingClass=idle
NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
"""


def _timer(words: str, calendar: str, *, persistent: bool, jitter: int) -> str:
    return f"""\
# Made by kwtui schedule install; changes are lost when it is installed again.
[Unit]
Description={words}

[Timer]
OnCalendar={calendar}
Persistent={"true" if persistent else "false"}
RandomizedDelaySec={jitter}

[Install]
WantedBy=timers.target
"""


def _check_lines(policy: Policy, account: Account) -> None:
    """What a line end in a path or name would begin is a line of its own, which root obeys."""
    schedule = policy.schedule
    words = (policy.name, schedule.on_calendar, schedule.cron, account.user, account.config)
    for word in (*words, account.state, *account.program):
        if not word.isprintable():
            raise KwtuiError(
                f"{word!r} is not allowed in a timer: it holds a control character.",
                hint="Rename it.",
                exit_code=ExitCode.USAGE,
            )


def _unit_word(word: str, *, expands: bool = False) -> str:
    """One word of a unit file: a percent sign and quotes mean something there, and in a command
    (``expands``) a dollar sign."""
    escaped = word.replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"')
    escaped = escaped.replace("$", "$$") if expands else escaped
    return f'"{escaped}"' if re.search(r"[\s\"'\\]", word) else escaped


# -- cron ---------------------------------------------------------------------------------------


def with_cron_lines(crontab: str, policy: Policy, account: Account) -> str:
    """The crontab with this policy's lines between their marks, all else untouched.

    Raises KwtuiError (USAGE) for a word that would end its line.
    """
    _check_lines(policy, account)
    rest = without_cron_lines(crontab, policy.name)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return rest + "\n".join(_cron_block(policy, account)) + "\n"


def without_cron_lines(crontab: str, policy: str) -> str:
    """The crontab without this policy's lines."""
    begin, end = _marks(policy)
    kept, inside = [], False
    for line in crontab.splitlines(keepends=True):
        text = line.strip()
        if text == begin:
            inside = True
        elif text == end and inside:
            inside = False
        elif not inside:
            kept.append(line)
    return "".join(kept)


def policies_in(crontab: str) -> list[str]:
    """The policies that have lines there."""
    begin, _ = _marks("(.+)")
    return re.findall(f"(?m)^[ \\t]*{begin}[ \\t]*$", crontab)


def has_cron_lines(crontab: str, policy: str) -> bool:
    return _marks(policy)[0] in (line.strip() for line in crontab.splitlines())


def _marks(policy: str) -> tuple[str, str]:
    return f"# >>> {MARK} {policy} >>>", f"# <<< {MARK} {policy} <<<"


def _cron_block(policy: Policy, account: Account) -> list[str]:
    begin, end = _marks(policy.name)
    prefix = " ".join(
        [
            "env",
            shlex.quote(f"KWTUI_CONFIG_DIR={account.config}"),
            shlex.quote(f"KWTUI_STATE_DIR={account.state}"),
            *(shlex.quote(word) for word in account.program),
        ]
    )
    # A percent sign ends the command of a crontab line.
    run = f"{prefix} policy run {policy.name}".replace("%", r"\%")
    watch = f"{prefix} policy watch {policy.name}".replace("%", r"\%")
    lines = [
        f"{policy.schedule.cron} {run} >/dev/null",
        f"17 * * * * {watch} >/dev/null",
    ]
    if policy.schedule.missed is Missed.RUN:
        # Cron forgets what it slept through; systemd's Persistent= does not.
        lines.append(f"47 * * * * {run} --missed >/dev/null")
    return [begin, *lines, end]

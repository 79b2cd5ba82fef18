"""Putting timers where the host's engine looks for them, and seeing whether they are there."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kwtui.config.directories import config_dir, state_dir
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.own_program import starting_words
from kwtui.model.policy import Policy
from kwtui.text import one_text
from kwtui.unattended.timers import (
    Account,
    has_cron_lines,
    policies_in,
    policy_of_timer,
    unit_names,
    units,
    with_cron_lines,
    without_cron_lines,
)

SYSTEM_UNITS = Path("/etc/systemd/system")


@dataclass(frozen=True)
class Installed:
    """What fires a policy on this host."""

    kind: str
    """``systemd``, ``systemd --user``, ``cron`` or empty."""
    places: tuple[str, ...] = ()
    running: bool | None = None
    """Whether the timer is active; None where that cannot be asked."""
    words: str = ""


def account(*, system: bool, user: str = "") -> Account:
    """The account that timers run as, and the words that start kwtui in them."""
    name = user or getpass.getuser()
    return Account(name, starting_words(), str(config_dir()), str(state_dir()), system)


def install(policy: Policy, kind: str = "", user: str = "") -> Installed:
    """Write the timers of the kind that fits, and remove those of the others.

    ``kind`` is ``systemd`` or ``cron``; without one the schedule's language decides. Raises
    KwtuiError (USAGE) where the schedule does not fit the kind, or root alone may choose the
    ``user`` that it runs as.
    """
    schedule = policy.schedule
    edit, again = (f"kwtui {words} {policy.name}" for words in ("policy edit", "schedule install"))
    if not policy.profile:
        raise KwtuiError(
            f"The policy {policy.name} names no server: a timer needs one.",
            hint="1. Save the server: kwtui profiles add NAME --host HOST. "
            f'2. Write profile = "NAME" at the top of the policy: {edit}. '
            f"3. Again: {again}",
            exit_code=ExitCode.USAGE,
        )
    if user and (os.geteuid() != 0 or schedule.cron):
        raise KwtuiError(
            "Only root can install a policy for another account, and only with systemd.",
            hint=f"Run it as that account: sudo -u {user} kwtui schedule install {policy.name}",
            exit_code=ExitCode.USAGE,
        )
    if not schedule.on_calendar and not schedule.cron:
        raise KwtuiError(
            f"The policy {policy.name} has no schedule.",
            hint=f"1. Open the policy: {edit}. "
            '2. Below [schedule] write on_calendar = "*-*-* 01:15:00" for systemd, or '
            f'cron = "15 1 * * *" for cron. 3. Again: {again}',
            exit_code=ExitCode.USAGE,
        )
    fits = "systemd" if schedule.on_calendar else "cron"
    if kind and kind != fits:
        key = "cron" if kind == "cron" else "on_calendar"
        raise KwtuiError(
            f"The schedule of {policy.name} is written for {fits}.",
            hint=f"For {kind} write {key} below [schedule] ({edit}), then install it again.",
            exit_code=ExitCode.USAGE,
        )
    if fits == "cron":
        _remove_units(policy.name)
        _write_crontab(with_cron_lines(_crontab(), policy, account(system=True)))
        return status(policy.name)
    system = os.geteuid() == 0
    if not system and not _lingers():
        raise KwtuiError(
            f"The timers of {policy.name} would stop when you log out.",
            cause="Timers of a user need lingering, which is off for this account.",
            hint=f"1. Allow it: sudo loginctl enable-linger {getpass.getuser()}. "
            f"2. Again: {again}. Or install them as root, or write cron = below [schedule] "
            f"({edit}).",
        )
    folder = unit_folder(system=system)
    folder.mkdir(parents=True, exist_ok=True)
    for path, other in _timer_files(folder):
        if path.name in unit_names(policy.name) and other != policy.name:
            raise KwtuiError(
                f"The timers of {policy.name} would replace those of the policy {other}.",
                cause=f"{path} belongs to {other}.",
                hint="Give the policy another name.",
                exit_code=ExitCode.NAME_TAKEN,
            )
    for unit in units(policy, account(system=system, user=user)):
        (folder / unit.name).write_text(unit.text, "utf-8")
    _remove_cron(policy.name)
    _systemctl("daemon-reload", system=system)
    for part in ("", "-watch"):
        _systemctl("enable", "--now", f"kwtui-{policy.name}{part}.timer", system=system)
    return status(policy.name)


def status(policy: str) -> Installed:
    for system in (True, False):
        folder = unit_folder(system=system)
        found = [str(folder / name) for name in unit_names(policy) if (folder / name).exists()]
        if found:
            kind = "systemd" if system else "systemd --user"
            words = "" if system or _lingers() else _NO_LINGERING.format(account=getpass.getuser())
            active = _systemctl("is-active", f"kwtui-{policy}.timer", system=system)
            return Installed(kind, tuple(found), active, words)
    if has_cron_lines(_crontab(), policy):
        return Installed("cron", (f"crontab of {getpass.getuser()}",))
    return Installed("", words="No timer runs it on this host.")


def installed_policies() -> list[str]:
    """The policies that have timers of this host, or lines in this account's crontab, by name;
    also those whose files are gone."""
    found = set(policies_in(_crontab()))
    for system in (True, False):
        found.update(policy for _, policy in _timer_files(unit_folder(system=system)))
    return sorted(found)


def _timer_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each timer of kwtui in a folder, and the policy that it belongs to."""
    for path in sorted(folder.glob("kwtui-*.timer")):
        try:
            policy = policy_of_timer(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            # What cannot be read was not written by this account, nor for it.
            continue
        if policy:
            yield path, policy


def remove(policy: str) -> Installed:
    """Remove the timers of every kind; what there was."""
    before = status(policy)
    _remove_units(policy)
    _remove_cron(policy)
    return before


def unit_folder(*, system: bool) -> Path:
    if system:
        return Path(os.environ.get("KWTUI_SYSTEMD_DIR", str(SYSTEM_UNITS)))
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "systemd" / "user"


_NO_LINGERING = (
    "User timers stop when you log out: allow lingering (sudo loginctl enable-linger {account}), "
    "or install it as root."
)


def _lingers() -> bool:
    folder = os.environ.get("KWTUI_LINGER_DIR", "/var/lib/systemd/linger")
    return Path(folder, getpass.getuser()).exists()


def _remove_units(policy: str) -> None:
    for system in (True, False):
        folder = unit_folder(system=system)
        there = [folder / name for name in unit_names(policy) if (folder / name).exists()]
        if not there:
            continue
        for part in ("", "-watch"):
            _systemctl("disable", "--now", f"kwtui-{policy}{part}.timer", system=system)
        for path in there:
            path.unlink()
        _systemctl("daemon-reload", system=system)


def _systemctl(*words: str, system: bool) -> bool | None:
    """Whether it went well; None where no systemd runs here."""
    program = shutil.which("systemctl")
    if program is None or not Path("/run/systemd/system").exists():
        return None
    command = [program, *([] if system else ["--user"]), "--quiet", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode == 0


# -- cron ---------------------------------------------------------------------------------------


def _crontab() -> str:
    """This account's crontab; empty where there is none."""
    program = shutil.which("crontab")
    if program is None:
        return ""
    done = subprocess.run([program, "-l"], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout if done.returncode == 0 else ""


def _write_crontab(text: str) -> None:
    program = shutil.which("crontab")
    if program is None:
        raise KwtuiError(
            "There is no cron on this host: the program crontab was not found.",
            hint="Install cron, or write on_calendar in the policy's [schedule] for systemd.",
        )
    done = subprocess.run(  # noqa: S603
        [program, "-"], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise KwtuiError(
            "The crontab was rejected.",
            cause=one_text(done.stderr),
            hint="It is unchanged.",
        )


def _remove_cron(policy: str) -> None:
    text = _crontab()
    if has_cron_lines(text, policy):
        _write_crontab(without_cron_lines(text, policy))

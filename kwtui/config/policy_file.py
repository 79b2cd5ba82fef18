"""Making a policy's file: with comments that explain it, by tomlkit, so that they can stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.config.policies import parse_policy, policy_path
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import FORMAT, write_private
from kwtui.model.policy import Policy

if TYPE_CHECKING:
    from tomlkit.items import Table

_HEAD = "What kwtui backs up by itself. All keys are in `kwtui manual policies`."


@dataclass(frozen=True)
class PolicyDraft:
    """The answers that a new policy is made of; times as they are written in the file."""

    databases: Sequence[str] = ("*",)
    exclude: Sequence[str] = ()
    new_databases: str = "include"
    profile: str = ""
    check: str = ""
    """How much of the content is compared; empty: what costs little."""
    on_calendar: str = ""
    cron: str = ""
    """Wins over ``on_calendar``; without both: every night at 01:15 UTC."""
    time_zone: str = "UTC"
    missed: str = "run"
    drill_every: str = "7d"
    """Empty: never."""
    drill_on: str = "server"
    verify_every: str = "7d"
    max_age: str = "26h"
    keep: Mapping[str, int] = field(
        default_factory=lambda: {"keep_last": 3, "keep_daily": 7, "keep_weekly": 4}
    )
    """By the names of the retention's keys; empty: everything stays."""
    offsite: str = ""
    """A saved target or a URL; empty: backups stay where they are."""
    window: str = ""
    """As ``22:00-06:00``; empty: at any time."""
    command: Sequence[str] = ()
    webhook: str = ""
    template: str = "generic"
    mail_to: Sequence[str] = ()
    mail_from: str = ""
    smtp: str = ""
    ping: str = ""


def new_policy(name: str, text: str, check: Callable[[Policy], object] = bool) -> Path:
    """Write the file of a policy that is not there yet; its path.

    ``check`` raises for what stands in it and cannot be used. Raises KwtuiError: NAME_TAKEN, or
    USAGE for what the file may not hold (nothing is written then).
    """
    path = free_path(name)
    try:
        policy = parse_policy(text, path)
    except KwtuiError as error:
        raise KwtuiError(
            f"The policy {name} was not written: an option is invalid.",
            cause=error.cause,
            exit_code=ExitCode.USAGE,
        ) from error
    check(policy)
    write_private(path, text)
    return path


def free_path(name: str) -> Path:
    """Where a new policy is written. Raises KwtuiError: USAGE for what is no name, NAME_TAKEN."""
    path = policy_path(name)
    if path.exists():
        raise KwtuiError(
            f"A policy named {name!r} exists already.",
            hint=f"Change it: kwtui policy edit {name}",
            exit_code=ExitCode.NAME_TAKEN,
        )
    return path


def changed_keys(before: str, after: str) -> list[str]:
    """The keys whose values differ, as ``retention.keep_daily``, by name; both texts are TOML."""
    import tomllib

    old, new = (_values(tomllib.loads(text)) for text in (before, after))
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _values(table: Mapping[str, object], above: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in table.items():
        name = f"{above}{key}"
        found |= _values(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return found


def text_of(draft: PolicyDraft) -> str:
    """The file of a draft, with comments that explain it."""
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(_HEAD))
    document.add("format", tomlkit.item(FORMAT))
    document.add("databases", tomlkit.item(list(draft.databases)))
    document.add("exclude", tomlkit.item(list(draft.exclude)))
    document.add("new_databases", tomlkit.item(draft.new_databases))
    if draft.profile:
        document.add("profile", tomlkit.item(draft.profile))
    tables = {
        "backup": _table({"check": draft.check}),
        "schedule": _schedule(draft),
        "proof": _proof(draft),
        "retention": _table(draft.keep),
        "limits": _table({"window": draft.window}),
        "offsite": _table({"target": draft.offsite}),
    }
    for name, table in tables.items():
        if table:
            document.add(tomlkit.nl())
            document.add(name, table)
    document.add(tomlkit.nl())
    # Also where it is empty: it says how somebody is told.
    document.add("notify", _notify(draft))
    return tomlkit.dumps(document)


def _table(values: Mapping[str, object]) -> Table:
    """Without what is empty."""
    import tomlkit

    table = tomlkit.table()
    for key, value in values.items():
        if value:
            table.add(key, list(value) if isinstance(value, tuple | list) else value)
    return table


def _schedule(draft: PolicyDraft) -> Table:
    if draft.cron:
        return _table({"cron": draft.cron, "missed": draft.missed})
    return _table(
        {
            "on_calendar": draft.on_calendar or "*-*-* 01:15:00",
            "time_zone": draft.time_zone,
            "missed": draft.missed,
        }
    )


def _proof(draft: PolicyDraft) -> Table:
    import tomlkit

    table = tomlkit.table()
    table.add(tomlkit.comment("A drill restores the backup into a scratch database and drops it."))
    if draft.drill_every:
        table.add("drill_every", draft.drill_every)
        table.add("drill_on", draft.drill_on)
    if draft.verify_every:
        table.add("verify_every", draft.verify_every)
    table.add("max_age", draft.max_age)
    return table


def _notify(draft: PolicyDraft) -> Table:
    import tomlkit

    table = _table(
        {
            "command": tuple(draft.command),
            "webhook": draft.webhook,
            "template": draft.template if draft.webhook else "",
            "mail_to": tuple(draft.mail_to),
            "mail_from": draft.mail_from if draft.mail_to else "",
            "smtp": draft.smtp if draft.mail_to else "",
            "ping": draft.ping,
        }
    )
    if not table:
        table.add(tomlkit.comment("JSON comes on its standard input. Try it: kwtui notify test"))
        table.add(tomlkit.comment('command = ["/usr/local/bin/tell-the-dba"]'))
    return table


def replace_policy(name: str, text: str) -> None:
    """Put a text in the place of a policy's file.

    Raises KwtuiError (USAGE) for what is no policy; it is kept beside the file then.
    """
    path = policy_path(name)
    try:
        parse_policy(text, path)
    except KwtuiError as error:
        refused = path.with_name(f"{path.name}.refused")
        write_private(refused, text)
        error.hint = f"The policy is unchanged. What you wrote is kept in {refused}."
        raise
    write_private(path, text)


def policy_text(name: str) -> str:
    """The file as it is. Raises KwtuiError (NOT_FOUND, USAGE)."""
    path = policy_path(name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise KwtuiError(
            f"The policy {name!r} was not found.",
            cause=f"Looked for {path}.",
            hint="List the policies: kwtui policy",
            exit_code=ExitCode.NOT_FOUND,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KwtuiError(f"The file {path} cannot be read.", cause=str(error)) from error


def remove_policy(name: str) -> None:
    """Raises KwtuiError (NOT_FOUND)."""
    policy_text(name)
    policy_path(name).unlink()

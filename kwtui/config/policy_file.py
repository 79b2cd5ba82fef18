"""Making a policy's file: with comments that explain it, by tomlkit, so that they can stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kwtui.config.policies import parse_policy, policy_path
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import FORMAT, write_private
from kwtui.model.policy import Policy

_HEAD = "What kwtui backs up by itself. All keys are in `kwtui manual policies`."


def new_policy(
    name: str,
    databases: Sequence[str],
    *,
    profile: str = "",
    on_calendar: str = "",
    cron: str = "",
    drill_every: str = "",
    check: Callable[[Policy], object] = bool,
) -> Path:
    """Write the file of a policy that is not there yet; its path.

    ``check`` raises for what stands in it and cannot be used. Raises KwtuiError: NAME_TAKEN, or
    USAGE for what the file may not hold (nothing is written then).
    """
    path = policy_path(name)
    if path.exists():
        raise KwtuiError(
            f"There is a policy named {name!r} already.",
            hint=f"Change it: kwtui policy edit {name}",
            exit_code=ExitCode.NAME_TAKEN,
        )
    text = _text(databases, profile, on_calendar, cron, drill_every)
    try:
        policy = parse_policy(text, path)
    except KwtuiError as error:
        raise KwtuiError(
            f"The policy {name} was not written: an option cannot be used.",
            cause=error.cause,
            exit_code=ExitCode.USAGE,
        ) from error
    check(policy)
    write_private(path, text)
    return path


def _text(
    databases: Sequence[str], profile: str, on_calendar: str, cron: str, drill_every: str
) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(_HEAD))
    document.add("format", tomlkit.item(FORMAT))
    document.add("databases", tomlkit.item(list(databases)))
    document.add("exclude", tomlkit.array())
    if profile:
        document.add("profile", tomlkit.item(profile))
    schedule = tomlkit.table()
    if cron:
        schedule.add("cron", cron)
    else:
        schedule.add("on_calendar", on_calendar or "*-*-* 01:15:00")
        schedule.add("time_zone", "UTC")
    document.add("schedule", schedule)
    proof = tomlkit.table()
    proof.add(tomlkit.comment("A drill restores the backup into a scratch database and drops it."))
    proof.add("drill_every", drill_every or "7d")
    proof.add("verify_every", "7d")
    proof.add("max_age", "26h")
    document.add("proof", proof)
    retention = tomlkit.table()
    retention.add("keep_last", 3)
    retention.add("keep_daily", 7)
    retention.add("keep_weekly", 4)
    document.add("retention", retention)
    notify = tomlkit.table()
    notify.add(tomlkit.comment("JSON comes on its standard input. Try it: kwtui notify test"))
    notify.add(tomlkit.comment('command = ["/usr/local/bin/tell-the-dba"]'))
    document.add("notify", notify)
    return tomlkit.dumps(document)


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
        error.hint = f"The policy is as it was. What you wrote is kept in {refused}."
        raise
    write_private(path, text)


def policy_text(name: str) -> str:
    """The file as it is. Raises KwtuiError (NOT_FOUND, USAGE)."""
    path = policy_path(name)
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise KwtuiError(
            f"There is no policy named {name!r}.", exit_code=ExitCode.NOT_FOUND
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KwtuiError(f"The file {path} cannot be read.", cause=str(error)) from error


def remove_policy(name: str) -> None:
    """Raises KwtuiError (NOT_FOUND)."""
    policy_text(name)
    policy_path(name).unlink()

"""What commands share: which server, which folders, which password, how to read names."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.model.requests import Dialect
    from kwtui.model.schema import TableName
    from kwtui.server.connection.target import Target


async def connect(
    controller: Controller, args: argparse.Namespace, target: Target | None = None
) -> None:
    """Connect to the server that the options name, or to ``target``; ask for a missing password."""
    from kwtui.server.connection.failures import PasswordNeeded, PasswordRejected

    target = target or await target_of(args)
    named = args.dsn or args.profile or args.sandbox or target.profile or os.environ.get("PGHOST")
    try:
        await controller.connection.connect(target)
    except (PasswordNeeded, PasswordRejected):
        if not (sys.stdin.isatty() and sys.stderr.isatty()) or not target.may_send_password:
            raise
        await controller.connection.connect(target, _ask_password(target))
    except KwtuiError as error:
        if error.exit_code is ExitCode.SERVER_UNREACHABLE and not named:
            error.hint = "No server was named: use --profile NAME, --dsn URL, or --sandbox to try."
        raise


async def connect_as_run(controller: Controller, args: argparse.Namespace, run_id: str) -> None:
    """Connect to the server that the options name, else to the one that the run worked on."""
    if args.dsn or args.profile or args.sandbox:
        await connect(controller, args)
        return
    target = await controller.runs.target(run_id)
    if target is None:
        await find_files(controller, args)
        return
    if target.profile:
        # It may have been corrected since, and knows where the password comes from.
        args.profile = target.profile
        await connect(controller, args)
        return
    await connect(controller, args, _with_given_folders(target, args))


async def find_files(controller: Controller, args: argparse.Namespace) -> None:
    """Find the node's files, without a server where the options tell where they are."""
    if args.sandbox:
        target = await target_of(args)
        await _use(controller, target.extern, target.store, target.logs)
    elif args.extern or args.store or args.logs:
        await _use(controller, args.extern, args.store, args.logs)
    elif args.profile:
        target = await target_of(args)
        if target.extern or target.store or target.logs:
            await _use(controller, target.extern, target.store, target.logs)
        else:
            await connect(controller, args)
    elif args.dsn:
        await connect(controller, args)
    else:
        await _use(controller, None, None, None)


async def connect_or_find_files(controller: Controller, args: argparse.Namespace) -> str:
    """Ask the server if one is named and answers; else the files that options or the profile name.

    Why there is no server, if one was named; raises that where no folder is known either.
    """
    if not (args.dsn or args.profile or args.sandbox):
        await find_files(controller, args)
        return ""
    try:
        await connect(controller, args)
    except KwtuiError as error:
        if error.exit_code is ExitCode.USAGE or not (args.extern or args.store or args.profile):
            raise
        target = given_target(args)
        if not (target.extern or target.store):
            raise
        await _use(controller, target.extern, target.store, target.logs)
        return error.title
    return ""


async def target_of(args: argparse.Namespace) -> Target:
    """The target of --sandbox, --profile, --dsn or the environment, with given folders."""
    if not args.sandbox:
        return given_target(args)
    if args.dsn or args.profile:
        raise usage("--sandbox names a server itself; leave --dsn and --profile out.")
    from kwtui.server.sandbox_process import start_sandbox

    return _with_given_folders(await start_sandbox(), args)


def given_target(args: argparse.Namespace) -> Target:
    """The target of --profile, --dsn or the environment, with given folders."""
    from kwtui.server.connection.target import resolve_target

    target = resolve_target(dsn=args.dsn, profile=args.profile)
    if target.password is not None:
        raise KwtuiError(
            "--dsn holds a password, which every account of this machine can read there.",
            cause="The arguments of a process are public (ps), and the shell keeps them.",
            hint="Leave it out of the URL. Without one kwtui asks for it; or give it as "
            "PGPASSWORD, in a passfile (PGPASSFILE, ~/.pgpass) or by a profile's "
            "password_command. Change this password: it has been exposed.",
            exit_code=ExitCode.USAGE,
        )
    return _with_given_folders(target, args)


def _with_given_folders(target: Target, args: argparse.Namespace) -> Target:
    """Folders that were given count more than those of a profile."""
    return replace(
        target,
        extern=_absolute(args.extern) or target.extern,
        store=_absolute(args.store) or target.store,
        logs=_absolute(args.logs) or target.logs,
    )


def _absolute(text: str | None) -> str | None:
    path = path_of(text)
    return str(path) if path is not None else None


async def _use(
    controller: Controller, extern: str | None, store: str | None, logs: str | None
) -> None:
    await controller.folders.use(extern=path_of(extern), store=path_of(store), logs=path_of(logs))


def _ask_password(target: Target) -> str:
    import getpass

    try:
        return getpass.getpass(f"Password of {target.user} at {target.host}: ")
    except (EOFError, KeyboardInterrupt):
        raise KwtuiError("No password was given.", exit_code=ExitCode.CANCELLED) from None


def table_names(text: str | None) -> tuple[TableName, ...]:
    """``orders,archive.old,"a,b"`` as names. Raises KwtuiError (USAGE)."""
    from kwtui.model.table_names import parse_table_names

    try:
        return parse_table_names(text or "")
    except ValueError as error:
        raise usage(str(error)) from None


def dialect_of(args: argparse.Namespace) -> Dialect | None:
    """The dialect that options describe; None if none was given."""
    from kwtui.model.requests import Dialect

    given = {
        name: value
        for name in ("delimiter", "null_text", "charset")
        if (value := getattr(args, name)) is not None
    }
    if args.header:
        given["header"] = True
    return Dialect(**given) if given else None


def usage(title: str, hint: str = "") -> KwtuiError:
    """Without a hint, whoever runs the command adds where its help is."""
    return KwtuiError(title, hint=hint, exit_code=ExitCode.USAGE)


def set_of(path: str) -> str:
    """A set as people name it: relative to extern, with or without a slash at its end."""
    return path.strip().rstrip("/") or "."


def keep_counts(args: argparse.Namespace) -> dict[str, int]:
    """The rules of a retention that were given (``--keep-daily 7``), by its fields."""
    names = [f"keep_{each}" for each in ("last", "daily", "weekly", "monthly", "yearly")]
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def paths_of(texts: Iterable[str]) -> list[Path]:
    return [path for text in texts if (path := path_of(text)) is not None]


def path_of(text: str | None) -> Path | None:
    """A folder as a person wrote it; None for none."""
    return Path(text).expanduser().absolute() if text else None

"""Commands about files that only a node sees: run there over the system's ssh, reported here."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.there import failure_of, no_ssh, remote_line, ssh_command

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile

COMMANDS = frozenset({"list", "show", "verify", "seal", "logs"})
"""Those that need the node's files, and no server."""


def run_on_node(args: argparse.Namespace, words: Sequence[str]) -> int | None:
    """Run the command on its node; its exit code. None where it is to run here.

    Raises KwtuiError (SERVER_UNREACHABLE) where ssh does not get there.
    """
    profile = _profile(args)
    if profile is None or not profile.ssh:
        return None
    draft = _draft(args) if args.command == "seal" else None
    line = remote_line(profile, words, with_draft=draft is not None)
    try:
        done = subprocess.run(  # noqa: S603 - the person's own ssh, without a shell here
            ssh_command(profile, line, may_ask=sys.stdin.isatty()),
            input=draft,
            stdin=None if draft is not None else subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        raise no_ssh(profile) from error
    if (failure := failure_of(profile, done.returncode)) is not None:
        raise failure
    return done.returncode


def _profile(args: argparse.Namespace) -> Profile | None:
    """Only where a profile is all that says where the files are."""
    fetches = args.command == "offsite" and args.action == "fetch"
    if not (fetches or args.command in COMMANDS) or not args.profile:
        return None
    if args.sandbox or args.dsn or args.extern or args.store or args.logs:
        return None
    from kwtui.config.profiles import find_profile

    return find_profile(args.profile)


def _draft(args: argparse.Namespace) -> bytes | None:
    """What the run that made the set left here. Raises KwtuiError (NOT_FOUND)."""
    from kwtui.backups.layout.draft import draft_path
    from kwtui.config.directories import state_dir
    from kwtui.files.foreign.reading import read_regular

    file = Path(args.draft).expanduser() if args.draft else draft_path(state_dir(), args.set)
    try:
        return read_regular(file, _LARGEST)
    except FileNotFoundError:
        if not args.draft:
            # Perhaps the set was made on the node itself.
            return None
        raise KwtuiError(f"{file} was not found.", exit_code=ExitCode.NOT_FOUND) from None
    except OSError as error:
        raise KwtuiError(f"{file} cannot be read: {error.strerror}.") from error


_LARGEST = 256 << 20

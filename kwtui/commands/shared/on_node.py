"""Commands about files that only a node sees: run there over the system's ssh, reported here.

A profile says where: ``ssh = "user@node2"``, and ``kwtui_there`` if the program is not on that
account's PATH. The folders of the profile are then those of the node.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile

COMMANDS = frozenset({"list", "show", "verify", "seal", "logs"})
"""Those that need the node's files, and no server."""
_LOST = 255
"""What ssh ends with for errors of its own; kwtui never does."""

_NO_PROGRAM = (126, 127)
"""What a shell ends with where it cannot start a program."""


def run_on_node(args: argparse.Namespace, words: Sequence[str]) -> int | None:
    """Run the command on its node; its exit code. None where it is to run here.

    Raises KwtuiError (SERVER_UNREACHABLE) where ssh does not get there.
    """
    profile = _profile(args)
    if profile is None or not profile.ssh:
        return None
    draft = _draft(args) if args.command == "seal" else None
    command = ["ssh", *(() if sys.stdin.isatty() else ("-o", "BatchMode=yes")), "--", profile.ssh]
    line = remote_line(profile, words, with_draft=draft is not None)
    try:
        done = subprocess.run(  # noqa: S603 - the person's own ssh, without a shell here
            [*command, line],
            input=draft,
            stdin=None if draft is not None else subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError as error:
        raise KwtuiError(
            f"The profile {profile.name} names a node by ssh, and there is no ssh here.",
            hint="Install the OpenSSH client.",
            exit_code=ExitCode.SERVER_UNREACHABLE,
        ) from error
    if done.returncode == _LOST:
        raise KwtuiError(
            f"ssh does not get to {profile.ssh}, or lost it.",
            cause="Its own words stand above.",
            hint=f"Try it by itself: ssh {profile.ssh} kwtui --version",
            exit_code=ExitCode.SERVER_UNREACHABLE,
        )
    if done.returncode in _NO_PROGRAM:
        raise KwtuiError(
            f"kwtui does not start on {profile.ssh}.",
            hint=f"Install it there, or say in the profile {profile.name} where it is: "
            "kwtui_there.",
        )
    return done.returncode


def _profile(args: argparse.Namespace) -> Profile | None:
    """Only where a profile is all that says where the files are."""
    if args.command not in COMMANDS or not args.profile:
        return None
    if args.sandbox or args.dsn or args.extern or args.store or args.logs:
        return None
    from kwtui.config.profiles import find_profile

    return find_profile(args.profile)


def remote_line(profile: Profile, words: Sequence[str], *, with_draft: bool = False) -> str:
    """The command for the node's shell: without the profile, with the folders that it names."""
    kept = _without(words, ("--profile", *(("--draft",) if with_draft else ())))
    for option, folder in (
        ("--store", profile.store),
        ("--extern", profile.extern),
        ("--logs", profile.logs),
    ):
        kept += [option, folder] if folder else []
    program = profile.kwtui_there or "kwtui"
    if not with_draft:
        return shlex.join([program, *kept])
    # The draft comes on standard input; kwtui takes regular files only.
    run = shlex.join([program, *kept, "--draft"])
    return (
        f'umask 077; f=$(mktemp) && cat > "$f" && {run} "$f" < /dev/null; '
        'code=$?; rm -f "$f"; exit $code'
    )


def _without(words: Sequence[str], options: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in options:
            skip = True
        elif not word.startswith(tuple(f"{option}=" for option in options)):
            kept.append(word)
    return kept


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
        raise KwtuiError(f"{file} is not there.", exit_code=ExitCode.NOT_FOUND) from None
    except OSError as error:
        raise KwtuiError(f"{file} cannot be read: {error.strerror}.") from error


_LARGEST = 256 << 20

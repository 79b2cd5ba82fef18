"""kwtui on a node whose files are not seen here, over the system's ssh.

A profile says where: ``ssh = "user@node2"``, and ``kwtui_there`` if the program is not on that
account's PATH. The folders of the profile are then those of the node.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kwtui.config.profiles import Profile
from kwtui.errors import ExitCode, KwtuiError

LOST = 255
"""What ssh ends with for errors of its own; kwtui never does."""

_NO_PROGRAM = (126, 127)
"""What a shell ends with where it cannot start a program."""


def ssh_command(profile: Profile, line: str, *, may_ask: bool) -> list[str]:
    """The ssh of this machine with a line for the node's shell. ``may_ask``: on a terminal."""
    quiet = () if may_ask else ("-o", "BatchMode=yes")
    return ["ssh", *quiet, "--", str(profile.ssh), line]


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


def no_ssh(profile: Profile) -> KwtuiError:
    return KwtuiError(
        f"The profile {profile.name} names a node by ssh, but ssh was not found here.",
        hint="Install the OpenSSH client.",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )


def failure_of(profile: Profile, code: int, said: str = "") -> KwtuiError | None:
    """Why kwtui did not run there; None where it did, whatever it ended with.

    ``said`` are ssh's own words, where they were kept from the terminal.
    """
    if code == LOST:
        return KwtuiError(
            f"ssh cannot reach {profile.ssh}, or lost the connection.",
            cause=said or "Its own messages are above.",
            hint=f"Try it by itself: ssh {profile.ssh} kwtui --version",
            exit_code=ExitCode.SERVER_UNREACHABLE,
        )
    if code in _NO_PROGRAM:
        return KwtuiError(
            f"kwtui does not start on {profile.ssh}.",
            cause=said,
            hint=f"Install it there, or set its path in the profile {profile.name}: kwtui_there.",
        )
    return None

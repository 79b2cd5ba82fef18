"""Finding the password: given, PGPASSWORD, passfile, password command, prompt; in this order.

Nothing here writes, logs or repeats a secret, not even in an error: a command that fails may have
printed the password before.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import stat
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.target import Target
from kwtui.text import sentences

COMMAND_TIMEOUT = 60.0
"""Seconds; a password manager may ask its owner something first."""

Prompt = Callable[[Target], Awaitable[str | None]]


@dataclass(frozen=True)
class Secret:
    """A password and, in words, where it came from."""

    password: str
    source: str

    def __repr__(self) -> str:
        return f"Secret(source={self.source!r})"


async def find_password(
    target: Target,
    *,
    prompt: Prompt | None = None,
    environ: Mapping[str, str] | None = None,
) -> Secret | None:
    """The password for the target, or None where no source has one.

    ``prompt`` is asked last. Raises KwtuiError for a password command that fails and for a
    passfile of the target's own that cannot be read or that others can read; one that is only
    there by convention (PGPASSFILE, ``~/.pgpass``) is passed over then, as libpq does.
    """
    variables = os.environ if environ is None else environ
    if target.password:
        return Secret(target.password, "given")
    if variables.get("PGPASSWORD"):
        return Secret(variables["PGPASSWORD"], "PGPASSWORD")
    found = _from_passfile(target, variables)
    if found is not None:
        return found
    if target.password_command:
        return Secret(await run_password_command(target.password_command), "password command")
    if prompt is not None:
        answer = await prompt(target)
        if answer:
            return Secret(answer, "prompt")
    return None


def why_passfile_is_ignored(target: Target, *, environ: Mapping[str, str] | None = None) -> str:
    """Why the passfile that is there by convention is passed over; empty where it is not."""
    path = _passfile_of(target, os.environ if environ is None else environ)
    if path is None or not os.path.lexists(path):
        return ""
    try:
        _read_passfile(path, required=True)
    except KwtuiError as error:
        return f"The passfile was ignored. {sentences(*error.lines())}"
    return ""


def _from_passfile(target: Target, variables: Mapping[str, str]) -> Secret | None:
    path = _passfile_of(target, variables)
    if path is None:
        return None
    text = _read_passfile(path, required=bool(target.passfile))
    password = match_passfile(text, target) if text else None
    return Secret(password, f"passfile {path}") if password else None


def _passfile_of(target: Target, variables: Mapping[str, str]) -> Path | None:
    named = target.passfile or variables.get("PGPASSFILE")
    home = variables.get("HOME")
    if named:
        return Path(named).expanduser()
    return Path(home) / ".pgpass" if home else None


def _read_passfile(path: Path, *, required: bool) -> str | None:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _auth(f"The passfile {path} is not a plain file.", "Name a plain file.")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise _auth(
                f"The passfile {path} can be read by others.",
                f"Make it private first: chmod 600 {shlex.quote(str(path))}",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, KwtuiError) as error:
        if not required:
            return None
        if isinstance(error, KwtuiError):
            raise
        reason = error.strerror if isinstance(error, OSError) else "It is not UTF-8 text"
        raise _auth(
            f"The passfile {path} cannot be read.", "Check its path.", cause=f"{reason}."
        ) from error


def match_passfile(text: str, target: Target) -> str | None:
    """The password of the first line that fits.

    Lines are ``host:port:database:user:password``; ``*`` fits everything, ``\\:`` and ``\\\\``
    stand for a colon and a backslash, ``#`` starts a comment line, as PostgreSQL has it.
    """
    wanted = (target.host, str(target.port), target.database, target.user)
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        fields = _passfile_fields(line)
        if len(fields) >= 5 and all(
            have in ("*", want) for have, want in zip(fields, wanted, strict=False)
        ):
            return ":".join(fields[4:])
    return None


def _passfile_fields(line: str) -> list[str]:
    fields = [""]
    characters = iter(line)
    for char in characters:
        if char == "\\":
            fields[-1] += next(characters, "")
        elif char == ":" and len(fields) < 5:
            fields.append("")
        else:
            fields[-1] += char
    return fields


async def run_password_command(command: str) -> str:
    """The first line that the command prints.

    It is split as a shell would, but no shell runs it. Its output and its errors stay unread but
    for that line. Raises KwtuiError (AUTHENTICATION_FAILED).
    """
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise _auth("The password command cannot be read.", "Check its quotes.")
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise _auth(
            f"The password command {words[0]!r} cannot be started.",
            "Check password_command in the profile.",
            cause=f"{error.strerror}.",
        ) from error
    try:
        output, _ = await asyncio.wait_for(process.communicate(), COMMAND_TIMEOUT)
    except TimeoutError:
        raise _auth(
            f"The password command {words[0]!r} did not finish within {COMMAND_TIMEOUT:.0f} "
            "seconds.",
            "Run it in a terminal and see what it waits for.",
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _first_line(output, words[0], process.returncode or 0)


def _first_line(output: bytes, program: str, code: int) -> str:
    if code != 0:
        raise _auth(
            f"The password command {program!r} failed with exit code {code}.",
            "Run it in a terminal to see why; its output is not shown here, it may hold a secret.",
        )
    try:
        line = output.decode("utf-8").split("\n", 1)[0].removesuffix("\r")
    except UnicodeDecodeError:
        line = ""
    if not line:
        raise _auth(
            f"The password command {program!r} printed no password.",
            "It must print the password on its first line.",
        )
    return line


def _auth(title: str, hint: str, *, cause: str = "") -> KwtuiError:
    return KwtuiError(title, cause=cause, hint=hint, exit_code=ExitCode.AUTHENTICATION_FAILED)

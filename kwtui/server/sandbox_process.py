"""The sandbox from outside: it is a program of its own, started with ``python -m kwtui.sandbox``.

Nothing of it is imported; what crosses is its arguments, its exit status and one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.files.durable import PRIVATE_FOLDER, cannot_write, make_folders
from kwtui.files.own_program import own_environment, own_program
from kwtui.server.connection.target import Target, resolve_target

_SANDBOX_CODES = frozenset(code for code in ExitCode if code.name.startswith("SANDBOX_"))


def sandbox_command(arguments: Sequence[str]) -> list[str]:
    """To be run with `own_environment`."""
    return own_program("kwtui.sandbox", *arguments)


async def start_sandbox(arguments: Sequence[str] = ()) -> Target:
    """Start it unless it runs; the target to connect to, with its folders.

    Raises KwtuiError with an exit code of the sandbox (50 to 54).
    """
    process = await asyncio.create_subprocess_exec(
        *sandbox_command(["start", "--json", *arguments]),
        env=own_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise sandbox_failure(err.decode("utf-8", "replace"), process.returncode)
    return target_of(json.loads(out))


async def stop_sandbox(directory: Path) -> None:
    """Stop the sandbox of a directory, if it runs. Raises KwtuiError (SANDBOX_FAILED)."""
    process = await asyncio.create_subprocess_exec(
        *sandbox_command(["stop", "--dir", str(directory)]),
        env=own_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    if process.returncode:
        raise sandbox_failure(err.decode("utf-8", "replace"), process.returncode)


@asynccontextmanager
async def private_sandbox(directory: Path) -> AsyncIterator[Target]:
    """An empty sandbox in a directory of its own, which is removed with it.

    Raises KwtuiError as `start_sandbox`.
    """
    make_folders(directory.parent, mode=PRIVATE_FOLDER)
    try:
        yield await start_sandbox(["--dir", str(directory), "--empty"])
    finally:
        await remove_sandbox(directory)


async def remove_sandbox(directory: Path) -> None:
    """Stop the sandbox of a directory and remove the directory; nothing if there is none.

    Raises KwtuiError (SANDBOX_FAILED, EXTERN_NOT_READABLE).
    """
    if not await asyncio.to_thread(directory.is_dir):
        return
    await stop_sandbox(directory)
    try:
        await asyncio.to_thread(shutil.rmtree, directory)
    except OSError as error:
        raise cannot_write(directory, error) from error


def target_of(info: dict[str, Any]) -> Target:
    """The target of the object that ``start --json`` prints."""
    target = resolve_target(dsn=str(info["dsn"]), environ={})
    return replace(target, store=info["store"], extern=info["extern"], logs=info["logs"])


def sandbox_failure(text: str, status: int) -> KwtuiError:
    """What the sandbox wrote on standard error, with its exit status where that is one of ours."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    title = (lines[0] if lines else "The sandbox did not start.").removeprefix("kwtui sandbox: ")
    return KwtuiError(
        title,
        cause=lines_of(*lines[1:]),
        hint="See its state: kwtui sandbox status",
        exit_code=ExitCode(status) if status in _SANDBOX_CODES else ExitCode.SANDBOX_FAILED,
    )

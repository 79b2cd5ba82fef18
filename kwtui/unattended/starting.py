"""Starting a command of kwtui as a process of its own, which outlives whoever started it."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.files.own_program import own_environment, own_program
from kwtui.unattended.history import read_history

START_SECONDS = 60.0
"""How long it may take until one sees that it began: it connects first."""


def start_policy(state: Path, policy: str, options: Sequence[str]) -> None:
    """Start a run of a policy and wait until it has begun. Blocking: call it in a thread.

    Raises KwtuiError with its last words if it ends before that.
    """
    before = len(read_history(state, policy))
    start_command(
        ["policy", "run", policy, *options],
        lambda: len(read_history(state, policy)) != before,
        KwtuiError(
            f"The policy {policy} did not start.",
            hint=f"Try it: kwtui policy run {policy}",
        ),
    )


def start_command(
    words: Sequence[str],
    has_begun: Callable[[], bool],
    failure: KwtuiError,
    secret: str | None = None,
) -> None:
    """Start ``kwtui`` with these words and wait until it has begun. Blocking.

    ``secret`` is a line on its standard input, which is empty without one.

    Raises ``failure`` with the command's last words as its cause if it ends before that.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_program("kwtui.cli", *words),
            stdin=subprocess.DEVNULL if secret is None else subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd="/",
            env=own_environment(),
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True, name=f"reap {process.pid}").start()
        if process.stdin is not None:
            # It may have died already: its last words tell why.
            with suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(f"{secret}\n".encode())
        deadline = time.monotonic() + START_SECONDS
        while not has_begun() and time.monotonic() < deadline:
            if process.poll() is not None:
                said.seek(0)
                failure.cause = _last_words(said.read().decode("utf-8", "replace"))
                raise failure
            time.sleep(0.05)


def _last_words(said: str) -> str:
    words = [line.strip().removeprefix("kwtui: ") for line in said.splitlines()]
    return " ".join(words) or "Its process printed nothing."

"""Starting a run of a policy as a process of its own, which outlives whoever started it."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.files.own_program import own_environment, own_program
from kwtui.unattended.history import read_history

START_SECONDS = 60.0
"""How long it may take until it is written down that it began: it connects first."""


def start_policy(state: Path, policy: str, options: Sequence[str]) -> None:
    """Start it and wait until it has begun. Blocking: call it in a thread.

    Raises KwtuiError with its last words if it ends before that.
    """
    before = len(read_history(state, policy))
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_program("kwtui.cli", "policy", "run", policy, *options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd="/",
            env=own_environment(),
            start_new_session=True,
        )
        threading.Thread(target=process.wait, daemon=True, name=f"reap {policy}").start()
        deadline = time.monotonic() + START_SECONDS
        while len(read_history(state, policy)) == before and time.monotonic() < deadline:
            if process.poll() is not None:
                said.seek(0)
                raise _did_not_begin(policy, said.read().decode("utf-8", "replace"))
            time.sleep(0.05)


def _did_not_begin(policy: str, said: str) -> KwtuiError:
    title, *rest = [line.strip().removeprefix("kwtui: ") for line in said.splitlines()] or [""]
    return KwtuiError(
        f"The policy {policy} did not begin.",
        cause=" ".join([title, *rest]) or "Its process said nothing.",
        hint=f"Try it: kwtui policy run {policy}",
    )

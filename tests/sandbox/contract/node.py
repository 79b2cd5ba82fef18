"""Starting a sandbox server as a process of its own, and stopping it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ready_process import Forked, forking_subprocess

READY_SECONDS = 60


@dataclass(frozen=True)
class RunningNode:
    """A server that accepts clients."""

    home: Path
    port: int
    pid: int

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def extern(self) -> Path:
        return self.store / "extern"


@contextmanager
def running_node(home: Path, *options: str) -> Iterator[RunningNode]:
    """A sandbox in ``home`` for as long as the block runs; without demo content.

    Raises RuntimeError with the server's own words where it does not come up.
    """
    words = ["--dir", str(home), "--empty", *options]
    log = home.with_name(f"{home.name}.log")
    with open(log, "wb") as output:
        process = forking_subprocess().Popen(
            [sys.executable, "-P", "-m", "kwtui.sandbox.server", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path.cwd(),
            env=os.environ,
            start_new_session=True,
        )
    try:
        run = _wait_ready(home / "run.json", process, log)
        yield RunningNode(home, run["port"], process.pid)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(path: Path, process: Forked, log: Path) -> dict[str, int]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if path.exists():
            found: dict[str, int] = json.loads(path.read_text())
            return found
        time.sleep(0.02)
    tail = log.read_text(errors="replace")[-4000:]
    raise RuntimeError(f"the sandbox did not come up (exit {process.poll()}):\n{tail}")


def shell(command: str, extern: Path) -> tuple[int, str]:
    """Run a recorded shell action; it names the folder of exports as ``$EXTERN``."""
    # Umask and language of the shell that made the recordings.
    done = subprocess.run(
        ["bash", "-c", f"umask 022; {command}"],
        env={**os.environ, "EXTERN": str(extern), "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout

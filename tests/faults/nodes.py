"""Nodes that are killed, disks that fill: such a node belongs to one test alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.faults.bench import Bench

T = TypeVar("T")


@contextmanager
def own_node(folder: Path) -> Iterator[Bench]:
    """A node without demo content, and kwtui beside it, for as long as the block runs."""
    node = start_sandbox(folder / "node", "--empty")
    try:
        yield Bench(node, folder / "state")
    finally:
        stop_sandbox(node)


def kill_node(node: SandboxNode) -> None:
    """Its power is cut."""
    os.kill(node.pid, signal.SIGKILL)
    wait_until(lambda: not _lives(node.pid))


@contextmanager
def held(node: SandboxNode) -> Iterator[None]:
    """It answers nothing for as long as the block runs: nobody gets further meanwhile."""
    os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


def start_again(bench: Bench) -> Bench:
    """The same node after somebody started it again; its port may be another one."""
    return Bench(start_sandbox(bench.node.directory, "--empty"), bench.state)


def _lives(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(condition: Callable[[], T], seconds: float = 60, pause: float = 0.01) -> T:
    """What the condition answers as soon as that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError("it never came true")


def make_big(bench: Bench, database: str, rows: int = 120_000) -> None:
    """A table whose export takes long enough to be in the middle of, between two small ones."""
    bench.do(f"CREATE DATABASE {database}")
    bench.do(
        "CREATE TABLE a_small (id INT8 PRIMARY KEY)",
        "INSERT INTO a_small VALUES (1), (2)",
        "CREATE TABLE b_big (id INT8 PRIMARY KEY, v STRING)",
        "CREATE TABLE c_small (id INT8 PRIMARY KEY)",
        "INSERT INTO c_small VALUES (1)",
        f"INSERT INTO b_big SELECT i, repeat('x', 80) FROM generate_series(1, {rows}) AS g(i)",
        database=database,
    )

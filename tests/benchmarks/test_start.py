"""Budget: a command that needs no server starts within 120 ms of Python itself (design, 8)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command_line import CommandLine

pytestmark = pytest.mark.benchmark

BUDGET_SECONDS = 0.120


@pytest.mark.parametrize("arguments", [("--version",), ("list", "--extern", ".")])
def test_a_command_starts_quickly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    kwtui = CommandLine(tmp_path / "home")

    def best(command: list[str]) -> float:
        def once() -> float:
            began = time.perf_counter()
            subprocess.run(
                command, env=kwtui.variables(), cwd=tmp_path, capture_output=True, check=True
            )
            return time.perf_counter() - began

        return min(once() for _ in range(9))

    nothing = best([sys.executable, "-c", "pass"])

    assert best(kwtui.command(*arguments)) - nothing < BUDGET_SECONDS

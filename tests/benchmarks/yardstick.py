"""Running something in a process of its own and measuring its time and its memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

WRAPPER = """
import json, re, time
began = time.perf_counter()
{code}
# Not ru_maxrss: it counts what the parent had when it forked.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(json.dumps({{"seconds": time.perf_counter() - began, "peak_mib": peak, "more": more}}))
"""


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mib: float
    more: dict[str, float]


def measure(code: str) -> Measured:
    """Run Python code that leaves its own figures in a dict named ``more``."""
    done = subprocess.run(
        [sys.executable, "-c", WRAPPER.format(code=code)],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def seconds_of(*command: str) -> float:
    """How long a command runs, at best of three; some end with 1 when they find nothing."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True, timeout=300)
        best = min(best, time.perf_counter() - began)
    return best


def report(what: str, figures: dict[str, str], *, budget: str = "") -> None:
    """One line of the table that a benchmark run ends with."""
    measured = " · ".join(f"{name} {value}".strip() for name, value in figures.items())
    sys.stdout.write(f"\n{what}: {measured}{f' ({budget})' if budget else ''}\n")
    _reported.append((what, measured, budget))


_reported: list[tuple[str, str, str]] = []


def table() -> list[str]:
    """All that was reported, as a table in Markdown."""
    if not _reported:
        return []
    rows = [("what", "measured", "budget"), *_reported]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return [lines[0], _line(tuple("-" * width for width in widths), widths), *lines[1:]]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join(cells)} |"

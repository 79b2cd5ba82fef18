"""The table that a benchmark run ends with."""

from __future__ import annotations

import pytest

from tests.benchmarks.yardstick import table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if rows := table():
        terminalreporter.section("budgets")
        for line in rows:
            terminalreporter.write_line(line)

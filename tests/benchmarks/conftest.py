"""The table that a benchmark run ends with."""

from __future__ import annotations

import pytest

from tests.benchmarks.yardstick import table


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `pytest -m benchmark tests/benchmarks --dsn URL --store DIR`."""
    group = parser.getgroup("benchmarks against a node (default: a sandbox)")
    group.addoption("--dsn", help="a node whose user has the admin role; needs --store")
    group.addoption("--store", help="that node's store directory, with extern in it")
    group.addoption(
        "--rows", type=int, default=200_000, help="rows of each large table (default: 200000)"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if rows := table():
        terminalreporter.section("budgets")
        for line in rows:
            terminalreporter.write_line(line)

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


_OF_A_NODE = "test_overhead.py"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--dsn`` only what asks that node runs; without this folder there is no such option."""
    if config.getoption("--dsn", None) is None:
        return
    alone = pytest.mark.skip(reason="asks no node: measured without --dsn")
    for item in items:
        if item.get_closest_marker("benchmark") and item.path.name != _OF_A_NODE:
            item.add_marker(alone)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if rows := table():
        terminalreporter.section("budgets")
        for line in rows:
            terminalreporter.write_line(line)

"""Cleaning up while the server still undoes an import (live-findings, row 43)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode
from kwtui.sandbox.imports.table import PUT_BACK_VARIABLE
from tests.command_line import CommandLine
from tests.faults.bench import Bench
from tests.faults.nodes import make_big, own_node, wait_until
from tests.ready_process import Command

NAME = "care_kwtui_restoring"


@pytest.fixture(scope="module")
def undoing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The node undoes an import as long as this file exists."""
    return tmp_path_factory.mktemp("gate") / "undoing"


@pytest.fixture(scope="module")
def bench(undoing: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PUT_BACK_VARIABLE, str(undoing))
        with own_node(tmp_path_factory.mktemp("reverting")) as bench:
            make_big(bench, "big")
            bench.do("EXPORT INTO CSV 'nodelocal://1/out' FROM TABLE big.public.b_big")
            yield bench


@pytest.fixture
def cleaning(bench: Bench, undoing: Path, tmp_path: Path) -> Iterator[Command]:
    """A cleanup that waits; what it said until then was read."""
    undoing.touch()
    cancel_an_import(bench)
    kwtui = CommandLine(tmp_path, bench.node)
    cleaning = kwtui.start("cleanup", NAME, "--yes", "--json", *kwtui.server)
    yield cleaning
    undoing.unlink(missing_ok=True)
    cleaning.kill()
    cleaning.communicate()


def read_until(cleaning: Command, words: str) -> str:
    read = ""
    for line in cleaning.stdout:
        read += line
        if words in line:
            return read
    raise AssertionError(f"it never said {words}: {read}")


def cancel_an_import(bench: Bench) -> None:
    bench.do(
        f"DROP DATABASE IF EXISTS {NAME} CASCADE",
        f"CREATE DATABASE {NAME}",
        f"CREATE TABLE {NAME}.public.b_big (id INT8 PRIMARY KEY, v STRING)",
    )
    files = ", ".join(f"'nodelocal://1/out/{f.name}'" for f in (bench.extern / "out").glob("*.csv"))

    def imports() -> None:
        with suppress(psycopg.Error), psycopg.connect(bench.node.dsn, autocommit=True) as own:
            own.execute(f"IMPORT INTO {NAME}.public.b_big CSV DATA ({files})".encode())

    at_work = threading.Thread(target=imports)
    at_work.start()
    running = "FROM [SHOW JOBS] WHERE job_type = 'IMPORT' AND status = 'running'"
    wait_until(lambda: bench.rows(f"SELECT job_id {running}"))
    bench.do(f"CANCEL JOBS (SELECT job_id {running})")
    at_work.join()


def test_cleaning_up_waits_until_the_import_is_undone_and_says_for_what(
    bench: Bench, undoing: Path, cleaning: Command
) -> None:
    told = read_until(cleaning, "is reverting, waiting for")
    assert "with OFFLINE tables" in told
    assert NAME in bench.databases()

    undoing.unlink()
    out, err = cleaning.communicate(timeout=60)

    assert cleaning.returncode == ExitCode.OK, out + err
    assert NAME not in bench.databases()


def test_who_stops_the_waiting_is_told_how_to_come_back(bench: Bench, cleaning: Command) -> None:
    read_until(cleaning, "waiting for")

    cleaning.send_signal(signal.SIGINT)
    out, err = cleaning.communicate(timeout=60)

    assert cleaning.returncode == ExitCode.CANCELLED, out + err
    assert NAME in bench.databases()
    assert f"kwtui cleanup {NAME} --yes" in out

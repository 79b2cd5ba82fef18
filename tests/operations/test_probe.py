"""A speed probe on a node: what it tells, and that nothing of it stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.backups.layout.staging import remove_staging
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import Engine
from kwtui.operations import probe as probing
from kwtui.operations.probe import Probed, run_probe
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.server.connection.server import Server
from kwtui.sql import transfer
from tests.conftest import SandboxNode
from tests.faults.bench import Bench

ROWS = 700


@pytest.fixture
def bench(sandbox: SandboxNode, tmp_path: Path) -> Iterator[Bench]:
    """Whatever happens, nothing of the probe is left."""
    bench = Bench(sandbox, tmp_path / "state")
    before = _scratch(bench)
    yield bench
    assert _scratch(bench) == before


def _scratch(bench: Bench) -> set[object]:
    databases = {name for name in bench.databases() if is_scratch(str(name))}
    return {*databases, *_folders(bench)}


def _folders(bench: Bench) -> set[Path]:
    return set(bench.extern.glob("kwtui/.staging/*"))


async def _probe(bench: Bench, engine: Engine = Engine.RELATIONAL) -> Probed:
    async def connect() -> Server:
        return await Server.open(bench.target)

    return await run_probe(connect, 1, bench.extern, engine, rows=ROWS)


@pytest.mark.parametrize("engine", Engine)
def test_rows_go_there_and_back(bench: Bench, engine: Engine) -> None:
    found = asyncio.run(_probe(bench, engine))
    assert (found.engine, found.rows) == (engine, ROWS)
    assert 200 * ROWS < found.bytes < 280 * ROWS
    assert found.export_seconds > 0
    assert found.import_seconds > 0


def test_a_probe_that_is_refused_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "import_into", lambda *_, **__: "IMPORT NOTHING")
    with pytest.raises(KwtuiError) as refused:
        asyncio.run(_probe(bench))
    assert refused.value.exit_code is ExitCode.STATEMENT_REFUSED


def test_rows_that_do_not_come_back_are_no_speed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "import_into", lambda *_, **__: "SELECT 1")
    with pytest.raises(KwtuiError, match="brought back 0 of 700 rows"):
        asyncio.run(_probe(bench))


def test_a_cancelled_probe_clears_away_before_it_ends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = transfer.export_select

    async def cancelled_while_it_exports() -> None:
        task = asyncio.ensure_future(_probe(bench))

        def export(*args: object, **options: object) -> str:
            asyncio.get_running_loop().call_soon(task.cancel)
            return usual(*args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(transfer, "export_select", export)
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled_while_it_exports())


def test_what_cannot_be_removed_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise KwtuiError("Permission denied.")

    before = _folders(bench)
    monkeypatch.setattr(probing, "remove_staging", refuse)
    with pytest.raises(KwtuiError, match="left something behind") as left:
        asyncio.run(_probe(bench))
    (folder,) = _folders(bench) - before
    path = str(folder.relative_to(bench.extern))
    assert f"The folder {path} was not removed: Permission denied." in left.value.hint
    assert "kwtui cleanup" in left.value.hint
    remove_staging(bench.extern, path)

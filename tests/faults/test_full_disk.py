"""A disk that is full: where the backup goes, and where kwtui keeps its own notes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod
from kwtui.operations.plan import Step
from kwtui.runs.directory import RunsDirectory
from kwtui.runs.events import RunStatus
from kwtui.runs.history import list_runs, run_state
from kwtui.runs.process import Handover, start_run
from tests.command_line import CommandLine
from tests.faults.bench import Bench
from tests.faults.disks import FILLER, fill, fill_up, small_disk
from tests.faults.nodes import held, make_big, own_node, wait_until


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A node whose extern is a disk of 40 MB, with a database that needs 17."""
    with own_node(tmp_path_factory.mktemp("full")) as bench:
        make_big(bench, "full")
        with small_disk(bench.extern, 40):
            yield bench


@pytest.fixture
def bench(node: Bench) -> Iterator[Bench]:
    """With an empty extern."""
    yield node
    for child in node.extern.iterdir():
        shutil.rmtree(child) if child.is_dir() else child.unlink()


def entry_kinds(bench: Bench) -> set[EntryKind]:
    entries = scan(bench.extern, bench.state).entries
    return {e.kind for e in entries if e.path.startswith("kwtui/")}


def leave(bench: Bench, megabytes: float) -> None:
    if not (bench.extern / FILLER).exists():
        fill(bench.extern, leave=int(megabytes * (1 << 20)))


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(
    bench: Bench, tmp_path: Path
) -> None:
    leave(bench, 1)
    kwtui = CommandLine(tmp_path, bench.node)

    done = kwtui.run("backup", "full", *kwtui.server)

    assert done.code == ExitCode.DISK_FULL, done.err
    assert "are free" in done.err
    assert not (bench.extern / "kwtui").exists()


@pytest.mark.parametrize("method", list(BackupMethod))
def test_a_disk_that_fills_up_during_the_export(bench: Bench, method: BackupMethod) -> None:
    plan = bench.plan_backup("full", method=method)

    def somebody_writes(step: Step) -> None:
        leave(bench, 5)

    with pytest.raises(KwtuiError) as full:
        bench.run(plan, {"export": somebody_writes})

    assert full.value.exit_code is ExitCode.DISK_FULL, full.value.lines()
    words = " ".join(full.value.lines())
    assert "public.b_big" in words or "almost full" in words, words
    assert "They are not a backup and can be removed" in words
    assert entry_kinds(bench) == {EntryKind.INCOMPLETE}


def test_a_disk_that_fills_up_before_the_manifest(bench: Bench) -> None:
    def somebody_writes(step: Step) -> None:
        fill_up(bench.extern / FILLER)

    with pytest.raises(KwtuiError) as full:
        bench.backup("full", hooks={"seal": somebody_writes})

    assert full.value.exit_code is ExitCode.DISK_FULL, full.value.lines()
    assert str(bench.extern) in " ".join(full.value.lines())
    assert entry_kinds(bench) == {EntryKind.INCOMPLETE}
    assert not list(bench.extern.rglob("manifest.json"))


def test_a_full_state_directory_starts_no_run(bench: Bench, tmp_path: Path) -> None:
    with small_disk(tmp_path / "home", 1) as home:
        kwtui = CommandLine(home, bench.node)
        state = Path(kwtui.variables()["KWTUI_STATE_DIR"])
        state.mkdir(parents=True)
        fill_up(home / FILLER)

        done = kwtui.run("backup", "full", *kwtui.server)

        assert done.code == ExitCode.DISK_FULL, done.err
        assert str(state) in done.err
        assert "Traceback" not in done.err
        assert not (bench.extern / "kwtui").exists()
        (home / FILLER).unlink()
        assert kwtui.run("backup", "full", *kwtui.server).code == ExitCode.OK


@pytest.mark.slow
def test_a_state_directory_that_fills_up_stops_the_run_in_words(
    bench: Bench, tmp_path: Path
) -> None:
    """Slow, since its outcome hangs on luck: a short run may fit into the journal's last page."""
    plan = bench.plan_backup("full")
    with small_disk(tmp_path / "state", 1) as state:
        runs = RunsDirectory(state)
        handover = Handover(bench.target.as_dict(), str(bench.extern), str(state))
        with held(bench.node):
            files = runs.find(start_run(runs, plan, handover, None))
            fill_up(state / FILLER, piece=512)
        wait_until(lambda: not files.is_alive())

        told = run_state(files)
        assert (told.status, told.exit_code) == (RunStatus.FAILED, ExitCode.DISK_FULL), told.cause
        assert str(state) in told.summary
        assert [r.status for r in list_runs(runs)] == [RunStatus.FAILED]
    for entry in scan(bench.extern, bench.state).entries:
        if entry.kind is EntryKind.SET:
            assert bench.verify(entry.path).ok

"""A backup that did not finish: marked with its reason, or swept away when that was asked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import Space
from kwtui.operations.backup.execution import disk_watch
from kwtui.operations.backup.execution.unfinished_set import mark_or_sweep
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.runner import Halt
from tests.operations.conftest import NOW, PATH


def context(tmp_path: Path, **request: object) -> RunContext:
    data = tmp_path / "extern" / PATH / "data/public/inv"
    data.mkdir(parents=True)
    (data / "n1.0.csv").write_text("1,a\n")
    plan = Plan(
        "p", PlanKind.BACKUP, "Back up", NOW, "c1", 1, "shop", PATH, (), request=dict(request)
    )
    made = object.__new__(RunContext)
    fields = {
        "plan": plan,
        "run_id": "r1",
        "connect": None,
        "extern": tmp_path / "extern",
        "state": tmp_path / "state",
        "reporter": None,
        "halt": Halt(),
    }
    for field in dataclasses.fields(RunContext):
        object.__setattr__(made, field.name, fields.get(field.name))
    return made


def test_the_folder_of_a_failed_backup_says_why(tmp_path: Path) -> None:
    run = context(tmp_path)
    error = KwtuiError("The disk is almost full.", exit_code=ExitCode.DISK_FULL)

    mark_or_sweep(run, error)

    (entry,) = scan(run.extern).entries
    assert entry.kind is EntryKind.INCOMPLETE
    assert "run r1 failed. The disk is almost full." in entry.problem
    assert "They are not a backup and can be removed" in error.hint


def test_a_cancelled_backup_is_marked_as_cancelled(tmp_path: Path) -> None:
    run = context(tmp_path)
    run.halt.by_person = True

    mark_or_sweep(run, KwtuiError("The run was cancelled.", exit_code=ExitCode.CANCELLED))

    assert "run r1 was cancelled" in scan(run.extern).entries[0].problem


def test_it_is_swept_away_when_that_was_asked(tmp_path: Path) -> None:
    run = context(tmp_path, sweep=True)
    error = KwtuiError("The run was cancelled.", exit_code=ExitCode.CANCELLED)

    mark_or_sweep(run, error)

    assert not (run.extern / PATH).exists()
    assert "removed, as asked" in error.hint


def test_after_a_lost_connection_it_stays_since_the_node_may_still_write(tmp_path: Path) -> None:
    run = context(tmp_path, sweep=True)

    mark_or_sweep(run, KwtuiError("Gone.", exit_code=ExitCode.CONNECTION_LOST))

    assert (run.extern / PATH / "unfinished.json").exists()


@pytest.mark.parametrize(
    ("total", "free", "stops"),
    [
        (1 << 40, 2 << 30, False),
        (1 << 40, 1 << 29, True),
        (100 << 20, 3 << 20, False),
        (100 << 20, 1 << 20, True),
    ],
)
def test_a_run_ends_itself_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int, stops: bool
) -> None:
    monkeypatch.setattr(disk_watch, "space_at", lambda _: Space(1, total, free, None))

    problem = disk_watch.space_problem(tmp_path / "does not exist yet")

    assert (problem is not None) is stops
    if problem is not None:
        assert problem.exit_code is ExitCode.DISK_FULL

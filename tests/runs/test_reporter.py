"""A run that works is heard of every second, and its journal stays small."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.operations.plan import Plan
from kwtui.operations.runner import StepOutcome
from kwtui.runs.events import AnyEvent, StepFinished, StepProgress
from kwtui.runs.journal import JournalWriter, read_events
from kwtui.runs.reporter import BEAT_SECONDS, JournalReporter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def reporter(path: Path, plan: Plan) -> Iterator[JournalReporter]:
    with JournalWriter(path) as journal:
        yield JournalReporter(journal, plan)


def told(path: Path) -> list[AnyEvent]:
    return read_events(path)


def progress(path: Path) -> list[StepProgress]:
    return [event for event in told(path) if isinstance(event, StepProgress)]


def test_a_beat_tells_phase_table_figures_and_their_basis(
    reporter: JournalReporter, plan: Plan, path: Path
) -> None:
    items = plan.steps[2]
    reporter.step_started(items, ("EXPORT …",))
    reporter.progress(items, rows=7, bytes=70, basis="size of the files", estimated=True)
    reporter.progress(items, bytes=90)
    assert progress(path) == [], "figures wait for the beat"

    reporter.beat()
    reporter.beat()

    first, second = progress(path)
    assert (first.phase, first.table, first.tables) == ("exporting", 2, 2)
    assert (first.rows, first.estimated, first.bytes) == (7, True, 90)
    assert first.basis == "size of the files"
    assert second.rows == 7, "nothing new is told as well: the run works"
    assert second.at > first.at


def test_before_between_and_after_the_steps_there_is_a_phase_too(
    reporter: JournalReporter, plan: Plan, path: Path
) -> None:
    snapshot = plan.steps[0]
    reporter.beat()
    reporter.step_started(snapshot, ())
    reporter.beat()
    reporter.step_finished(snapshot, StepOutcome(), 0.1)
    reporter.beat()
    reporter.step_started(snapshot, ())
    reporter.step_failed(snapshot, KwtuiError("No space"))
    reporter.beat()

    phases = [(each.step, each.phase) for each in progress(path)]
    assert phases == [
        ("", "starting"),
        ("snapshot", "reading the catalogue"),
        ("", "finishing"),
        ("", "stopping"),
    ]


def test_another_phase_counts_anew(reporter: JournalReporter, plan: Plan, path: Path) -> None:
    snapshot = plan.steps[0]
    reporter.step_started(snapshot, ())
    reporter.progress(snapshot, phase="hashing", bytes=100, bytes_total=100, basis="bytes read")
    reporter.progress(snapshot, phase="content checksums", table=1, tables=9)
    reporter.beat()

    (only,) = progress(path)
    assert (only.phase, only.table, only.bytes, only.basis) == ("content checksums", 1, None, "")


def test_steps_side_by_side_are_told_in_turn_and_never_more_than_one_a_beat(
    reporter: JournalReporter, plan: Plan, path: Path
) -> None:
    _, orders, items = plan.steps
    reporter.step_started(orders, ())
    reporter.step_started(items, ())
    for number in range(4):
        reporter.progress(orders, rows=number)
        reporter.progress(items, rows=number)
        reporter.beat()

    assert [each.step for each in progress(path)] == [orders.id, items.id, orders.id, items.id]


def test_what_is_over_is_not_told_of_any_more(
    reporter: JournalReporter, plan: Plan, path: Path
) -> None:
    orders = plan.steps[1]
    reporter.step_started(orders, ())
    reporter.step_finished(orders, StepOutcome(rows=5), 1.0)
    reporter.progress(orders, rows=4)
    reporter.beat()

    *_, finished, beat = told(path)
    assert isinstance(finished, StepFinished)
    assert isinstance(beat, StepProgress)
    assert (beat.step, beat.rows) == ("", None)


def test_an_hour_of_work_writes_little_more_than_a_mebibyte(
    reporter: JournalReporter, plan: Plan, path: Path
) -> None:
    items = plan.steps[2]
    reporter.step_started(items, ())
    before = path.stat().st_size
    reporter.progress(
        items, rows=10**9, rows_total=10**10, bytes=10**12, bytes_total=10**13, basis="x" * 60
    )
    reporter.beat()

    assert BEAT_SECONDS < 1.0
    assert (path.stat().st_size - before) * 3600 / BEAT_SECONDS < 1.6 * 1024 * 1024


@pytest.mark.parametrize(("number", "synced"), [(0, 2), (1, 0)], ids=["snapshot", "export"])
def test_exports_of_tables_do_not_wait_for_the_disk(
    reporter: JournalReporter,
    plan: Plan,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    synced: int,
) -> None:
    """Four hundred small tables would wait eight hundred times."""
    waited: list[int] = []
    monkeypatch.setattr("kwtui.runs.journal.os.fsync", waited.append)
    reporter.step_started(plan.steps[number], ())
    reporter.step_finished(plan.steps[number], StepOutcome(), 0.1)
    assert (len(waited), len(told(path))) == (synced, 2)

"""Somebody reads a journal while it is written, after a crash, and with an older kwtui."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

from kwtui.operations.plan import Plan
from kwtui.runs.events import (
    AnyEvent,
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepStarted,
)
from kwtui.runs.journal import (
    JournalReader,
    JournalWriter,
    decode_event,
    encode_event,
    follow_events,
    last_event,
    read_events,
)
from tests.runs.conftest import at

STARTED = RunStarted(at=at(0), run="r1", plan="p1", title="Back up shop", pid=1)
STEP = StepStarted(at=at(1), step="snapshot", title="Take the time", sql=["SELECT 1"])
FINISHED = RunFinished(at=at(2), status=RunStatus.SUCCEEDED, summary="done")


def write(path: Path, *events: AnyEvent) -> None:
    with JournalWriter(path) as journal:
        for event in events:
            journal.append(event)


def test_what_was_written_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED, STEP)
    write(path, FINISHED)

    assert read_events(path) == [STARTED, STEP, FINISHED]
    assert last_event(path) == FINISHED


def test_a_journal_is_private(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_last_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED)
    torn = encode_event(STEP)
    with path.open("ab") as file:
        file.write(torn[:20])
    reader = JournalReader(path)

    assert list(reader.read_new()) == [STARTED]
    assert last_event(path) == STARTED

    with path.open("ab") as file:
        file.write(torn[20:] + b"\n")

    assert list(reader.read_new()) == [STEP]


def test_events_of_a_newer_kwtui_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED)
    with path.open("ab") as file:
        file.write(b'{"event":"step-rewound","at":"2027-01-01T00:00:00Z","v":2}\n')
        file.write(b"\x00\x00garbage\n")
    write(path, FINISHED)

    assert read_events(path) == [STARTED, FINISHED]


def test_foreign_text_survives_as_it_is() -> None:
    event = NoticeReceived(at=at(0), step="s", severity="NOTICE", message="张伟 \x1b[31m [bold]\n")

    line = encode_event(event)

    assert b"\n" not in line
    assert decode_event(line) == event


def test_no_journal_means_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path / "none") == []
    assert last_event(tmp_path / "none") is None


async def test_following_ends_when_the_run_has_finished(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED)
    seen: list[AnyEvent] = []

    async def follow() -> None:
        async for event in follow_events(path, lambda: True):
            seen.append(event)
            if event == STARTED:
                write(path, STEP, FINISHED)

    await asyncio.wait_for(follow(), 5)

    assert seen == [STARTED, STEP, FINISHED]


async def test_following_ends_when_the_process_died_and_misses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, STARTED)

    def is_alive() -> bool:
        write(path, STEP)  # its last words, written just before it died
        return False

    async def follow() -> list[AnyEvent]:
        return [event async for event in follow_events(path, is_alive)]

    assert await asyncio.wait_for(follow(), 5) == [STARTED, STEP]


def test_old_and_new_plans_can_be_told_apart(plan: Plan) -> None:
    assert plan.format == 1
    assert b'"v":1' in encode_event(STARTED)

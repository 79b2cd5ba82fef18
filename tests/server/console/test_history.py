"""Statements that were typed are there the next time, private, bounded and without secrets."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.files.csv_file import CsvFile
from kwtui.server.console.history import KEPT, HistoryEntry, SqlHistory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(sql: str) -> HistoryEntry:
    return HistoryEntry(at=NOW, sql=sql)


def test_the_newest_comes_first_and_repetitions_stand_once(tmp_path: Path) -> None:
    history = SqlHistory(tmp_path / "deep" / "history.jsonl")
    assert history.entries() == []
    for sql in ("SELECT 1", "SELECT 2", "SELECT 2", "SELECT 1"):
        history.add(entry(sql))
    assert [e.sql for e in history.entries()] == ["SELECT 1", "SELECT 2", "SELECT 1"]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "history.jsonl"
    SqlHistory(path).add(entry("SELECT 1"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = SqlHistory(path)
    for number in range(2 * KEPT + 5):
        history.add(entry(f"SELECT {number}"))
    assert len(path.read_bytes().splitlines()) < 2 * KEPT
    assert history.entries()[0].sql == f"SELECT {2 * KEPT + 4}"
    assert len(history.entries()) <= KEPT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_that_a_crash_cut_off_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = SqlHistory(path)
    history.add(entry("SELECT 1"))
    with path.open("ab") as file:
        file.write(b'{"at":"2026-11-22T12:00')
    assert [e.sql for e in history.entries()] == ["SELECT 1"]


def test_what_is_no_text_and_what_a_terminal_obeys_is_kept_safely(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = SqlHistory(path)
    history.add(entry("SELECT '\x9b31m\udcff\u202e'"))
    assert path.read_text().strip().isprintable()
    assert history.entries()[0].sql == "SELECT '\x9b31m‹ff›\u202e'"


def test_a_history_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KwtuiError, match="history"):
        SqlHistory(tmp_path / "file" / "history.jsonl").add(entry("SELECT 1"))


# -- results as files -----------------------------------------------------------------------------


def test_a_saved_result_keeps_null_and_the_empty_text_apart(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with CsvFile(path) as file:
        file.columns(["a", "b,c"])
        file.rows([("1", None), ("", 'it "is"'), ("two\nlines", "数据")])
    text = path.read_bytes().decode()
    assert text == 'a,"b,c"\r\n1,\r\n"","it ""is"""\r\n"two\nlines",数据\r\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(KwtuiError, match="there already"), CsvFile(path):
        pass
    assert path.read_text() == "mine"


def test_half_a_result_is_not_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"

    def break_off() -> None:
        with CsvFile(path) as file:
            file.columns(["a"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert not path.exists()

"""The journal as a file: private, appended by several at once, and whole after a torn line."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.evidence.chain import Entry, Outcome, flaws_of, lines_of, read_entry
from kwtui.evidence.journal import journal_head, journal_path, read_journal, record, who


def entry(words: str) -> Entry:
    return Entry(
        at=datetime.now(UTC),
        who=who(),
        host="db1",
        action="pin",
        outcome=Outcome.SUCCEEDED,
        words=words,
    )


def test_several_at_once_make_one_chain(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=record, args=(tmp_path, entry(str(number)))) for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = read_journal(tmp_path)
    assert len(lines_of(content)) == 12
    assert flaws_of(content, [journal_head(tmp_path)]) == []
    assert stat.S_IMODE(journal_path(tmp_path).stat().st_mode) == 0o600


def test_after_a_torn_line_it_goes_on_and_the_torn_line_is_named(tmp_path: Path) -> None:
    record(tmp_path, entry("first"))
    path = journal_path(tmp_path)
    path.write_bytes(path.read_bytes() + b'{"at": "2026')
    record(tmp_path, entry("second"))
    content = read_journal(tmp_path)
    assert [e.words for line in lines_of(content) if (e := read_entry(line))] == ["first", "second"]
    assert [(flaw.line, flaw.words) for flaw in flaws_of(content)] == [(2, "it is no entry")]


def test_whose_sudo_it_was_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    account = who()
    monkeypatch.setenv("SUDO_USER", "anna")
    assert who() == f"{account} (sudo: anna)"
    monkeypatch.setenv("SUDO_USER", account)
    assert who() == account

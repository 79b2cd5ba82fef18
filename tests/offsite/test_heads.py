"""Lines that are cut off the evidence journal are missed by the heads on a target."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kwtui.errors import ExitCode
from kwtui.evidence.chain import Entry, Outcome
from kwtui.evidence.journal import journal_head, journal_path, keeper, record
from kwtui.offsite.heads import folder_of, note_head, noted_heads
from tests.command_line import CommandLine
from tests.offsite.copying import target_in


def entry(words: str) -> Entry:
    return Entry(
        at=datetime.now(UTC),
        who="kwdb",
        host="db1",
        action="pin",
        outcome=Outcome.SUCCEEDED,
        words=words,
    )


def test_what_was_noted_is_held_against_the_journal(tmp_path: Path) -> None:
    home = CommandLine(tmp_path / "home")
    state, away = home.state / "state", tmp_path / "away"
    target = target_in(away)
    note_head(target, keeper(), journal_head(state))
    assert noted_heads(target, keeper()) == (), "of an empty journal there is nothing to note"
    for words in ("one", "two", "three"):
        record(state, entry(words))
        note_head(target, keeper(), journal_head(state))
        note_head(target, keeper(), journal_head(state))
    (away / folder_of(keeper()) / "notes.txt").write_text("of a person")
    heads = noted_heads(target, keeper())
    assert sorted(head.lines for head in heads) == [1, 2, 3]
    url = f"file://{away}"
    assert home.run("report", "--check", "--target", url).code == 0

    path = journal_path(state)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    cut = home.run("report", "--check", "--target", url)
    assert cut.code == ExitCode.EVIDENCE_ALTERED
    assert "2 of the 3 lines that were noted are missing" in cut.out
    assert home.run("report", "--check").code == 0, "the chain alone cannot tell"

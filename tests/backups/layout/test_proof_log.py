"""The proof log vouches for itself: what was changed in it is told, and nothing stands on it."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kwtui.backups.layout.proof_log import append_proof, read_proofs, seal_line
from kwtui.backups.manifest import Proof, standing_proof
from kwtui.model.proof import ProofLevel

STARTED = datetime(2026, 11, 22, 8, tzinfo=UTC)
P2 = ProofLevel.P2


def proof(level: ProofLevel, days: int, *, ok: bool = True) -> Proof:
    at = STARTED + timedelta(days=days)
    return Proof(at, level, level, ok, summary="1 file: 值", problems=("a: b",), seconds=0.5)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A check at P2, one that failed, one at P4."""
    file = tmp_path / "proofs.jsonl"
    append_proof(file, proof(P2, 0))
    append_proof(file, proof(ProofLevel.P1, 1, ok=False))
    append_proof(file, proof(ProofLevel.P4, 2))
    return file


def standing(proofs: list[Proof]) -> Proof:
    return standing_proof(ProofLevel.P2, STARTED, proofs)


def test_what_is_written_is_read(log: Path) -> None:
    assert [p.level for p in read_proofs(log)] == [P2, ProofLevel.P1, ProofLevel.P4]
    assert read_proofs(log.parent / "other.jsonl") == []


def test_every_bit_that_is_flipped_is_told(log: Path) -> None:
    """A set that failed must not pass for a good one because of a worn-out disk."""
    content = b"".join(log.read_bytes().splitlines(keepends=True)[:2])
    log.write_bytes(content)
    honest = read_proofs(log)
    silent = []
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        log.write_bytes(changed)
        read = read_proofs(log)
        told = any("damaged" in p.summary or "missing" in p.summary for p in read if not p.ok)
        invented = [p for p in read if p.ok and not p.torn and p not in honest]
        if not told or invented:
            silent.append(bit)
    assert silent == []


def test_nothing_stands_on_a_damaged_line_until_the_next_check(log: Path) -> None:
    content = log.read_bytes()
    log.write_bytes(content.replace(b'"level":4', b'"level":5'))

    assert standing(read_proofs(log)).ok is False
    assert "line 3 of proofs.jsonl is damaged" in standing(read_proofs(log)).summary

    append_proof(log, proof(P2, 3))
    assert standing(read_proofs(log)) == proof(P2, 3)


def test_a_line_that_was_taken_out_is_missed_by_the_next(log: Path) -> None:
    """The one that failed, of all lines."""
    first, _, third = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first + third)
    summaries = [p.summary for p in read_proofs(log)]
    assert any("a line is missing before line 2" in words for words in summaries)


def test_lines_in_another_order_are_told(log: Path) -> None:
    first, second, third = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first + third + second)
    assert any("missing" in p.summary for p in read_proofs(log))


def test_a_log_of_an_older_kwtui_is_read_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"
    old = [proof(P2, 0), proof(ProofLevel.P4, 1)]
    fields = {"at", "level", "wanted", "ok", "summary", "problems", "seconds"}
    for one in old:
        words = {k: v for k, v in msgspec.to_builtins(one).items() if k in fields}
        with file.open("ab") as opened:
            opened.write(msgspec.json.encode(words) + b"\n")
    assert read_proofs(file) == old

    append_proof(file, proof(P2, 2))
    assert read_proofs(file) == [*old, proof(P2, 2)]
    file.write_bytes(file.read_bytes().replace(b'"level":4', b'"level":3'))
    assert any("missing before line 3" in p.summary for p in read_proofs(file))


def test_after_a_line_that_was_cut_off_nothing_is_known_until_the_next(log: Path) -> None:
    """kill -9 while it was written: whatever the length, it may have been a check that failed."""
    content = log.read_bytes()
    *_, last = content.splitlines(keepends=True)
    for length in range(1, len(last) - 2):
        log.write_bytes(content + last[:length])
        *before, torn = read_proofs(log)
        assert [p.level for p in before] == [P2, ProofLevel.P1, ProofLevel.P4]
        assert torn.torn
        assert "line 4 of proofs.jsonl was cut off" in torn.summary
        assert standing(read_proofs(log)) == torn
        assert not torn.ok
    append_proof(log, proof(P2, 9))
    assert standing(read_proofs(log)) == proof(P2, 9)


def test_the_next_proof_after_a_cut_line_begins_on_its_own(log: Path) -> None:
    with log.open("ab") as opened:
        opened.write(b'{"at": "2026-')
    append_proof(log, proof(P2, 5))
    *_, torn, last = read_proofs(log)
    assert torn.torn
    assert last == proof(P2, 5)


def test_a_cut_line_never_heals_a_check_that_failed(log: Path) -> None:
    append_proof(log, proof(ProofLevel.P1, 3, ok=False))
    with log.open("ab") as opened:
        opened.write(b'{"at": "2026-')
    assert standing(read_proofs(log)).ok is False


def test_a_line_without_its_newline_is_a_proof(log: Path) -> None:
    os.truncate(log, log.stat().st_size - 1)
    assert [p.level for p in read_proofs(log)] == [P2, ProofLevel.P1, ProofLevel.P4]


def test_two_that_write_at_once_break_no_chain(tmp_path: Path) -> None:
    file = tmp_path / "proofs.jsonl"

    def write() -> None:
        for number in range(25):
            append_proof(file, proof(P2, number))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_proofs(file)) == 100
    assert all(p.ok for p in read_proofs(file))


def test_the_words_of_a_line_are_as_documented() -> None:
    """``check`` is of the line without it, ``after`` of the line before."""
    line = seal_line(b'{"at":"x"}', b"before")
    assert line == b'{"at":"x","after":"6db7d803e74f1ffa","check":"' + line[-18:]

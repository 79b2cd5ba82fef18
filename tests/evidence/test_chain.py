"""Whoever changes, takes out, puts in or cuts off a line of the journal is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.evidence.chain import (
    NOTHING_BEFORE,
    Entry,
    Head,
    Outcome,
    flaws_of,
    head_of,
    line_after,
    lines_of,
    parse_head,
    read_entry,
)

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def entry(number: int, words: str = "") -> Entry:
    return Entry(
        at=NOON + timedelta(minutes=number),
        who="kwdb",
        host="db1",
        action="backup",
        outcome=Outcome.SUCCEEDED,
        path=f"kwtui/shop/{number}",
        words=words,
    )


def journal(count: int) -> bytes:
    last, content = b"", b""
    for number in range(count):
        last = line_after(last, entry(number))
        content += last + b"\n"
    return content


def test_what_was_written_is_whole_and_can_be_read() -> None:
    content = journal(5)
    assert flaws_of(content, [head_of(content)]) == []
    assert [e.path for line in lines_of(content) if (e := read_entry(line))] == [
        f"kwtui/shop/{number}" for number in range(5)
    ]
    assert flaws_of(b"") == []
    assert head_of(b"") == Head(0, NOTHING_BEFORE)


def changed(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"shop/2", b"shop/9"), *lines[3:]]


def taken_out(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def put_in(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], line_after(lines[1], entry(9)), *lines[2:]]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def beginning_gone(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def no_entry(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], b"{}"]


@pytest.mark.parametrize("act", [changed, taken_out, put_in, swapped, beginning_gone, no_entry])
def test_each_way_to_alter_it_is_found(act) -> None:  # type: ignore[no-untyped-def]
    altered = b"\n".join(act(lines_of(journal(5)))) + b"\n"
    assert flaws_of(altered)


def test_a_cut_end_needs_a_head_that_was_noted() -> None:
    whole = journal(5)
    noted = head_of(whole)
    cut = b"\n".join(lines_of(whole)[:3]) + b"\n"
    assert flaws_of(cut) == [], "the chain alone cannot tell"
    assert [f.words for f in flaws_of(cut, [noted])] == [
        "2 of the 5 lines that were noted are missing at its end"
    ]
    written_anew = cut + b"".join(line_after(b"x", entry(n)) + b"\n" for n in (3, 4))
    assert any("not the line that was noted" in f.words for f in flaws_of(written_anew, [noted]))


def test_a_torn_last_line_is_said() -> None:
    assert any("cut off" in flaw.words for flaw in flaws_of(journal(3)[:-20]))


def test_a_head_is_read_as_it_is_printed() -> None:
    head = head_of(journal(2))
    assert parse_head(f" {head}\n") == head
    for wrong in ("", "5", "5:abc", f"-1:{'a' * 64}", f"5:{'A' * 64}"):
        assert parse_head(wrong) is None


@given(st.integers(1, 6), st.data())
def test_no_byte_can_be_changed_unseen(count: int, data: st.DataObject) -> None:
    """Also not in the last line, with the head that was noted."""
    content = journal(count)
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != content[place]))
    altered = content[:place] + bytes([byte]) + content[place + 1 :]
    assert flaws_of(altered, [head_of(content)])

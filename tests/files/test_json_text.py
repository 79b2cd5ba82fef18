"""JSON says what it should to a program, and nothing to a terminal.

JSON itself escapes control characters below a blank alone: C1 codes (``\\x9b`` begins a sequence as
ESC [ does), direction marks and DEL go through as they are.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kwtui
from kwtui.errors import lines_of
from kwtui.files.json_text import decode, encode, encode_file, parse

HOSTILE = "\x9b31m\x7f\u202etxet\u2066\x85\u2028\x1b[2J\r\n\ud7ff\U000e0041\u200b"


def shows_nothing_else(data: bytes) -> bool:
    return data.decode().replace("\n", "").isprintable()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_and_none_reaches_the_terminal(text: str) -> None:
    for data in (encode({text: [text]}), encode_file({text: [text]})):
        assert shows_nothing_else(data)
        assert json.loads(data) == {text: [text]}
        assert decode(data, dict[str, list[str]]) == {text: [text]}


def test_what_a_terminal_obeys_is_escaped() -> None:
    data = encode(HOSTILE)
    assert shows_nothing_else(data)
    assert b"\\u009b31m\\u007f\\u202e" in data
    assert b"\\udb40\\udc41" in data
    assert json.loads(data) == HOSTILE


def test_a_pile_of_marks_covers_no_other_line() -> None:
    pile = "e" + "\u0301" * 1000
    data = encode(pile)
    assert data.decode().count("\u0301") == 4
    assert json.loads(data) == pile


def test_names_that_are_no_text_are_shown_as_bytes() -> None:
    assert json.loads(encode(["a\udcff\x9b"])) == ["a‹ff›\x9b"]


def test_plain_text_stays_readable() -> None:
    assert encode("größe 数据库") == '"größe 数据库"'.encode()


PACKAGE = Path(kwtui.__file__).parent
OWN_PIPES = {
    *("backups/proof/scan_process.py", "node/logs/file/match_process.py", "runs/worker.py"),
    *("commands/shared/version.py", "server/sandbox_process.py"),
}
"""They read what kwtui itself has just written to them, or brings along."""


def test_no_other_module_decodes_json_without_minding_its_depth() -> None:
    """``[[[[…`` is JSON that ends both decoders with a RecursionError, which is no ValueError."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("sandbox/") or name in OWN_PIPES:
            continue
        source = path.read_text()
        decodes = re.search(r"json\.(?:loads|decode|Decoder)\(", source)
        if decodes and "RecursionError" not in source:
            found.append(name)
    assert found == []


@pytest.mark.parametrize("text", ["[" * 100_000, '{"x":' * 100_000, "{", b"\xff", "nan]"])
def test_whatever_the_text_is_one_error_says_so(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse(text)
    with pytest.raises(msgspec.DecodeError):
        decode(text if isinstance(text, bytes) else text.encode(), list[int])


def test_text_of_several_lines_is_written_as_any_other() -> None:
    assert encode({"cause": lines_of("one", "two")}) == b'{"cause":"one\\ntwo"}'
    assert parse(encode_file([lines_of("one", "two")])) == ["one\ntwo"]
    with pytest.raises(NotImplementedError):
        encode(object())

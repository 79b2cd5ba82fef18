"""Fingerprints hash what the node hashes and fail where it fails (recordings 02 and 05)."""

from __future__ import annotations

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.statements.fingerprints import combine, text_as_bytes

CUSTOMERS = (
    ("1", "Ada Lovelace", "ada@example.com", "2024-01-01 10:00:00+00:00", "true"),
    ("2", "张伟", "zhang@example.com", "2024-02-01 02:00:00.123456+00:00", "false"),
    ("3", 'O\'Brien, "Pat"', None, "2024-03-01 00:00:00+00:00", "false"),
    ("4", "", "empty@example.com", "2024-03-02 00:00:00+00:00", None),
)


def fingerprint(*columns: int) -> str | None:
    chosen = [[row[place] for place in columns] for row in CUSTOMERS]
    return combine(
        [None if value is None else text_as_bytes(value) for value in row] for row in chosen
    )


def test_the_hashes_are_those_of_a_real_node() -> None:
    assert fingerprint(0, 1, 2, 3, 4) == "2384313212842326230"
    assert fingerprint(1, 0) == "-6377841202939270454"
    assert fingerprint(2, 0) == "639755514596268380"


def test_the_order_of_rows_does_not_matter() -> None:
    values = [[b"one"], [b"two"], [b"three"]]

    assert combine(values) == combine(reversed(values))


def test_nothing_has_no_hash() -> None:
    assert combine([]) is None
    assert combine([[None], [None]]) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("back\\slash\\ttab | pipe", '"back\\\\slash\\\\ttab | pipe"'),
        ('{a,"b,c","d\\"e"}', '"{a,\\"b,c\\",\\"d\\\\\\"e\\"}"'),
        ("line\none\\", '"line\\none\\\\"'),
    ],
)
def test_a_backslash_makes_the_statement_fail(text: str, shown: str) -> None:
    with pytest.raises(SqlError) as caught:
        text_as_bytes(text)

    assert caught.value.sqlstate == "22025"
    assert caught.value.message == (
        f"hash-fingerprint: could not parse {shown} as type bytes: invalid bytea escape sequence"
    )


def test_escapes_that_a_byte_string_may_have_are_read() -> None:
    assert text_as_bytes("\\x00ff") == b"\x00\xff"
    assert text_as_bytes("a\\\\b\\101") == b"a\\bA"

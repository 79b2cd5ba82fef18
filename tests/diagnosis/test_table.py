"""The table is whole: every entry can be recognised, and every fact it must cover is covered."""

from __future__ import annotations

import re

import pytest

from kwtui.diagnosis import Entry, known, recognise

ENTRIES = known().entries

# facts.md, 12.2 and 12.3.
SQLSTATES = re.findall(
    r"\S+",
    """
XXUUU 42501 22023 42601 3D000 42P01 42703 42704 42P04 42P07 42710 2BP01 23502 23503 23505 22001
22P02 0A000 25000 25001 25P02 28000 28P01 40001 40003 53100 53200 53300 55000 57014 58C00 58C01
08P01 XX000 XXC01
""",
)
KW_CODES = [
    f"KW{number:03}"
    for numbers in (
        range(1, 14),
        (101, 201, 202, 203),
        range(301, 311),
        range(501, 514),
        (601, 602, 701, 773),
        range(801, 814),
        (901, 912, 913, 914, 915, 916, 917),
    )
    for number in numbers
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.code)
def test_an_entry_explains_and_is_found_by_its_examples(entry: Entry) -> None:
    assert entry.title
    assert entry.means
    assert entry.do
    assert entry.causes or entry.harmless
    assert entry.sources
    assert entry.patterns or entry.sqlstates or entry.kw
    for example in entry.examples:
        assert [d.entry for d in recognise(example)] == [entry]
    for pattern in entry.patterns:
        texts = (" ".join(example.split()) for example in entry.examples)
        assert any(pattern.search(text) for text in texts), pattern.pattern


def test_codes_are_unique_and_checks_exist() -> None:
    codes = [entry.code for entry in ENTRIES]
    assert len(codes) == len(set(codes))
    named = {name for entry in ENTRIES for name in entry.checks}
    assert named == set(known().checks)
    for name in ("sqlstates", "kw", "names"):
        values = [value for entry in ENTRIES for value in getattr(entry, name)]
        assert len(values) == len(set(values)), name


@pytest.mark.parametrize("code", [*SQLSTATES, *KW_CODES])
def test_every_documented_code_is_known(code: str) -> None:
    """Typed alone, as people look them up."""
    (found,) = recognise(code)
    assert found.is_known
    assert code in (*found.entry.sqlstates, *found.entry.kw)  # type: ignore[union-attr]


@pytest.mark.parametrize("row", range(1, 31))
def test_every_trap_that_was_seen_on_a_node_has_an_entry(row: int) -> None:
    assert any(f"live-findings, row {row}" in entry.sources for entry in ENTRIES)


@pytest.mark.parametrize("check", known().checks.values(), ids=lambda c: c.name)
def test_a_check_only_reads(check: object) -> None:
    sql = getattr(check, "sql", "")
    kinds = [kind for kind in ("sql", "doctor", "log") if getattr(check, kind)]
    assert len(kinds) == 1
    if sql:
        assert re.match(r"(SELECT|SHOW) ", sql)
        assert ";" not in sql
    if kinds == ["log"]:
        re.compile(getattr(check, "log", ""))


def test_patterns_do_not_hang_on_hostile_text() -> None:
    """Patterns run over whatever is pasted: none may need long for a long line."""
    import time

    for text in (
        "a" * 6000,
        'relation "' * 600,
        "DEFAULT '" * 700,
        "/extern/a/b/" * 500,
        "job " * 1500,
    ):
        began = time.perf_counter()
        recognise(text)
        assert time.perf_counter() - began < 1.5

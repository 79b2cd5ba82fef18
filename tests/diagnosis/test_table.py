"""The table is whole: every entry can be recognised, and every fact it must cover is covered."""

from __future__ import annotations

import re
from pathlib import Path

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


@pytest.mark.parametrize("row", range(1, 44))
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
        began = time.process_time()
        recognise(text)
        assert time.process_time() - began < 1.5


# facts.md, 12.4: what a server says, and the entry that tells an operator about it.
SYMPTOMS = {
    "export path nodelocal://1/a is not empty": "destination_not_empty",
    "don't use 'self' or '0' as node ID": "node_id_needed",
    "azure does not support additional writing": "only_nodelocal_writes",
    "local file access to paths outside of external-io-dir is not allowed": "path_outside_extern",
    "EXPORT cannot be used inside a transaction": "in_transaction",
    "only users with the admin role are allowed to EXPORT": "not_admin",
    "only users with the admin role are allowed to IMPORT": "not_admin",
    "TABLE or COLUMN without COMMENTS cannot be used 'WITH COMMENT'": "no_comment_to_export",
    "NO COMMENT statement in the SQL file": "no_comment_to_export",
    "NO GRANT statement in the SQL file": "no_grants_in_export",
    "the CSV file contains line breaks": "series_line_breaks",
    'relation "public.a" already exists': "name_taken",
    "There is a REJECT FILE in the same directory as the CSV file": "reject_file",
    "job 1229669077683470337 is not controllable": "job_not_controllable",
    'relation "a" is offline: importing': "table_offline",
    'at or near "activetime": syntax error': "meta_of_older_version",
    'at or near "encoding": syntax error': "meta_of_older_version",
    'at or near "interval": syntax error': "meta_of_older_version",
    "BACKUP can only be used in the enterprise version": "enterprise_only",
}


@pytest.mark.parametrize(("text", "code"), SYMPTOMS.items())
def test_every_documented_symptom_leads_to_its_explanation(text: str, code: str) -> None:
    for sqlstate in ("", " [XXUUU]"):
        (found,) = recognise(text + sqlstate)
        assert found.entry is not None
        assert found.entry.code == code
        assert found.entry.do


def test_the_lists_above_are_those_of_the_facts() -> None:
    path = Path(__file__).parents[3] / "shared" / "kwdb" / "facts.md"
    if not path.is_file():
        pytest.skip("facts.md is not beside this checkout")
    facts = path.read_text("utf-8")
    states, kw, symptoms = (_rows(facts, number) for number in ("12.2", "12.3", "12.4"))
    assert {c for row in states for c in re.findall(r"[0-9A-Z]{5}", row)} <= {*SQLSTATES, "XXUUU"}
    named = {f"KW{number}" for row in kw for number in re.findall(r"KW(\d{3})", row)}
    assert named <= set(KW_CODES)
    for row in symptoms:
        for pattern in re.findall(r"`([^`]+)`", row.replace("\\|", "|")):
            where = pattern if " " in pattern or "\\" in pattern else re.escape(pattern)
            assert any(re.search(where, text, re.IGNORECASE) for text in SYMPTOMS), pattern


def _rows(facts: str, number: str) -> list[str]:
    """The first column of the table of a section, below its head."""
    section = re.split(r"^#+ ", facts.split(f"### {number} ", 1)[1], maxsplit=1, flags=re.MULTILINE)
    lines = [line for line in section[0].splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\)\|", line)[1] for line in lines[1:]]

"""Every error that a real node answered, and everything alarming in its logs, is recognised."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.diagnosis import Area, known, recognise
from kwtui.server.connection.failures import ServerMessage, connection_failure, statement_failure
from kwtui.server.connection.target import Target

DATA = Path(__file__).parent.parent / "data"

# Errors of the recordings that are plain mistakes in a statement, and what they are.
MISTAKES = {
    'unrecognized configuration parameter "crdb_version"': "undefined_setting",
    "unknown function: crdb_internal.is_admin()": "undefined_function",
    "unknown function: kwdb_internal.node_id()": "undefined_function",
    'database "kwdb_internal" does not exist': "undefined_database",
    'column "name" does not exist': "undefined_column",
    'column "schema_name" does not exist': "undefined_column",
    'column "e" does not exist': "undefined_column",
    'unrecognized configuration parameter "statements"': "undefined_setting",
    'at or near ".": syntax error': "syntax_error",
    'at or near "database": syntax error': "syntax_error",
    'at or near "ts": syntax error': "syntax_error",
    'at or near "checkpoint": syntax error': "syntax_error",
    'at or near "a": syntax error: unimplemented: this syntax': "syntax_error",
    'at or near "lua": syntax error': "syntax_error",
    'at or near ";": syntax error': "syntax_error",
    'at or near "comment": syntax error': "syntax_error",
    'at or near "with": syntax error': "syntax_error",
    'at or near "as": syntax error': "syntax_error",
    'at or near "default": syntax error': "syntax_error",
    'at or near "on": syntax error: not a valid privilege: "usage"': "syntax_error",
    "PARTITION other: DEFAULT can only appear in a VALUES list within INSERT or on the right side "
    "of a SET": "syntax_error",
}


def recorded() -> Iterator[tuple[str, str, str]]:
    """Message, SQLSTATE and detail of every error and notice, each once."""
    seen = set()
    for path in sorted((DATA / "recordings").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            error = record.get("error")
            found = [(n["message_primary"], "", "") for n in record.get("notices") or []]
            if isinstance(error, str):
                found.append((error, "", ""))
            elif error:
                parts = ("message", "sqlstate", "detail")
                message, sqlstate, detail = (error.get(part) or "" for part in parts)
                found.append((message, sqlstate, detail))
            for one in found:
                if one not in seen:
                    seen.add(one)
                    yield one


RECORDED = list(recorded())


def test_there_is_something_to_recognise() -> None:
    assert len(RECORDED) > 100


@pytest.mark.parametrize(("message", "sqlstate", "detail"), RECORDED)
def test_a_recorded_error_is_recognised_however_it_is_pasted(
    message: str, sqlstate: str, detail: str
) -> None:
    ways = {
        "psycopg": f"psycopg.errors.InternalError_: {message}",
        "psql": f"ERROR:  {message}" + (f"\nDETAIL:  {detail}" if detail else ""),
        "verbose psql": f"psql:restore.sql:12: ERROR:  {sqlstate or 'XXUUU'}: {message}",
        "kwtui": f"kwtui: The server refused the statement.\n  {message} [{sqlstate}]",
        "broken by a terminal": message.replace(" ", "\n", 3),
        "alone": message,
    }
    for way, text in ways.items():
        found = [d for d in recognise(text) if d.is_known]
        assert found, (way, text)
        general = [d.entry.code for d in found if d.entry and d.entry.general]
        assert not general, (way, general)


@pytest.mark.parametrize(("message", "code"), MISTAKES.items())
def test_plain_mistakes_are_told_apart_from_traps(message: str, code: str) -> None:
    (found,) = recognise(message)
    assert found.entry is not None
    assert (found.entry.code, found.entry.area) == (code, Area.SQL)


def test_syntax_errors_of_imports_are_no_plain_mistakes() -> None:
    """The statement that does not parse was written by KWDB itself."""
    plain = {message for message in MISTAKES}
    for message, sqlstate, detail in RECORDED:
        if sqlstate == "42601" and message not in plain:
            text = f"ERROR:  {message}\nDETAIL:  {detail}"
            (found,) = recognise(text)
            assert found.entry is not None
            assert found.entry.code in {
                "import_stray_file",
                "database_name_unquoted",
                "default_misprinted",
                "cannot_be_scheduled",
                "query_id_wrong",
                "meta_of_older_version",
                "tags_of_quoted_name",
            }, text


@pytest.mark.parametrize("path", sorted((DATA / "logs").iterdir()), ids=lambda p: p.name)
def test_every_alarming_line_of_the_real_logs_is_known(path: Path) -> None:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found = recognise(raw.decode("utf-8", "replace"))
    assert [d.excerpt for d in found if not d.is_known] == []
    if path.name.startswith("kwbase.node1"):
        assert sum(d.count for d in found) > 5


def test_everyday_noise_is_called_harmless() -> None:
    log = (DATA / "logs" / "kwbase.node1.kaiwudb.2026-11-22T08_30_56Z.022913.log").read_bytes()
    found = {d.entry.code: d.entry for d in recognise(log.decode("utf-8", "replace")) if d.entry}
    assert found["split_retry"].harmless
    assert found["lease_check"].harmless
    assert not found["store_file_vanished"].harmless
    assert set(found) <= {entry.code for entry in known().entries}


@pytest.mark.parametrize(("message", "sqlstate", "detail"), RECORDED)
def test_what_kwtui_says_of_an_error_is_one_error_when_pasted(
    message: str, sqlstate: str, detail: str
) -> None:
    refused = statement_failure(ServerMessage(message, sqlstate, detail))
    found = recognise("\n".join(refused.lines()))
    assert [each.is_known for each in found] == [True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("connection refused", "server_unreachable"),
        ("fe_sendauth: no password supplied", "password_missing"),
        ("password authentication failed for user op", "password_rejected"),
        ("SSL error: wrong version number", "tls_failed"),
        ('private key file "k" has group or world access', "key_too_open"),
        ("sorry, too many clients already", "too_many_connections"),
    ],
)
def test_what_kwtui_says_of_a_connection_is_one_error_when_pasted(text: str, code: str) -> None:
    failure = connection_failure(Exception(text), Target(password="x"))
    found = recognise("\n".join(failure.lines()))
    assert [each.entry.code for each in found if each.entry] == [code]
    assert all(each.is_known for each in found)

"""The rules of the contract let ids, times and sizes differ, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.contract.compare import compare
from tests.sandbox.contract.recordings import Step
from tests.sandbox.contract.rules import Run, agree, listing

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
RUN = Run("/tmp/x/store", NOW)  # noqa: S108 - a name, not a file
STAMP = "2031-05-06 07:08:10.5"


def _row_id(moment: datetime) -> str:
    since = moment - datetime(2015, 1, 1, tzinfo=UTC)
    return str((since // timedelta(microseconds=10) << 15) + 1)


@pytest.mark.parametrize(
    ("recorded", "answered", "column"),
    [
        ("2026-11-22 08:20:07.414111", STAMP, "created"),
        ("18ea50390c8974c40000000000000001", "0a" * 16, ""),
        ("1229668988559917057", _row_id(NOW), "job_id"),
        ("relation 1229668988559917057", f"relation {_row_id(NOW)}", ""),
        ("-3540757973658007933", "553512909035786093", "fingerprint"),
        ("write /var/lib/kaiwudb/extern/a", "write /tmp/x/store/extern/a", ""),
        ("270553174016", "1", "capacity"),
        ("1795336256836141902.0000000000", "1895336256836141902.0000000000", ""),
        ("127.0.0.1:36257", "127.0.0.1:5", ""),
    ],
)
def test_values_of_a_run_may_differ(recorded: str, answered: str, column: str) -> None:
    assert agree(recorded, answered, RUN, column)


@pytest.mark.parametrize(
    ("recorded", "answered", "column"),
    [
        ("2024-02-29 12:00:00", STAMP, "joined"),
        ("2026-11-22 08:20:07.414111", "1970-01-21 00:00:00", "created"),
        ("2026-11-22 08:20:07+00:00", STAMP, "created"),
        ("263", "269", "rows"),
        ("-", "1229668988559917057", "job_id"),
        ("1229668988559917057", "-", "job_id"),
        ("270553174016", "1", "rows"),
        ("4540757973658007933", "1053512909035786093", "xor_agg"),
        ("1229668988559917057", "1229668988559917058", "xor_agg"),
        ("it's", "its", ""),
    ],
)
def test_anything_else_may_not(recorded: str, answered: str, column: str) -> None:
    assert not agree(recorded, answered, RUN, column)


def test_a_time_hours_away_is_not_of_this_run() -> None:
    assert not RUN.is_now(str(NOW.replace(tzinfo=None) - timedelta(hours=1)))


def _select(sql: str, rows: list[list[str | None]]) -> Step:
    line = {
        "sql": sql,
        "tag": f"SELECT {len(rows)}",
        "columns": [{"name": "a", "oid": 25}],
        "rows": rows,
        "notices": [],
    }
    return Step("03", 0, line)


def test_the_order_of_rows_is_free_only_where_sql_leaves_it_free() -> None:
    free = _select("SELECT a FROM t", [["1"], ["2"]])
    turned = {**free.line, "rows": [["2"], ["1"]]}
    assert not compare(free, turned, RUN)
    ordered = _select("SELECT a FROM t ORDER BY a", [["1"], ["2"]])
    assert compare(ordered, turned, RUN)


def test_a_missing_notice_is_a_difference() -> None:
    step = _select("SELECT a FROM t", [["1"]])
    notice = {"severity": "NOTICE", "sqlstate": "XXUUU", "message_primary": "lost"}
    step.line["notices"] = [notice]
    assert [d.what for d in compare(step, {**step.line, "notices": []}, RUN)] == ["notices"]


def test_chunks_may_be_dealt_to_files_in_another_order_but_not_change() -> None:
    tree = [
        {"path": "t/n1.0.csv", "bytes": 4, "text": "1\n2\n"},
        {"path": "t/n1.1.csv", "bytes": 2, "text": "3\n"},
    ]
    step = Step("03", 0, {"directive": "tree t", "tree": tree})
    dealt = [
        {"path": "t/n1.0.csv", "bytes": 2, "text": "3\n"},
        {"path": "t/n1.1.csv", "bytes": 4, "text": "1\n2\n"},
    ]
    assert not compare(step, {"tree": dealt}, RUN)
    dealt[0]["text"] = "4\n"
    assert compare(step, {"tree": dealt}, RUN)
    assert compare(step, {"tree": tree[:1]}, RUN)


def test_listings_are_compared_by_mode_and_name() -> None:
    text = "total 8\ndrwxr-x---  2 root root 4096 Nov 22 08:19 logs\n"
    assert listing(text) == "drwxr-x--- logs"


def _jobs(rows: list[list[str | None]]) -> Step:
    columns = [{"name": "created", "oid": 1114}, {"name": "description", "oid": 25}]
    line = {"tag": f"SHOW JOBS {len(rows)}", "columns": columns, "rows": rows, "notices": []}
    return Step("05", 67, {"sql": "SHOW JOBS", **line})


def test_only_the_jobs_of_one_transaction_may_change_places() -> None:
    one, other = "2026-11-22 08:20:15.443652", "2026-11-22 08:20:15.735308"
    together = _jobs([[one, "CREATE TABLE a"], [one, "updating b"]])
    swapped = [[STAMP, "updating b"], [STAMP, "CREATE TABLE a"]]
    assert not compare(together, {**together.line, "rows": swapped}, RUN)
    apart = _jobs([[other, "CREATE TABLE a"], [one, "updating b"]])
    assert compare(apart, {**apart.line, "rows": swapped}, RUN)
    twice = [[STAMP, "updating b"], [STAMP, "updating b"]]
    assert compare(together, {**together.line, "rows": twice}, RUN)

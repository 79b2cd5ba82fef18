"""Every line of the real log files is understood: time, severity, source, tags, message."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest

from kwtui.node.logs.format import LogFamily, LogSeverity, family_of, line_severity, parse_entry
from kwtui.text import clean
from tests.node.samples import FATAL, ROCKSDB, TS_ENGINE, main_log


def test_a_main_line() -> None:
    line = (
        "E261122 08:20:17.803162 19135 jobs/registry.go:1201  [n1,client=127.0.0.1:51234,user=root]"
        " job 1: adoption completed [with] error"
    )
    entry = parse_entry([line, "goroutine 991 [running]:", "\tframe"], LogFamily.MAIN, 77)
    assert entry.severity is LogSeverity.ERROR
    assert entry.time == datetime(2026, 11, 22, 8, 20, 17, 803162, tzinfo=UTC)
    assert entry.source == "jobs/registry.go:1201"
    assert entry.thread == "19135"
    assert entry.tags == "n1,client=127.0.0.1:51234,user=root"
    assert entry.message == "job 1: adoption completed [with] error"
    assert entry.continuation == ("goroutine 991 [running]:", "\tframe")
    assert entry.offset == 77


def test_a_line_without_goroutine_or_tags() -> None:
    line = "W260702 03:28:10.000001 vendor/google.golang.org/grpc/clientconn.go:1206  grpc: failed"
    entry = parse_entry([line], LogFamily.MAIN)
    assert (entry.thread, entry.tags, entry.message) == ("", "", "grpc: failed")
    assert entry.source == "vendor/google.golang.org/grpc/clientconn.go:1206"


def test_a_ts_engine_line_with_its_space_padded_day() -> None:
    line = "I2607 2 11:28:05.862568 246 ts_engine.cpp:353 TS engine WAL level is: 2"
    entry = parse_entry([line], LogFamily.TS_ENGINE)
    assert entry.time == datetime(2026, 7, 2, 11, 28, 5, 862568, tzinfo=UTC)
    assert (entry.source, entry.message) == ("ts_engine.cpp:353", "TS engine WAL level is: 2")
    assert line_severity(line.encode()) is LogSeverity.INFO


def test_a_crash_record() -> None:
    line = "Exception time(UTC):2026-07-02 11:28:05"
    entry = parse_entry([line, "signal:SIGSEGV(11)"], LogFamily.CRASH)
    assert entry.severity is LogSeverity.FATAL
    assert entry.time == datetime(2026, 7, 2, 3, 28, 5, tzinfo=UTC), "eight hours are added to it"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("kwbase.log", LogFamily.MAIN),
        ("kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log", LogFamily.MAIN),
        ("kwbase-sql-exec.n.u.2026-11-22T08_19_53Z.020365.log", LogFamily.SQL),
        ("kwbase-sql-slow.log", LogFamily.SLOW),
        ("kwbase-auth.log", LogFamily.AUTH),
        ("kwbase-sql-audit.log", LogFamily.AUDIT),
        ("kwbase-pebble.log", LogFamily.PEBBLE),
        ("TsEngine.2026-11-22T08_19_53.log", LogFamily.TS_ENGINE),
        ("errlog.log", LogFamily.CRASH),
        ("something.log", LogFamily.OTHER),
    ],
)
def test_families_by_name(name: str, family: LogFamily) -> None:
    assert family_of(name) is family


@pytest.mark.parametrize("sample", [TS_ENGINE, ROCKSDB, FATAL, None])
def test_every_header_of_the_samples_is_read_in_full(sample: object) -> None:
    data = main_log() if sample is None else sample.read_bytes()  # type: ignore[attr-defined]
    headers = [line for line in data.split(b"\n") if line_severity(line) is not None]
    assert len(headers) > 50
    for line in headers:
        entry = parse_entry([line.decode("utf-8", "surrogateescape")], LogFamily.MAIN)
        assert entry.severity is line_severity(line)
        assert entry.time is not None
        assert entry.source


def test_no_control_byte_of_the_real_logs_reaches_a_terminal() -> None:
    lines = (main_log() + FATAL.read_bytes()).split(b"\n")
    marked = 0
    for line in lines:
        shown = clean(line.decode("utf-8", "surrogateescape"))
        assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert len(shown) >= len(line.decode("utf-8", "surrogateescape"))
        marked += "␀" in shown or "␛" in shown or "‹" in shown
    assert marked > 100

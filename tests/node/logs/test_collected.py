"""Log lines as journald, docker, Compose, Kubernetes and syslog hand them over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.diagnosis import recognise
from kwtui.model.collected import LONGEST, without_prefix
from kwtui.node.logs.density import count_entries
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.file.search import Searcher
from kwtui.node.logs.filter import LogFilter, parse_severity
from kwtui.node.logs.format import LogFamily, LogSeverity, line_severity, line_time, parse_entry

ENTRY = "E250318 06:21:13.254802 99 kv/a.go:1  [n1,s1] it broke: " + '"quoted"'
TIME = datetime(2025, 3, 18, 6, 21, 13, 254802, UTC)

PREFIXES = {
    "journald short": "Mar 18 14:21:13 dbhost kwbase[40598]: ",
    "journald short-precise": "Mar  8 14:21:13.254802 db-host.example kwbase[1]: ",
    "journald short-iso": "2025-03-18T14:21:13+0800 dbhost kwbase[40598]: ",
    "journald short-iso-precise": "2025-03-18T14:21:13.254802+08:00 dbhost bash[40598]: ",
    "journald short-full": "Tue 2025-03-18 14:21:13 CST dbhost kwbase[40598]: ",
    "journald with-unit": "Tue 2025-03-18 14:21:13 CST dbhost kaiwudb.service[40598]: ",
    "journald short-monotonic": "[  123.456789] dbhost kwbase[40598]: ",
    "journald short-unix": "1742278873.254802 dbhost kwbase[40598]: ",
    "journald export": "MESSAGE=",
    "syslog of rfc 5424": "<134>1 2025-03-18T06:21:13.254Z dbhost kwbase 40598 - - ",
    "rsyslog": "2025-03-18T14:21:13.254802+08:00 dbhost kwbase[40598]: ",
    "compose": "kwdb1  | ",
    "compose with a number": "kwdb-1  | ",
    "compose in colour": "\x1b[36mkwdb-1  |\x1b[0m ",
    "compose -t": "kwdb-1  | 2025-03-18T06:21:13.300000000Z ",
    "docker -t": "2025-03-18T06:21:13.300000000Z ",
    "cri": "2025-03-18T06:21:13.300000000+08:00 stderr F ",
    "kubectl --prefix": "[pod/kwdb-0/kwdb] ",
    "syslog of rfc 5424 with data": "<134>1 2025-03-18T06:21:13.254Z dbhost kwbase 40598 ID47 "
    '[ex@32473 iut="3" a="b]c"][more@1 x="y"] ',
    "syslog of rfc 5424 in utf-8": "<134>1 2025-03-18T06:21:13.254Z dbhost kwbase 1 - - \ufeff",
    "syslog of rfc 3164": "<30>Mar 18 14:21:13 dbhost kwbase[40598]: ",
    "syslog without its host": "<30>Mar 18 14:21:13 kwbase[40598]: ",
    "stern": "kwdb-0 kwdb ",
    "stern --timestamps": "kwdb-0 kwdb 2025-03-18T06:21:13.300000000Z ",
    "fluentd": "2025-03-18T06:21:13+00:00\tkwdb.stderr\t",
    "a name in brackets": "[kwdb-0] ",
    "docker service logs": "stack_kwdb.1.abcdefghij@node1    | ",
    "a terminal's colour": "\x1b[31m",
    "an editor's mark": "\ufeff",
    "kubectl --prefix --timestamps": "[pod/kwdb-0/kwdb] 2025-03-18T06:21:13.3Z ",
}


def as_json(key: str, text: str, **more: str) -> str:
    return json.dumps({**more, key: text, "stream": "stderr", "time": "2025-03-18T06:21:13.3Z"})


JSON_LINES = {
    "docker json-file": as_json("log", ENTRY + "\n"),
    "journald json": as_json("MESSAGE", ENTRY, __CURSOR="s=" + "a" * 300, _EXE="/k/kwbase"),
    "fluentd's records": "2025-03-18 06:21:13 +0000 kwdb.log: " + json.dumps({"log": ENTRY}),
    "with blanks": '{ "time" : "x", "log" : ' + json.dumps(ENTRY) + " }",
}
LINES = {name: prefix + ENTRY for name, prefix in PREFIXES.items()} | JSON_LINES


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_the_entry_is_read_behind_the_prefix_which_is_kept_for_show(line: str) -> None:
    assert line_severity(line.encode()) is LogSeverity.ERROR
    assert line_time(line.encode()) == TIME
    entry = parse_entry([line, "goroutine 99"], LogFamily.MAIN)
    assert (entry.severity, entry.time) == (LogSeverity.ERROR, TIME)
    assert (entry.source, entry.thread, entry.tags) == ("kv/a.go:1", "99", "n1,s1")
    assert entry.message == 'it broke: "quoted"'
    assert entry.raw == line
    assert without_prefix(line).text == ENTRY
    assert len(without_prefix(line).prefix) < LONGEST


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_filters_searches_and_bars_see_them(tmp_path: Path, line: str) -> None:
    calm = line.replace("E2503", "I2503")
    path = tmp_path / "kwbase.log"
    path.write_text(f"{calm}\n{line}\n  more\n{calm}\n", encoding="utf-8")
    log = OpenLog(path)
    wanted = LogFilter(
        severity=parse_severity("error"), source="a.go", thread="99", tag="s1", since=TIME
    )
    hits, _ = Searcher(log.reader, Query(wanted=wanted)).search(0, log.size, seconds=9, limit=9)
    assert hits == [len(calm.encode()) + 1]
    assert log.entry_end(hits[0]) == log.size - len(calm.encode()) - 1
    assert log.entry_start(log.entry_end(hits[0]) - 2) == hits[0]
    assert (log.first_time, log.last_time) == (TIME, TIME)
    counts, _ = count_entries(log, 0, log.size, 1, 9)
    second = int(TIME.timestamp())
    assert counts == {(second, LogSeverity.INFO): 2, (second, LogSeverity.ERROR): 1}


def test_times_are_sought_in_a_mixed_file(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    lines = [
        line.replace("06:21:13.254802", f"{6 + number // 60:02}:{number % 60:02}:00.000000")
        for number, line in enumerate(list(LINES.values()) * 4)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    log = OpenLog(path)
    offset = log.seek_time(datetime(2025, 3, 18, 6, 30, tzinfo=UTC))
    assert offset == len("\n".join(lines[:30]).encode()) + 1


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_information_behind_a_prefix_is_not_diagnosed(line: str) -> None:
    text = line.replace("E2503", "I2503").replace("it broke", "retrying: connection refused")
    assert recognise(text) == []
    found = recognise(line.replace("it broke", "Recover fail. Now Reset ALL WAL."))
    assert [each.entry.code for each in found if each.entry] == ["wal_reset"]


@pytest.mark.parametrize(
    "line",
    [
        "  the one before was " + ENTRY,
        f"it says '{ENTRY}'",
        f"a call ({ENTRY})",
        "since E250318 06:21:13.254802 it is quiet",
    ],
)
def test_a_text_that_quotes_an_entry_is_none(line: str) -> None:
    assert line_severity(line.encode()) is None
    assert without_prefix(line).text == line


def test_continued_lines_have_the_prefix_too() -> None:
    prefix = PREFIXES["journald short"]
    text = (
        f"{prefix}F250318 06:21:13.254802 99 kv/a.go:1  [n1] while committing batch: IO error\n"
        f"{prefix}goroutine 99 [running]:\n{prefix}\tpanic.go: something failed\n"
    )
    assert [each.entry.code for each in recognise(text) if each.entry] == ["store_file_vanished"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "Mar 18 14:21:13 dbhost systemd[1]: kaiwudb.service: Failed at step EXEC",
            "systemd[1]: kaiwudb.service: Failed at step EXEC",
        ),
        ("Mar 18 14:21:13 db kernel: Out of memory: Killed", "kernel: Out of memory: Killed"),
        ("Mar 18 14:21:13 db kwbase[9]: ERROR: cannot dial", "ERROR: cannot dial"),
        ("kwdb-1  | ERROR: cannot dial", "ERROR: cannot dial"),
        ("orders | 5 | failed", "orders | 5 | failed"),
        ("I250318 06:21:13.254802 1 a.go:1  x", "I250318 06:21:13.254802 1 a.go:1  x"),
        ('{"log":"cut off', "cut off"),
        ('{"log":17}', '{"log":17}'),
        ("", ""),
    ],
)
def test_only_what_a_collector_put_there_is_taken_off(line: str, text: str) -> None:
    assert without_prefix(line).text == text


@pytest.mark.parametrize("piece", ["a", "{", '{"log', "1", "[", "<1>1 ", "a |", "2025-03-18 "])
def test_long_lines_that_look_like_a_prefix_do_not_take_long(piece: str) -> None:
    import time

    began = time.process_time()
    without_prefix(piece * 20_000)
    line_severity((piece * 20_000).encode())
    assert time.process_time() - began < 0.5


def test_json_that_is_nested_too_deeply_is_a_line_like_any_other() -> None:
    line = f'{{"log":"{ENTRY[:40]}", "x":' + "[" * 100_000
    assert without_prefix(line).text.startswith(ENTRY[:40])

"""The node's files: store layout, WAL, and logs that look and turn over like a node's."""

from __future__ import annotations

import itertools
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.sandbox.answers.answer import Answer, Notice, SqlError
from kwtui.sandbox.node.log_files import (
    LogFamily,
    engine_line,
    engine_name,
    kwbase_line,
    kwbase_name,
)
from kwtui.sandbox.node.node_log import Client, Listening, NodeLog, StatementLog
from kwtui.sandbox.node.store import BLOCK_BYTES, Wal, prepare

SAMPLES = Path(__file__).parents[2] / "data" / "logs"
KWBASE_LINE = re.compile(
    r"^([IWEF])(\d{6} \d{2}:\d{2}:\d{2}\.\d{6}) (?:(\d+) )?([^:]+):(\d+)  (?:\[([^]]*)\] )?(.*)$"
)
ENGINE_LINE = re.compile(
    r"^([DIWEF])(\d{2})(\d{2})([ \d]\d) (\d{2}:\d{2}:\d{2}\.\d{6}) (\d+) ([^ :]+):(\d+) (.*)$"
)
KWBASE_NAME = re.compile(
    r"(?P<program>[^/.]+)\.(?P<host>[^/.]+)\.(?P<user>[^/.]+)\.(?P<ts>[^/.]+)\.(?P<pid>\d+)\.log"
)


def _listening(store: Path, first: bool = True) -> Listening:
    now = datetime.now(UTC)
    return Listening(store, "127.0.0.1", 26257, "ca164d7c-fd84-4cd8-86e2-836b7e9b32a5", now, first)


def test_the_store_is_laid_out_as_on_a_node(tmp_path: Path) -> None:
    store = prepare(tmp_path / "store", "127.0.0.1:26257")
    Wal(store)
    wal = sorted(str(p.relative_to(store.wal)) for p in store.wal.rglob("*") if p.is_file())
    groups = ("ddl", "engine", "vg_001", "vg_002", "vg_003", "vg_004")
    assert wal == [f"{g}/kwdb_wal.{end}" for g in groups for end in ("cur", "meta")]
    assert (store.root / "tsdb" / "schema").is_dir()
    assert (store.root / "kwbase.listen-addr").read_text() == "127.0.0.1:26257"
    assert not list(store.root.rglob("*.tmp"))


def test_the_wal_grows_with_rows_and_a_checkpoint_starts_it_anew(tmp_path: Path) -> None:
    store = prepare(tmp_path / "store", "127.0.0.1:26257")
    wal = Wal(store)
    current = store.wal / "vg_001" / "kwdb_wal.cur"
    meta = store.wal / "vg_001" / "kwdb_wal.meta"
    assert wal.flush() == 0, "nothing was written"
    wal.record(1000)
    assert wal.flush() > 0
    grown = current.stat().st_size
    assert grown > BLOCK_BYTES
    assert grown % BLOCK_BYTES == 0
    before = meta.read_bytes()
    wal.checkpoint()
    assert current.stat().st_size == BLOCK_BYTES
    assert meta.read_bytes() != before
    assert not list(store.wal.rglob("kwdb_wal.chk"))


def test_lines_are_written_as_a_node_writes_them() -> None:
    when = datetime(2026, 7, 2, 3, 28, 9, 254802, tzinfo=UTC)
    line = kwbase_line("I", when, 8370, "server/status/runtime.go:498", "runtime stats", "n1")
    assert line == "I260702 03:28:09.254802 8370 server/status/runtime.go:498  [n1] runtime stats"
    line = engine_line("I", when, 246, "db.cpp:117", "TSEngineImpl created success.")
    assert line == "I2607 2 03:28:09.254802 246 db.cpp:117 TSEngineImpl created success."


def test_every_line_of_the_sandbox_has_the_shape_of_the_samples(tmp_path: Path) -> None:
    log = NodeLog(tmp_path, ["kwbase", "start-single-node", "--insecure"])
    log.starting(tmp_path)
    log.started(_listening(tmp_path))
    log.runtime()
    log.close()
    for name, shape in (
        ("kwbase.log", KWBASE_LINE),
        ("kwbase-rocksdb.log", KWBASE_LINE),
        ("TsEngine.log", ENGINE_LINE),
    ):
        text = (tmp_path / name).read_bytes().decode(errors="replace")
        assert all(
            shape.match(line) or re.match(r"KWDB node starting at|[\w\[\] /]+:\s", line)
            for line in text.splitlines()
        ), name
    for path in tmp_path.glob("kwbase*.log"):
        if not path.is_symlink():
            assert KWBASE_NAME.fullmatch(path.name), path.name


def test_the_log_begins_with_the_command_line_and_holds_the_banner(tmp_path: Path) -> None:
    log = NodeLog(tmp_path, ["kwbase", "start-single-node", "--insecure", "--store=/s"])
    log.starting(tmp_path)
    log.started(_listening(tmp_path))
    log.close()
    text = (tmp_path / "kwbase.log").read_text(errors="replace")
    first = text.splitlines()[:5]
    assert "[config] file created at: " in first[0]
    assert "[config] arguments: [kwbase start-single-node --insecure --store=/s]" in first[3]
    assert first[4].endswith("line format: [IWEF]yymmdd hh:mm:ss.uuuuuu goid file:line msg utf8=✓")
    banner = text[text.index("node startup completed:") :]
    labels = re.findall(r"^([\w\[\] /]+:)\s", banner, re.MULTILINE)
    assert labels[1:] == [
        "build:", "sql:", "RPC client flags:", "logs:", "temp dir:", "external I/O path:",
        "store[0]:", "storage engine:", "ts storage engine:", "status:", "clusterID:", "nodeID:",
    ]  # fmt: skip


def test_the_log_holds_bytes_that_are_no_text(tmp_path: Path) -> None:
    log = NodeLog(tmp_path, ["kwbase"])
    log.starting(tmp_path)
    log.close()
    raw = (tmp_path / "kwbase.log").read_bytes()
    assert b"\x0f" in raw
    assert raw.decode(errors="ignore").encode() != raw


def _family(directory: Path, clock: datetime, **more: int | None) -> LogFamily:
    return LogFamily(
        directory, "kwbase", "kwbase.log", kwbase_name("kwbase", "a.b", "root", 42),
        lambda now: [f"header {now:%H:%M:%S}"], lambda: clock, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_full_file_is_followed_by_a_new_one_and_the_link_moves_on(tmp_path: Path) -> None:
    family = _family(tmp_path, datetime(2026, 7, 2, 3, 0, 0, tzinfo=UTC), max_bytes=300)
    first = os.readlink(tmp_path / "kwbase.log")
    assert first == "kwbase.ab.root.2026-07-02T03_00_00Z.000042.log"
    for number in range(10):
        family.write(b"line %03d %s\n" % (number, b"x" * 60))
    family.close()
    assert os.readlink(tmp_path / "kwbase.log") != first
    files = sorted(p for p in tmp_path.glob("kwbase.*.log") if not p.is_symlink())
    assert len(files) > 2
    assert all(p.read_bytes().startswith(b"header ") for p in files)
    assert all(p.stat().st_size <= 300 for p in files)
    lines = itertools.chain.from_iterable(p.read_text().splitlines()[1:] for p in files)
    assert [int(line.split()[1]) for line in lines] == list(range(10)), "no line is lost"


def test_the_oldest_files_of_a_family_go_when_it_is_too_big(tmp_path: Path) -> None:
    clock = datetime(2026, 7, 2, 3, 0, 0, tzinfo=UTC)
    family = _family(tmp_path, clock, max_bytes=100, max_family_bytes=350)
    for number in range(40):
        family.write(b"line %03d %s\n" % (number, b"x" * 40))
    family.close()
    files = [p for p in tmp_path.glob("kwbase.*.log") if not p.is_symlink()]
    assert sum(p.stat().st_size for p in files) <= 450
    assert (tmp_path / "kwbase.log").resolve() in [p.resolve() for p in files]


def test_engine_files_are_named_in_local_time() -> None:
    when = datetime(2026, 7, 2, 3, 28, 9, tzinfo=UTC)
    assert engine_name(when) == f"TsEngine.{when.astimezone():%Y-%m-%dT%H_%M_%S}.log"
    assert engine_name(when + timedelta(seconds=1)) != engine_name(when)


def test_exports_imports_and_errors_are_told(tmp_path: Path) -> None:
    store = prepare(tmp_path, "127.0.0.1:1")
    log = NodeLog(tmp_path / "logs", ["kwbase"])
    client = Client("127.0.0.1:5000", "root")
    log.client_connected(client)
    told = StatementLog(log, client, Wal(store))
    told.started("EXPORT INTO CSV 'nodelocal://1/a' FROM DATABASE shop")
    notices = [Notice("write file n1.0.csv: no space left on device", sqlstate="XXUUU")]
    told.answered(
        "EXPORT INTO CSV 'nodelocal://1/a' FROM DATABASE shop", Answer("EXPORT 2", notices=notices)
    )
    told.started("IMPORT DATABASE CSV DATA ('nodelocal://1/a')")
    told.failed("IMPORT DATABASE CSV DATA ('nodelocal://1/a')", SqlError("line one\nline two"))
    log.close()
    lines = (tmp_path / "logs" / "kwbase.log").read_text().splitlines()
    said = [line for line in lines if "client=127.0.0.1:5000,hostnossl,user=root" in line]
    assert "exec started" in said[0]
    assert "no space left on device" in "\n".join(said)
    assert said[-1].startswith("E")
    assert '"line one line two"' in said[-1], "a message cannot begin a line of its own"

"""The WAL files of a store, of today's layout and of the older one, and what the log says."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.node.logs.listing import LogFile, find_logs
from kwtui.node.wal.files import AreaKind, Layout, Role, parse_meta, read_wal
from kwtui.node.wal.log import read_wal_log
from tests.node.samples import TS_ENGINE, log_folder

BLOCK = 4096
META = struct.pack("<QQIQ", 70_000, 65_536, 12, 69_000)


def current_store(root: Path, **logged_blocks: int) -> Path:
    """A store of 3.x: ``vg_001=5`` has five blocks after its header."""
    for name in ("vg_001", "vg_002", "vg_003", "vg_004", "engine", "ddl"):
        folder = root / "tsdb" / "wal" / name
        folder.mkdir(parents=True)
        (folder / "kwdb_wal.cur").write_bytes(bytes(BLOCK * (1 + logged_blocks.get(name, 0))))
        (folder / "kwdb_wal.meta").write_bytes(META)
    (root / "tsdb" / "schema").mkdir()
    (root / "000003.log").write_bytes(bytes(1000))
    (root / "CURRENT").write_text("x")
    return root


def test_a_store_of_today(tmp_path: Path) -> None:
    found = read_wal(current_store(tmp_path, vg_001=5, vg_003=2))
    assert found.layout is Layout.CURRENT
    assert [a.name for a in found.areas] == [
        "vg_001",
        "vg_002",
        "vg_003",
        "vg_004",
        "engine",
        "ddl",
    ]
    assert found.logged_bytes == 7 * BLOCK
    assert [a.kind for a in found.areas][-2:] == [AreaKind.ENGINE, AreaKind.DDL]
    assert len(found.vgroups) == 4
    assert (found.relational_files, found.relational_bytes) == (1, 1000)
    meta = found.areas[0].meta
    assert meta is not None
    assert (meta.current_lsn, meta.checkpoint_no) == (70_000, 12)


def test_the_ring_of_older_versions_is_recognised(tmp_path: Path) -> None:
    for vgroup in ("vg_001", "vg_002"):
        folder = tmp_path / "tsdb" / "wal" / vgroup
        folder.mkdir(parents=True)
        for number in range(3):
            with open(folder / f"kwdb_wal{number}", "wb") as file:
                file.truncate(64 << 20)
    found = read_wal(tmp_path)
    assert found.layout is Layout.RING
    assert found.bytes == 6 * (64 << 20)
    assert found.logged_bytes == 0
    assert all(f.role is Role.RING for a in found.areas for f in a.files)


def test_files_that_an_upgrade_left_behind_are_seen(tmp_path: Path) -> None:
    store = current_store(tmp_path)
    (store / "tsdb" / "wal" / "vg_001" / "kwdb_wal2").write_bytes(bytes(100))
    assert read_wal(store).layout is Layout.MIXED


def test_a_checkpoint_that_runs_counts_both_files(tmp_path: Path) -> None:
    store = current_store(tmp_path, vg_002=1)
    (store / "tsdb" / "wal" / "vg_002" / "kwdb_wal.chk").write_bytes(bytes(BLOCK * 4))
    area = read_wal(store).areas[1]
    assert area.logged_bytes == 4 * BLOCK
    assert area.checkpoint_file is not None


def test_vgroups_that_were_moved_to_another_disk_by_links_are_followed(tmp_path: Path) -> None:
    store = current_store(tmp_path / "store", vg_001=3)
    moved = tmp_path / "disk2"
    (store / "tsdb" / "wal" / "vg_001").rename(moved)
    (store / "tsdb" / "wal" / "vg_001").symlink_to(moved)
    assert read_wal(store).logged_bytes == 3 * BLOCK


def test_a_store_without_time_series_says_so(tmp_path: Path) -> None:
    assert "not there" in read_wal(tmp_path).problem
    (tmp_path / "tsdb").mkdir()
    assert "no WAL files" in read_wal(tmp_path).problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_folder_says_so(tmp_path: Path) -> None:
    store = current_store(tmp_path)
    closed = store / "tsdb" / "wal" / "vg_004"
    closed.chmod(0)
    try:
        found = {a.name: a.problem for a in read_wal(store).areas}
    finally:
        closed.chmod(0o700)
    assert "closed" in found["vg_004"]


def test_a_meta_file_of_another_length_is_not_guessed_at() -> None:
    assert parse_meta(META) is not None
    assert parse_meta(META + b"x") is None
    assert parse_meta(b"") is None


# -- the log ----------------------------------------------------------------------------------


def engine_log(
    folder: Path, *lines: str, name: str = "TsEngine.2026-11-22T08_19_53.log"
) -> LogFile:
    path = folder / name
    path.write_text("".join(f"{each}\n" for each in lines))
    return next(f for f in find_logs([folder]) if f.path == path)


def test_a_real_nodes_log(tmp_path: Path) -> None:
    found = read_wal_log(find_logs([log_folder(tmp_path / "logs")]))
    assert found.level == 2
    assert found.completed == 5
    assert found.last_complete == datetime(2026, 11, 22, 8, 24, 54, 40368, tzinfo=UTC)
    assert found.alarms == (), "a first start that finds no checkpoint is no alarm"
    assert found.bytes_looked_at == TS_ENGINE.stat().st_size
    assert found.is_whole


def test_a_wal_that_was_thrown_away_is_an_alarm(tmp_path: Path) -> None:
    file = engine_log(
        tmp_path,
        "I261122 08:19:53.996825 20365 ts_engine.cpp:353 TS engine WAL level is: 2",
        "E261122 08:20:00.000001 20365 wal_mgr.cpp:10 Recover fail. Now Reset ALL WAL.",
        "I2611 2 08:20:54.005670 20444 ts_engine.cpp:1427 WAL Checkpoint Start.",
        "I261122 08:21:00.000000 20444 ts_engine.cpp:1 update wal level to 1",
    )
    found = read_wal_log([file])
    (alarm,) = found.alarms
    assert alarm.discarded
    assert "lost" in alarm.meaning
    assert alarm.time == datetime(2026, 11, 22, 8, 20, 0, 1, tzinfo=UTC)
    assert found.level == 1
    assert found.last_complete is None, "the last checkpoint began and did not end"


def test_the_newest_word_counts_across_files(tmp_path: Path) -> None:
    engine_log(
        tmp_path,
        "I261121 08:00:00.000000 1 ts_engine.cpp:1429 WAL Checkpoint Complete.",
        name="TsEngine.2026-11-21T08_00_00.log",
    )
    engine_log(tmp_path, "I261122 08:00:00.000000 1 ts_engine.cpp:353 TS engine WAL level is: 1")
    found = read_wal_log(find_logs([tmp_path]))
    assert found.level == 1
    assert found.last_complete == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_big_log_is_read_from_its_end_and_the_rest_is_named(tmp_path: Path) -> None:
    noise = "I261122 08:00:00.000000 1 a.cpp:1 nothing of interest here at all"
    lines = [
        "E261122 07:00:00.000000 1 wal.cpp:1 Failed to SortWALFile.Now Reset ALL WAL.",
        *[noise] * 2000,
        "I261122 09:00:00.000000 1 ts_engine.cpp:1429 WAL Checkpoint Complete.",
    ]
    file = engine_log(tmp_path, *lines)
    part = read_wal_log([file], limit=10_000)
    assert part.completed == 1
    assert part.alarms == ()
    assert not part.is_whole
    assert len(read_wal_log([file]).alarms) == 1


def test_pieces_do_not_cut_lines_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwtui.node.wal.log._PIECE", 211)
    lines = [
        f"I261122 08:{n:02}:00.000000 1 ts_engine.cpp:1429 WAL Checkpoint Complete. {'x' * n}"
        for n in range(60)
    ]
    found = read_wal_log([engine_log(tmp_path, *lines)])
    assert found.completed == 60
    assert found.last_complete == datetime(2026, 11, 22, 8, 59, tzinfo=UTC)


def test_a_node_without_a_time_series_log_says_so() -> None:
    assert "no TsEngine log" in read_wal_log([]).problem

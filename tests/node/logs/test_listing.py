"""The node's log folder: families, rotation, links."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import find_logs
from tests.node.samples import FATAL, MAIN_NAME, log_folder


def test_the_files_of_a_real_node_by_family_current_first(tmp_path: Path) -> None:
    logs = log_folder(tmp_path / "logs")
    files = find_logs([logs])
    assert [(f.family, f.path.name, f.current) for f in files[:2]] == [
        (LogFamily.MAIN, FATAL.name, True),
        (LogFamily.MAIN, MAIN_NAME, False),
    ]
    main = files[0]
    assert main.link == main.follow_path == logs / "kwbase.log"
    assert (main.host, main.user, main.pid) == ("node1", "kaiwudb", 22913)
    assert main.created == datetime(2026, 11, 22, 8, 30, 56, tzinfo=UTC)
    assert [f.family for f in files[2:]] == [LogFamily.ROCKSDB, LogFamily.TS_ENGINE]
    assert files[3].created == datetime(2026, 11, 22, 8, 19, 53, tzinfo=UTC)
    assert all(f.link and f.current for f in files[2:])


def test_without_links_the_newest_of_a_family_is_current(tmp_path: Path) -> None:
    for minute in ("10", "30", "20"):
        name = f"kwbase-auth.h.u.2026-11-22T08_{minute}_00Z.000001.log"
        (tmp_path / name).write_bytes(b"x\n")
    files = find_logs([tmp_path])
    assert [f.created.minute for f in files if f.created] == [30, 20, 10]
    assert [f.current for f in files] == [True, False, False]


def test_a_link_that_points_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "kwbase.log").symlink_to("gone.log")
    assert find_logs([tmp_path]) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        find_logs([tmp_path / "logs"])
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert "logs" in caught.value.title
    with pytest.raises(KwtuiError):
        find_logs([])


def test_one_of_two_folders_is_enough(tmp_path: Path) -> None:
    (tmp_path / "errlog.log").write_bytes(b"")
    files = find_logs([tmp_path / "none", tmp_path])
    assert [f.family for f in files] == [LogFamily.CRASH]

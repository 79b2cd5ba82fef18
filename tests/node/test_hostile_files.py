"""Something else stands where a file of a node belongs: nothing hangs, and no link leads out."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.files.untrusted import NotReadable
from kwtui.node.deployment.log_banner import read_banners
from kwtui.node.deployment.ownership import read_mark
from kwtui.node.logs.crashes import CRASH_LOG, read_crashes
from kwtui.node.logs.file.follower import LogFollower
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.listing import find_logs
from kwtui.node.wal.files import read_wal
from kwtui.node.wal.log import read_wal_log

LOG = "kwbase.host.user.2026-11-22T08_00_00Z.000001.log"
SECRET = "a secret that is not of the node"

pytestmark = pytest.mark.timeout(20)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "file").write_text(SECRET)
    path.symlink_to(elsewhere / "file")


THINGS = pytest.mark.parametrize("thing", [pipe, link, Path.mkdir], ids=lambda each: each.__name__)
Thing = Callable[[Path], None]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    (store / "logs").mkdir(parents=True)
    (store / "tsdb/wal/vg_001").mkdir(parents=True)
    return store


@THINGS
@pytest.mark.parametrize("name", [LOG, "kwbase.log", "TsEngine.log"])
def test_a_log(store: Path, thing: Thing, name: str) -> None:
    path = store / "logs" / name
    thing(path)
    assert find_logs([store / "logs"]) == []
    assert list(read_banners(store / "logs")) == []
    read_wal_log(find_logs([store / "logs"]))
    with pytest.raises(OSError, match=r"link|regular|directory"):
        OpenLog(path)


@THINGS
async def test_a_log_that_is_followed(store: Path, thing: Thing) -> None:
    path = store / "logs" / LOG
    thing(path)
    with pytest.raises(KwtuiError):
        await LogFollower(path).open()


@THINGS
def test_the_log_of_crashes(store: Path, thing: Thing) -> None:
    thing(store / "logs" / CRASH_LOG)
    with suppress(NotReadable):
        assert read_crashes(store / "logs" / CRASH_LOG) == []


@THINGS
@pytest.mark.parametrize("name", ["kwbase.sql-addr", "kwbase.listen-addr"])
def test_the_address_of_a_store(store: Path, thing: Thing, name: str) -> None:
    thing(store / name)
    assert read_mark(store).port is None


@THINGS
@pytest.mark.parametrize("name", ["kwdb_wal.meta", "kwdb_wal.cur"])
def test_a_file_of_the_wal(store: Path, thing: Thing, name: str) -> None:
    thing(store / "tsdb/wal/vg_001" / name)
    assert read_wal(store).bytes == 0


def test_a_log_that_links_to_its_neighbour_is_read(store: Path) -> None:
    (store / "logs" / LOG).write_text("I261122 08:00:00.000000 1 begun\n")
    (store / "logs/kwbase.log").symlink_to(LOG)
    assert OpenLog(store / "logs/kwbase.log").path == store / "logs" / LOG

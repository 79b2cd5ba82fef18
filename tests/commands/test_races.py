"""Root prunes and drills while the account that owns extern swaps folders for links as fast as it
can: nothing of root's is read into the backup, changed or removed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.files.foreign.accounts import OTHER, as_root, give, swapping

pytestmark = [as_root, pytest.mark.timeout(180)]

DAY = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SECRET = b"of root alone\n"


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder not in (Path("/"), Path("/tmp")):  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "etc/data/public/orders").mkdir(parents=True)
    for name in ("shadow", "manifest.json", "data/public/orders/n1.0.csv"):
        (tmp_path / "etc" / name).write_bytes(SECRET)
        (tmp_path / "etc" / name).chmod(0o600)
    return tmp_path


@pytest.fixture
def home(yard: Path) -> CommandLine:
    return CommandLine(yard / "home")


def attacked(
    yard: Path, paths: list[str], work: Callable[[Path, list[str]], object], pause: float = 0.0
) -> None:
    """Do the work while the folder of the database, and then that of a set, is swapped for a link
    to root's folder, again and again; all of root's is as it was then."""
    extern = yard / "store/extern"
    (extern / "kwtui/link").symlink_to(yard / "etc")
    give(yard / "store")
    before = tree(yard / "etc")
    for place in ((extern / paths[0]).parent, extern / paths[0]):
        if place.exists():
            with swapping(place, extern / "kwtui/link", 60.0, pause):
                work(extern, paths)
        assert tree(yard / "etc") == before
    owners = {os.lstat(path).st_uid for path in extern.rglob("*")}
    assert owners <= {OTHER}, "nothing of root's was left there"
    assert not any(SECRET in path.read_bytes() for path in extern.rglob("*") if path.is_file())


def made(yard: Path, sets: int) -> list[str]:
    extern = yard / "store/extern"
    extern.mkdir(parents=True)
    days = [DAY + timedelta(days=n) for n in range(sets)]
    return [make_set(extern, yard / "home/state", started=day).path for day in days]


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """What is below a folder: owner, rights and content of each file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (status.st_uid, status.st_mode, data)
    return found


def test_prune(yard: Path, home: CommandLine) -> None:
    def prune(extern: Path, paths: list[str]) -> None:
        for keep in ("2", "1"):
            home.run("prune", "--keep-last", keep, "--yes", "--extern", str(extern))

    attacked(yard, made(yard, 4), prune)


@pytest.mark.slow
def test_drill(
    yard: Path, home: CommandLine, sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do("CREATE DATABASE raced", "CREATE TABLE raced.public.t (a INT8 PRIMARY KEY)")
    bench.do("INSERT INTO raced.public.t VALUES (1), (2)")
    path = bench.backup("raced").path
    bench.do("DROP DATABASE raced CASCADE")
    extern = yard / "store/extern"
    shutil.copytree(bench.extern / path, extern / path)
    ends = []

    def drill(extern: Path, paths: list[str]) -> None:
        for _ in range(2):
            ends.append(home.run("drill", path, "--on", "sandbox", "--extern", str(extern)).code)

    # Now and then it is the backup for as long as a part of the drill takes.
    attacked(yard, [path], drill, pause=6.0)
    assert ends != [ExitCode.REFUSED_BY_PLAN] * len(ends)


def test_verify_and_its_proof(yard: Path, home: CommandLine) -> None:
    def check(extern: Path, paths: list[str]) -> None:
        for _ in range(3):
            home.run("verify", paths[0], "--extern", str(extern))

    attacked(yard, made(yard, 1), check)

"""What goes wrong while files are linked to an earlier backup's: neither set suffers by it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import Manifest, read_manifest
from kwtui.files.foreign import making
from kwtui.operations.backup.execution import segment_export
from kwtui.operations.plan import Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made

DB = "links_plant"
ROWS = 24


@pytest.fixture
def bench(sandbox: SandboxNode, tmp_path: Path) -> Iterator[Bench]:
    """A time series of three days, backed up once, with another day since."""
    bench = Bench(sandbox, tmp_path / "state")
    bench.do(
        f"DROP DATABASE IF EXISTS {DB} CASCADE",
        f"CREATE TS DATABASE {DB}",
        f"CREATE TABLE {DB}.public.m (ts TIMESTAMPTZ(3) NOT NULL, a INT4) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        *(f"INSERT INTO {DB}.public.m VALUES {day_of(day)}" for day in (1, 2, 3)),
    )
    yield bench
    shutil.rmtree(bench.extern / "kwtui" / DB, ignore_errors=True)


def day_of(day: int) -> str:
    return ", ".join(f"('2026-11-{day:02} {h:02}:00:00', {day * h}, 1)" for h in range(6))


@pytest.fixture
def first(bench: Bench) -> Made:
    made = bench.backup(DB, chunk_rows=2)
    bench.do(f"INSERT INTO {DB}.public.m VALUES {day_of(4)}")
    return made


def manifest_of(bench: Bench, path: str) -> Manifest:
    return read_manifest(bench.extern / path / "manifest.json")


def assert_whole(bench: Bench, path: str, rows: int = ROWS) -> Manifest:
    report = bench.verify(path)
    assert report.ok, report.findings
    assert report.rows == rows
    return manifest_of(bench, path)


class PowerCut(BaseException):
    """Nothing that runs hears of it, so nothing is cleaned up."""


class CutAfter:
    """Lets some calls of file operations pass, and cuts the power before the next one."""

    def __init__(self, patch: pytest.MonkeyPatch, passing: int) -> None:
        self.left, self.cut = passing, False
        for name in ("hard_link", "move_file", "sync_folder", "remove_empty"):
            patch.setattr(segment_export, name, self._counting(getattr(segment_export, name)))

    def _counting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            if self.cut or self.left == 0:
                self.cut = True
                raise PowerCut
            self.left -= 1
            return call(*arguments)

        return counted


MOMENTS = [pytest.param(n, marks=[] if n == 5 else [pytest.mark.slow]) for n in range(16)]


@pytest.mark.parametrize("passing", MOMENTS)
def test_a_run_that_is_killed_while_it_links_leaves_the_earlier_backup_whole(
    bench: Bench, first: Made, monkeypatch: pytest.MonkeyPatch, passing: int
) -> None:
    plan = bench.plan_backup(DB, chunk_rows=2)
    with monkeypatch.context() as patch:
        cut = CutAfter(patch, passing)
        try:
            bench.run(plan)
        except PowerCut:
            entries = {e.path: e for e in scan(bench.extern, bench.state).entries}
            assert entries[plan.path].kind is EntryKind.INCOMPLETE
        else:
            assert not cut.cut, "it was over before"

    again = bench.backup(DB, chunk_rows=2).path
    shutil.rmtree(bench.extern / plan.path)

    assert_whole(bench, first.path, ROWS - 6)
    assert any(s.linked for s in assert_whole(bench, again).tables[0].segments)


NO_LINKS = [
    errno.EXDEV,
    pytest.param(errno.EPERM, marks=pytest.mark.slow),
    pytest.param(errno.EMLINK, marks=pytest.mark.slow),
]


@pytest.mark.parametrize("number", NO_LINKS, ids=["EXDEV", "EPERM", "EMLINK"])
def test_where_no_links_can_be_made_files_are_copied_and_that_is_said(
    bench: Bench, first: Made, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(source))

    for module in (making, segment_export):
        monkeypatch.setattr(module, "hard_link", refuse)
    second = bench.backup(DB, chunk_rows=2)

    manifest = assert_whole(bench, second.path)
    taken = [s for s in manifest.tables[0].segments if s.linked]
    assert taken
    assert all(s.copied for s in taken)
    assert manifest.totals.shared_bytes == 0
    assert any("hard links are not possible here" in words for words in second.story.notices)
    files = [p for p in (bench.extern / second.path / "data").rglob("*.csv")]
    assert {p.stat().st_nlink for p in files} == {1}


def test_a_disk_that_is_full_of_links_is_not_called_damage(
    bench: Bench, first: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot grow takes no link; what is taken away by then is written after all."""
    made: list[Path] = []

    def full(source: Path, target: Path) -> None:
        if len(made) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))
        made.append(target)
        making.hard_link(source, target)

    monkeypatch.setattr(segment_export, "hard_link", full)
    second = bench.backup(DB, chunk_rows=2)

    assert_whole(bench, second.path)
    (words,) = [words for words in second.story.notices if "could not be linked" in words]
    assert "No space left" in words
    assert "Verify" not in words


def test_an_earlier_backup_that_is_deleted_meanwhile_takes_nothing_with_it(
    bench: Bench, first: Made
) -> None:
    def gone(step: Step) -> None:
        shutil.rmtree(bench.extern / first.path)

    second = bench.backup(DB, chunk_rows=2, hooks={"export": gone})

    manifest = assert_whole(bench, second.path)
    assert not any(s.linked for s in manifest.tables[0].segments)
    assert any(f"Verify {first.path}" in words for words in second.story.notices)


def test_a_text_that_was_replaced_by_one_as_long_is_found_where_the_sample_meets_it(
    bench: Bench,
) -> None:
    """Counts, sums and lengths are what they were."""
    table = f"{DB}.public.t"
    bench.do(
        f"CREATE TABLE {table} (ts TIMESTAMPTZ(3) NOT NULL, s VARCHAR(9)) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        f"DROP TABLE {DB}.public.m",
    )
    for day in (1, 2):
        rows = ", ".join(f"('2026-11-0{day} 0{h}:00:00', e'a \"b\"\\n', 1)" for h in range(8))
        bench.do(f"INSERT INTO {table} VALUES {rows}")
    first = bench.backup(DB, chunk_rows=2)
    same = bench.backup(DB, chunk_rows=2)
    assert all(s.linked for s in assert_whole(bench, same.path, 16).tables[0].segments)
    bench.do(
        f"INSERT INTO {table} VALUES ('2026-11-01 03:00:00', e'x \"b\"\\n', 1)",
        f"INSERT INTO {table} VALUES ('2026-11-02 09:00:00', 'new', 1)",
    )

    second = bench.backup(DB, chunk_rows=2)

    manifest = assert_whole(bench, second.path, 17)
    assert not any(s.linked for s in manifest.tables[0].segments)
    assert manifest.tables[0].whole_at is None
    (words,) = [words for words in second.story.notices if "though counts and sums are" in words]
    assert words.startswith("public.t: 2 rows from 2026-11-01 00:00:00+00:00 on")
    bench.restore(second.path, target=f"{DB}_back")
    assert bench.one(f"SELECT count(*) FROM {DB}_back.public.t WHERE s LIKE 'x%'") == "1"
    bench.do(f"DROP DATABASE {DB}_back CASCADE")
    assert bench.verify(first.path).ok


def test_two_backups_at_once_share_the_files_of_the_one_before(bench: Bench, first: Made) -> None:
    """By two accounts, which know nothing of each other's locks."""
    other = Bench(bench.node, bench.state / "other")
    second: list[Made] = []

    def back_up() -> None:
        second.append(other.backup(DB, chunk_rows=2))

    def somebody_else(step: Step) -> None:
        thread = Thread(target=back_up)
        thread.start()
        thread.join()

    third = bench.backup(DB, chunk_rows=2, hooks={"export": somebody_else})

    for made in (*second, third):
        taken = [s for s in assert_whole(bench, made.path).tables[0].segments if s.linked]
        assert {s.linked for s in taken} == {first.path}

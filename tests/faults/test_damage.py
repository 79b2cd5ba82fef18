"""Every kind of damage to every file of a real set is found and named; a whole set has no fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kwtui.backups.manifest import MANIFEST_FILE
from kwtui.backups.proof.findings import Fault
from kwtui.backups.proof.verify import VerifyReport
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made

P1, P2 = ProofLevel.P1, ProofLevel.P2
CLEAN_CHECKS = 200


@dataclass(frozen=True)
class Sets:
    """Real sets of several makings; they are copied before anything is done to them."""

    bench: Bench
    made: dict[str, Made]

    def copy_place(self, name: str) -> Path:
        return self.bench.extern / f"copies/{name}"

    def copy(self, name: str) -> Path:
        """A copy of a set as it was made, always at the same place: its folder."""
        folder = self.copy_place(name)
        make_alike(folder, self.bench.extern / self.made[name].path)
        return folder

    def check(self, folder: Path, level: ProofLevel) -> VerifyReport:
        return self.bench.verify(str(folder.relative_to(self.bench.extern)), level)

    def files(self, name: str) -> list[str]:
        root = self.bench.extern / self.made[name].path
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def sets(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Sets:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(
        "DROP DATABASE IF EXISTS damage CASCADE",
        "DROP DATABASE IF EXISTS damage_ts CASCADE",
        "CREATE DATABASE damage",
        "CREATE TS DATABASE damage_ts",
    )
    bench.do(
        "CREATE TABLE orders (id INT8 PRIMARY KEY, note STRING)",
        r"INSERT INTO orders VALUES (1, 'it''s'), (2, NULL), (3, e'two\nlines, " "'), (4, '值')",
        'CREATE TABLE "we ird" (id INT8 PRIMARY KEY, x FLOAT8)',
        'INSERT INTO "we ird" VALUES (1, 1.5), (2, -0.0), (3, 3)',
        "CREATE TABLE one (x STRING)",
        "INSERT INTO one VALUES (NULL), ('')",
        "CREATE TABLE empty (id INT8 PRIMARY KEY)",
        database="damage",
    )
    bench.do(
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES ('2026-05-01 00:00:00', 1.5, 1), ('2026-05-01 00:00:01', NULL, 2)",
        database="damage_ts",
    )
    setting = "SET CLUSTER SETTING sql.stats.automatic_collection.enabled = "
    bench.do("CREATE USER IF NOT EXISTS damage_clerk", f"{setting}false", f"{setting}true")
    return Sets(
        bench,
        {
            "snapshot": bench.backup("damage", chunk_rows=2),
            "database": bench.backup("damage", method=BackupMethod.DATABASE),
            "series": bench.backup("damage_ts"),
            "accounts": bench.backup("damage", with_users=True, with_settings=True),
        },
    )


def make_alike(folder: Path, original: Path) -> None:
    """Make the folder a copy of the original again: to copy all of it anew takes far longer."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        folder.mkdir(parents=True)
    wanted = {entry.name: entry for entry in original.iterdir()}
    for found in list(folder.iterdir()):
        same_kind = found.name in wanted and found.is_dir() == wanted[found.name].is_dir()
        if found.is_symlink() or (not found.is_dir() and not same_kind):
            found.unlink()
        elif not same_kind:
            shutil.rmtree(found)
    for name, entry in wanted.items():
        copy = folder / name
        if entry.is_dir():
            make_alike(copy, entry)
        elif not copy.exists() or copy.read_bytes() != entry.read_bytes():
            shutil.copy2(entry, copy)


# -- what can happen to a file ----------------------------------------------------------------


def truncate(path: Path, others: list[Path]) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def cut_a_line(path: Path, others: list[Path]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def empty(path: Path, others: list[Path]) -> None:
    path.write_bytes(b"")


def delete(path: Path, others: list[Path]) -> None:
    path.unlink()


def swap(path: Path, others: list[Path]) -> None:
    """With the next file of the set, names staying where they are."""
    other = next(
        p for p in others if p.name != MANIFEST_FILE and p.read_bytes() != path.read_bytes()
    )
    content = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(content)


def flip_first(path: Path, others: list[Path]) -> None:
    flip(path, 0)


def flip_middle(path: Path, others: list[Path]) -> None:
    flip(path, path.stat().st_size * 4)


def flip_last(path: Path, others: list[Path]) -> None:
    flip(path, path.stat().st_size * 8 - 1)


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def grow(path: Path, others: list[Path]) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


Damage = Callable[[Path, list[Path]], None]
DAMAGES: list[Damage] = [
    truncate,
    cut_a_line,
    empty,
    delete,
    swap,
    flip_first,
    flip_middle,
    flip_last,
    grow,
]


def told(sets: Sets, folder: Path, file: str, level: ProofLevel) -> bool:
    """Whether the check says that the set is damaged, and names this file."""
    try:
        report = sets.check(folder, level)
    except KwtuiError as error:
        return error.exit_code is ExitCode.BACKUP_DAMAGED and file in " ".join(error.lines())
    named = {f.subject for f in report.findings if f.severity is Severity.REFUSAL}
    level_lost = report.reached is None or report.reached < level
    return not report.ok and level_lost and file in named


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_any_file_is_found_and_named(sets: Sets, damage: Damage) -> None:
    tried, missed = 0, []
    for name in sets.made:
        for number, file in enumerate(sets.files(name)):
            for level in (P1, P2):
                folder = sets.copy(name)
                others = [folder / f for f in sets.files(name) if f != file]
                damage(folder / file, others[number:] + others[:number])
                tried += 1
                if damage is delete and file == MANIFEST_FILE:
                    found = is_no_backup(sets, folder)
                else:
                    found = told(sets, folder, file, level)
                if not found:
                    missed.append((name, file, f"P{int(level)}"))
    assert not missed
    assert tried >= 40


def is_no_backup(sets: Sets, folder: Path) -> bool:
    """Without its manifest a folder is no backup, whatever it holds."""
    try:
        report = sets.check(folder, P1)
    except KwtuiError as error:
        return error.exit_code is ExitCode.NOT_FOUND
    return report.adopted and report.reached in (None, ProofLevel.P0)


def stray_places(folder: Path) -> Iterator[Path]:
    yield folder
    yield from sorted(p for p in folder.rglob("*") if p.is_dir())


@pytest.mark.parametrize(
    "name", ["notes.txt", ".hidden", "n1.99.csv", "meta.sql.tmp", "reject.n1.0.txt"]
)
def test_a_stray_file_anywhere_is_found_and_named(sets: Sets, name: str) -> None:
    tried = 0
    for kind in sets.made:
        for place in list(stray_places(sets.copy(kind))):
            folder = sets.copy(kind)
            stray = place / name
            stray.write_bytes(b"1,x\n")
            report = sets.check(folder, P1)
            subject = str(stray.relative_to(folder))
            assert [(f.fault, f.subject) for f in report.findings] == [(Fault.STRAY, subject)]
            assert report.ok is (name != "n1.99.csv"), "an import of the folder would read it"
            tried += 1
    assert tried >= 10


# -- what can happen to a folder --------------------------------------------------------------


def folder_gone(folder: Path, sibling: Path | None) -> None:
    shutil.rmtree(folder)


def folder_renamed(folder: Path, sibling: Path | None) -> None:
    folder.rename(folder.with_name(f"{folder.name}.old"))


def folder_swapped(folder: Path, sibling: Path | None) -> None:
    if sibling is None:
        folder_gone(folder, sibling)
        return
    aside = folder.with_name("aside")
    folder.rename(aside)
    sibling.rename(folder)
    aside.rename(sibling)


def folder_emptied(folder: Path, sibling: Path | None) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def file_instead(folder: Path, sibling: Path | None) -> None:
    shutil.rmtree(folder)
    folder.write_text("lost+found")


def link_instead(folder: Path, sibling: Path | None) -> None:
    """To the very same files, which somebody else may change."""
    copies = next(parent for parent in folder.parents if parent.name == "copies")
    aside = copies.parent / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.move(folder, aside)
    folder.symlink_to(aside)


@pytest.mark.parametrize(
    "damage",
    [folder_gone, folder_renamed, folder_swapped, folder_emptied, file_instead, link_instead],
)
def test_damage_to_any_folder_is_found(
    sets: Sets, damage: Callable[[Path, Path | None], None]
) -> None:
    tried, missed = 0, []
    for name in sets.made:
        root = sets.copy(name)
        folders = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_dir()]
        for inside in folders:
            if not any(file.startswith(f"{inside}/") for file in sets.files(name)):
                continue
            folder = sets.copy(name) / inside
            others = (p for p in sorted(folder.parent.iterdir()) if p.is_dir() and p != folder)
            damage(folder, next(others, None))
            tried += 1
            report = sets.check(sets.copy_place(name), P1)
            if report.ok or report.reached is P1:
                missed.append((name, inside))
    assert not missed
    assert tried >= 10


def test_an_empty_folder_too_many_is_no_damage(sets: Sets) -> None:
    folder = sets.copy("snapshot")
    (folder / "data/public/nothing").mkdir()

    assert sets.check(folder, P2).ok


def test_a_link_in_the_place_of_a_file_is_damage(sets: Sets) -> None:
    """What it points to may change without anybody touching the set."""
    for file in sets.files("snapshot"):
        if file == MANIFEST_FILE:
            continue
        folder = sets.copy("snapshot")
        aside = folder.parent / "aside"
        shutil.move(folder / file, aside)
        (folder / file).symlink_to(aside)
        assert told(sets, folder, file, P1), file


def test_two_hundred_checks_of_whole_sets_raise_no_alarm(sets: Sets) -> None:
    folders = [sets.copy(name) for name in sets.made]
    alarms = []
    for number in range(CLEAN_CHECKS):
        level = P2 if number % 2 else P1
        report = sets.check(folders[number % len(folders)], level)
        if report.findings or report.reached is not level:
            alarms.append((number, report))
    assert not alarms

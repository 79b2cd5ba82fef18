"""Checking a set: every kind of damage is found at its level, and a whole set has no finding."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.proof_log import read_proofs
from kwtui.backups.listing.definitions import LARGEST_META
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import read_manifest, write_manifest
from kwtui.backups.proof.findings import Fault
from kwtui.backups.proof.verify import VerifyReport, verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign import reading as foreign
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect
from tests.backups.builder import ORDERS, make_set, write_recorded_tree
from tests.published import SMART_METER, unpack

P0, P1, P2 = ProofLevel.P0, ProofLevel.P1, ProofLevel.P2


@pytest.fixture
def location(tmp_path: Path) -> SetLocation:
    return make_set(tmp_path / "extern", tmp_path / "state")


def check(location: SetLocation, level: ProofLevel = P2) -> VerifyReport:
    return verify(location.extern, location.path, level)


def faults(report: VerifyReport) -> set[tuple[Fault, str]]:
    return {(f.fault, f.subject) for f in report.findings}


@pytest.mark.parametrize("level", [P1, P2])
def test_a_whole_set_has_no_finding_and_the_proof_is_written_down(
    location: SetLocation, level: ProofLevel
) -> None:
    report = check(location, level)
    assert report.findings == ()
    assert (report.ok, report.reached, report.adopted) == (True, level, False)
    assert report.files == 4
    if level is P2:
        assert {t.name: t.rows_found for t in report.tables}[ORDERS] == 4
    (proof,) = read_proofs(location.proofs)
    assert (proof.ok, proof.level, proof.at) == (True, level, report.checked_at)
    assert report.recorded == str(location.proofs)


def test_checking_without_writing_down(location: SetLocation) -> None:
    verify(location.extern, location.path, P1, record=False)
    assert not location.proofs.exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4])


def cut_at_a_record(path: Path) -> None:
    path.write_bytes(path.read_bytes().split(b"\n", 1)[0] + b"\n")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"9,nine\n")


def swap_for_a_link(path: Path) -> None:
    other = path.with_name("aside")
    path.rename(other)
    path.symlink_to(other.name)


@pytest.mark.parametrize("file", ["data/public/orders/n1.0.csv", "schema.json"])
@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (Path.unlink, Fault.MISSING),
        (cut, Fault.TRUNCATED),
        (cut_at_a_record, Fault.TRUNCATED),
        (flip, Fault.CHANGED),
        (grow, Fault.GROWN),
    ],
)
def test_damage_to_any_file_is_found_at_p1(
    location: SetLocation, file: str, damage: Callable[[Path], None], fault: Fault
) -> None:
    damage(location.root / file)
    report = check(location, P1)
    assert (fault, file) in faults(report)
    assert (report.ok, report.reached) == (False, P0)
    (proof,) = read_proofs(location.proofs)
    assert not proof.ok
    assert file in proof.problems[0]
    (entry,) = scan(location.extern).entries
    assert entry.proof is None
    assert file in entry.problem


def test_a_link_in_the_place_of_a_file_is_found(location: SetLocation) -> None:
    swap_for_a_link(location.root / "data/public/orders/n1.0.csv")
    report = check(location, P1)
    assert (Fault.CHANGED, "data/public/orders/n1.0.csv") in faults(report)


def test_two_files_of_the_same_size_that_changed_places_are_found(location: SetLocation) -> None:
    folder = location.data / "public/orders"
    first, second = folder / "n1.0.csv", folder / "n1.1.csv"
    size = max(first.stat().st_size, second.stat().st_size)
    assert size
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)
    assert not check(location, P1).ok


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_still_checked(
    location: SetLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = location.data / "public/orders/n1.0.csv"
    real = foreign.open_regular

    def open_file(path: Path) -> object:
        if path == broken:
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr("kwtui.backups.proof.checking.open_regular", open_file)
    report = check(location, P1)
    assert faults(report) == {(Fault.UNREADABLE, "data/public/orders/n1.0.csv")}
    assert report.files == 3


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("data/.hidden", Severity.WARNING),
        ("data/public/orders/reject.n1.0.txt", Severity.WARNING),
        ("notes.txt", Severity.WARNING),
        ("data/public/orders/n1.7.csv", Severity.REFUSAL),
    ],
)
def test_strays_are_told_and_those_that_an_import_would_read_refused(
    location: SetLocation, path: str, severity: Severity
) -> None:
    (location.root / path).write_text("x\n")
    (finding,) = check(location).findings
    assert (finding.fault, finding.subject, finding.severity) == (Fault.STRAY, path, severity)


def test_damage_with_a_name_that_is_no_text_is_still_written_down(location: SetLocation) -> None:
    folder = location.root / "data/public/orders"
    next(folder.iterdir()).rename(folder / os.fsdecode(b"n9\xff.csv"))

    assert not check(location).ok

    (proof,) = read_proofs(location.proofs)
    assert not proof.ok
    assert any("n9‹ff›.csv" in problem for problem in proof.problems)
    assert scan(location.extern).entries[0].problem


def test_a_manifest_that_counts_other_records_is_found_at_p2(location: SetLocation) -> None:
    manifest = read_manifest(location.manifest)
    tables = list(manifest.tables)
    tables[0] = replace(tables[0], rows_reported=5)
    files = (replace(tables[0].files[0], records=7), *tables[0].files[1:])
    tables[0] = replace(tables[0], files=files)
    write_manifest(location.manifest, replace(manifest, tables=tuple(tables)))
    assert check(location, P1).ok
    report = check(location, P2)
    assert faults(report) == {
        (Fault.RECORDS, "data/public/orders/n1.0.csv"),
        (Fault.RECORDS, "public.orders"),
    }
    assert (report.ok, report.reached) == (False, P1)
    assert [t.ok for t in report.tables] == [False, True, True]


def test_a_damaged_manifest_is_an_error_not_a_report(location: SetLocation) -> None:
    location.manifest.write_text("{")
    with pytest.raises(KwtuiError) as caught:
        check(location)
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED


def test_a_manifest_cannot_point_out_of_its_set(location: SetLocation) -> None:
    manifest = read_manifest(location.manifest)
    first, *others = manifest.tables
    out = replace(first.files[0], path="data/../../../../x/n1.0.csv")
    led_out = replace(first, files=(out, *first.files[1:]))
    write_manifest(location.manifest, replace(manifest, tables=(led_out, *others)))
    report = check(location)
    assert not report.ok


def test_checking_can_be_cancelled(location: SetLocation) -> None:
    with pytest.raises(KwtuiError) as caught:
        verify(location.extern, location.path, P2, cancelled=lambda: True)
    assert caught.value.exit_code is ExitCode.CANCELLED


def test_an_export_of_somebody_else_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    write_recorded_tree(tmp_path / "shop", "03-relational-export", "db_default")
    report = verify(tmp_path, "shop", P2)
    assert report.adopted
    assert (report.ok, report.reached) == (True, P0)
    rows = {str(t.name): t.rows_found for t in report.tables}
    assert rows["archive.old_orders"] == 250
    assert any("manifest" in line for line in report.unknown)
    codes = {(f.fault, f.severity) for f in report.findings}
    assert (Fault.IMPORT, Severity.WARNING) in codes, "computed columns and sequence defaults"
    assert not report.recorded


def test_damage_to_an_export_of_somebody_else(tmp_path: Path) -> None:
    write_recorded_tree(tmp_path / "shop", "03-relational-export", "db_default")
    orders = tmp_path / "shop/public/customers/n1.0.csv"
    orders.write_bytes(orders.read_bytes()[:-3])
    (tmp_path / "shop/public/types/meta.sql").write_text("CREATE TABLE types (\n\tid INT8")
    report = verify(tmp_path, "shop", P2, dialect=Dialect(null_text=""))
    assert (report.ok, report.reached) == (False, None)
    assert {
        (Fault.MALFORMED, "public/customers/n1.0.csv"),
        (Fault.META, "public/types/meta.sql"),
    } <= faults(report)


@pytest.mark.timeout(60)
def test_a_file_with_a_hole_is_named_and_not_read(tmp_path: Path, location: SetLocation) -> None:
    write_recorded_tree(tmp_path / "shop", "03-relational-export", "db_default")
    file = "public/customers/n1.0.csv"
    os.truncate(tmp_path / "shop" / file, 1 << 40)
    report = verify(tmp_path, "shop", P2, dialect=Dialect(null_text=""))
    assert (Fault.CHANGED, file) in faults(report)
    assert any("holds nothing from byte" in found.message for found in report.findings)

    own = next(location.root.rglob("*.csv"))
    size = own.stat().st_size
    os.truncate(own, 0)
    os.truncate(own, size)
    assert not check(location).ok


def test_a_definition_that_is_far_too_large_is_told_and_not_read(tmp_path: Path) -> None:
    write_recorded_tree(tmp_path / "shop", "03-relational-export", "db_default")
    os.truncate(tmp_path / "shop/public/types/meta.sql", LARGEST_META + 1)
    report = verify(tmp_path, "shop", P2)
    assert not report.ok
    assert (Fault.META, "public/types/meta.sql") in faults(report)
    assert report.bytes < LARGEST_META


def test_a_name_that_kwdb_printed_wrong_is_read_and_what_import_makes_of_it_is_told(
    tmp_path: Path,
) -> None:
    write_recorded_tree(tmp_path / "dash", "08-unrestorable", "trap_dash")
    report = verify(tmp_path, "dash", P2)
    (told,) = [f for f in report.findings if f.fault is Fault.IMPORT]
    assert 'IMPORT cannot read "my-db"' in told.message


@pytest.mark.skipif(not SMART_METER.exists(), reason="the published backups are not here")
@pytest.mark.parametrize(("name", "rows"), [("rdb", 305), ("tsdb", 10_100)])
def test_the_backups_that_the_kwdb_project_published_are_whole(
    tmp_path: Path, name: str, rows: int
) -> None:
    unpack(name, tmp_path)
    (entry,) = scan(tmp_path).entries
    report = verify(tmp_path, entry.path, P2)
    assert report.ok, report.findings
    assert sum(t.rows_found or 0 for t in report.tables) == rows


@pytest.mark.parametrize(
    ("at", "byte", "told"),
    [
        (9, b'"', "ends inside a quoted value: record 2: 2 fields instead of 3"),
        (11, b"\xff", "has 1 malformed record: record 2: invalid start byte (utf-8)"),
        (12, b"\xff", "has 1 malformed record: record 2: invalid start byte (utf-8)"),
        (12, b"x", "record 2: 'x' is no INT8 (column n)"),
    ],
)
def test_one_byte_is_told_once(tmp_path: Path, at: int, byte: bytes, told: str) -> None:
    """The same record was malformed, had other fields and a value that was no number."""
    tree = tmp_path / "extern" / "mine" / "public" / "t"
    tree.mkdir(parents=True)
    (tree.parents[1] / "meta.sql").write_text("CREATE DATABASE mine;\n")
    (tree / "meta.sql").write_text(
        "CREATE TABLE t (\n\tid INT8 NOT NULL,\n\ts STRING,\n\tn INT8\n);"
    )
    rows = b'1,a,1\n2,"b",2\n' + b"3,c,3\n" * 5
    assert rows[at : at + 1] != byte
    (tree / "n1.0.csv").write_bytes(rows[:at] + byte + rows[at + 1 :])
    report = verify(tmp_path / "extern", "mine", ProofLevel.P2, workers=1)
    assert [f.message for f in report.findings if f.subject.endswith(".csv")] == [told]

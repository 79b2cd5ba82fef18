"""What lies under extern is recognised: sets, leftovers, other people's exports, foreign files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.backups.csv.dialect import Certainty
from kwtui.backups.layout.proof_log import append_proof
from kwtui.backups.listing.contents import RowsKnown, open_damaged, open_set
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.library import read_text
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import read_manifest
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign import walking
from kwtui.files.foreign.walking import Entry
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import Engine, TableName
from tests.backups.builder import (
    ODD,
    ORDERS,
    STARTED,
    make_set,
    write_export,
    write_recorded_tree,
)
from tests.backups.test_manifest import proof
from tests.published import SMART_METER, unpack


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "extern"
    extern.mkdir()
    return extern


def entries(extern: Path, state: Path | None = None) -> dict[str, BackupEntry]:
    listing = scan(extern, state)
    assert listing.problem == ""
    return {e.path: e for e in listing.entries}


def test_a_set_is_listed_from_its_manifest(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state", label="before the upgrade")
    (entry,) = entries(extern).values()
    assert entry.path == location.path
    assert entry.kind is EntryKind.SET
    assert (entry.database, entry.engine) == ("shop", Engine.RELATIONAL)
    assert (entry.tables, entry.rows, entry.started) == (3, 5, STARTED)
    assert (entry.label, entry.method) == ("before the upgrade", BackupMethod.SNAPSHOT)
    assert (entry.proof, entry.proof_at) == (ProofLevel.P2, STARTED)
    assert entry.problem == entry.note == ""
    assert entry.age_seconds(STARTED + timedelta(hours=1)) == 3600


def test_newest_first_and_those_without_a_time_last(extern: Path, tmp_path: Path) -> None:
    for days in (1, 3, 2):
        make_set(extern, tmp_path / "state", started=STARTED + timedelta(days=days))
    (extern / "empty").mkdir()
    found = [e.started for e in scan(extern).entries]
    assert found == [STARTED + timedelta(days=d) for d in (3, 2, 1)] + [None]


def test_later_proofs_change_what_is_listed(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    append_proof(location.proofs, proof(ProofLevel.P4, 1))
    assert entries(extern)[location.path].proof is ProofLevel.P4
    append_proof(location.proofs, proof(ProofLevel.P1, 2, ok=False))
    entry = entries(extern)[location.path]
    assert entry.proof is None
    assert "last check failed" in entry.problem


def test_a_set_without_manifest_is_no_backup(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    location.manifest.unlink()
    entry = entries(extern)[location.path]
    assert entry.kind is EntryKind.INCOMPLETE
    assert (entry.database, entry.started) == ("shop", STARTED)
    assert entry.files == 4
    assert "did not finish" in entry.problem


def test_a_set_with_a_damaged_manifest_says_so(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    location.manifest.write_bytes(b'{"format": 1, ')
    entry = entries(extern)[location.path]
    assert (entry.kind, entry.database) == (EntryKind.SET, "shop")
    assert "is damaged" in entry.problem


def test_a_set_whose_data_is_gone_says_so(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    location.data.rename(tmp_path / "away")
    assert "data folder is missing" in entries(extern)[location.path].problem


def test_a_set_with_its_sidecars_in_the_state_directory(
    extern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    with monkeypatch.context() as patch:
        patch.setattr("kwtui.backups.layout.location.may", lambda path, rights: False)
        location = make_set(extern, state)
    entry = entries(extern, state)[location.path]
    assert (entry.kind, entry.rows) == (EntryKind.SET, 5)
    assert "state directory" in entry.note
    details = open_set(extern, location.path, state)
    assert details.manifest is not None
    assert "schema" not in read_text(extern, f"{location.path}/manifest.json", state)[:10]


@pytest.mark.parametrize(
    ("recording", "tree", "database", "engine", "tables", "note"),
    [
        ("03-relational-export", "db_default", "shop", Engine.RELATIONAL, 9, ""),
        ("03-relational-export", "db_meta", "shop", Engine.RELATIONAL, 9, "without data"),
        ("03-relational-export", "db_data", None, None, 8, "without meta.sql"),
        ("03-relational-export", "t_customers", None, Engine.RELATIONAL, 1, "one table: customers"),
        ("03-relational-export", "sql_db", "shop", Engine.RELATIONAL, None, "INSERT statements"),
        ("07-timeseries", "ts_db", "plant", Engine.TIME_SERIES, 2, ""),
        ("07-timeseries", "ts_t", None, Engine.TIME_SERIES, 1, "one table: sensors"),
        ("08-unrestorable", "trap_viewonly", "trap", Engine.RELATIONAL, 0, "without data"),
        ("08-unrestorable", "trap_names", "trap", Engine.RELATIONAL, 3, ""),
    ],
)
def test_exports_of_a_real_node(
    extern: Path,
    recording: str,
    tree: str,
    database: str | None,
    engine: Engine | None,
    tables: int | None,
    note: str,
) -> None:
    write_recorded_tree(extern / "by/hand", recording, tree)
    (entry,) = entries(extern).values()
    assert (entry.path, entry.kind) == ("by/hand", EntryKind.TREE)
    assert (entry.database, entry.engine) == (database, engine)
    assert tables is None or entry.tables == tables
    assert entry.note.startswith(note)
    assert entry.rows is None
    assert entry.problem == ""


def test_an_export_whose_meta_kwdb_printed_wrong_is_still_recognised(extern: Path) -> None:
    write_recorded_tree(extern / "dash", "08-unrestorable", "trap_dash")
    entry = entries(extern)["dash"]
    assert (entry.kind, entry.database, entry.problem) == (EntryKind.TREE, "my-db", "")


def test_a_recovery_plan_beside_the_sets_is_no_foreign_file(extern: Path) -> None:
    folder = extern / "kwtui/shop"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("RECOVERY.en.md", "RECOVERY.zh.md", "notes.md"):
        (folder / name).write_text("x")

    listed = [entry.path for entry in scan(extern).entries if entry.path.endswith(".md")]

    assert listed == ["kwtui/shop/notes.md"]


def test_foreign_files_links_and_empty_folders(extern: Path) -> None:
    (extern / "notes.txt").write_text("hello")
    (extern / "users.sql").write_text("CREATE USER a;")
    (extern / "empty/deep").mkdir(parents=True)
    (extern / "link").symlink_to("/etc")
    found = entries(extern)
    assert {p: e.kind for p, e in found.items()} == dict.fromkeys(found, EntryKind.FOREIGN)
    assert found["notes.txt"].bytes == 5
    assert "EXPORT USERS" in found["users.sql"].note
    assert found["empty/deep"].note == "an empty folder"
    assert "not followed" in found["link"].note


def test_an_extern_that_is_not_there_is_a_listing_that_says_so(tmp_path: Path) -> None:
    listing = scan(tmp_path / "extern")
    assert listing.entries == ()
    assert "was not found" in listing.problem


def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_listed(
    extern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_set(extern, tmp_path / "state")
    (extern / "closed").mkdir()

    def entries_in(folder: Path) -> list[Entry]:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return walking.entries_in(folder)

    monkeypatch.setattr("kwtui.backups.listing.scanning.entries_in", entries_in)
    found = entries(extern)
    assert len(found) == 2
    assert "Permission denied" in found["closed"].problem


def test_inside_a_set(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    details = open_set(extern, location.path)
    assert details.manifest == read_manifest(location.manifest)
    orders = details.table(ORDERS)
    assert orders is not None
    assert [(c.name, c.type, c.nullable) for c in orders.columns] == [
        ("id", "INT8", False),
        ("name", "STRING", True),
    ]
    assert (orders.rows, orders.rows_known) == (4, RowsKnown.COUNTED)
    assert orders.folder == "data/public/orders"
    odd = details.table(ODD)
    assert odd is not None
    assert odd.folder == "data/public/sel=2Fect"
    assert details.dialect is not None
    assert details.dialect.certainty is Certainty.CERTAIN


def test_inside_a_relational_export(extern: Path) -> None:
    write_recorded_tree(extern / "shop", "03-relational-export", "db_default")
    details = open_set(extern, "shop")
    customers = details.table(TableName("public", "customers"))
    assert customers is not None
    assert [c.name for c in customers.columns] == ["id", "name", "email", "joined", "vip"]
    assert [f.path for f in customers.files] == ["public/customers/n1.0.csv"]
    assert customers.meta == "public/customers/meta.sql"
    assert customers.create_statement.startswith("CREATE TABLE customers")
    assert (customers.rows, customers.rows_known) == (None, RowsKnown.UNKNOWN)
    archived = details.table(TableName("archive", "old_orders"))
    assert archived is not None
    assert details.dialect is not None
    assert details.dialect.dialect is not None
    assert details.dialect.dialect.null_text == ""
    assert any("manifest" in line for line in details.unknown)
    upper = [f.path for f in details.others if f.path.count("/") < 2]
    assert upper == ["archive/meta.sql", "meta.sql"]


def test_inside_an_export_with_a_slash_in_a_tables_name(extern: Path) -> None:
    write_recorded_tree(extern / "trap", "08-unrestorable", "trap_names")
    names = {t.name.name: t.folder for t in open_set(extern, "trap").tables}
    assert names == {
        "sel/ect": "public/sel/ect",
        "we ird-name": "public/we ird-name",
        "表": "public/表",
    }


def test_inside_a_time_series_export_with_rejected_rows(extern: Path) -> None:
    write_recorded_tree(extern / "bad", "07-timeseries", "ts_bad")
    details = open_set(extern, "bad")
    assert [f.path for f in details.others] == ["reject.n1.0.txt"]
    assert len(details.tables) == 1


def test_inside_an_unfinished_set(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    location.manifest.unlink()
    details = open_set(extern, location.path)
    assert details.entry.kind is EntryKind.INCOMPLETE
    assert {t.name: t.folder for t in details.tables} == {
        ORDERS: "data/public/orders",
        ODD: "data/public/sel=2Fect",
    }
    assert "did not finish" in details.unknown[0]


def test_a_folder_that_is_neither_backup_nor_export(extern: Path) -> None:
    (extern / "x").mkdir()
    with pytest.raises(KwtuiError) as caught:
        open_set(extern, "x")
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    with pytest.raises(KwtuiError):
        open_set(extern, "gone")
    with pytest.raises(KwtuiError):
        open_set(extern, "../outside")


def test_text_is_cut_at_its_limit_and_says_so(extern: Path) -> None:
    (extern / "long.sql").write_text("x" * 100)
    assert read_text(extern, "long.sql", limit=10) == "x" * 10 + "\n[cut after 10 bytes]\n"
    with pytest.raises(KwtuiError):
        read_text(extern, "../secret")


def test_hundreds_of_sets_are_listed_without_a_look_into_their_data(
    extern: Path, tmp_path: Path
) -> None:
    location = make_set(extern, tmp_path / "state")
    content = location.manifest.read_bytes()
    folder = location.root.parent
    for number in range(2, 300):
        other = folder / f"{location.root.name}-{number}"
        (other / "data").mkdir(parents=True)
        (other / "manifest.json").write_bytes(content)
        (other / "data/n1.0.csv").write_text("never read")
        (other / "data/n1.0.csv").chmod(0)
    listing = scan(extern)
    assert len(listing.entries) == 299
    assert (
        sum("Its files differ from its manifest" in entry.problem for entry in listing.entries)
        == 298
    )


@pytest.mark.parametrize("harm", ["emptied", "gone", "stray"])
def test_files_that_changed_are_told_by_a_listing_and_take_the_proof(
    extern: Path, tmp_path: Path, harm: str
) -> None:
    location = make_set(extern, tmp_path / "state")
    (sound,) = scan(extern).entries
    file = next(location.data.rglob("*.csv"))
    if harm == "emptied":
        file.write_bytes(b"")
    elif harm == "gone":
        file.unlink()
    else:
        file.with_name("n9.9.csv").touch()

    (entry,) = scan(extern).entries

    assert sound.proof is not None
    assert not sound.problem
    assert entry.proof is None
    assert entry.problem.startswith("Its files differ from its manifest")


@pytest.mark.skipif(not SMART_METER.exists(), reason="the published backups are not here")
@pytest.mark.parametrize(
    ("name", "database", "engine", "tables"),
    [("rdb", "rdb", Engine.RELATIONAL, 4), ("tsdb", "tsdb", Engine.TIME_SERIES, 1)],
)
def test_the_backups_that_the_kwdb_project_published(
    extern: Path, name: str, database: str, engine: Engine, tables: int
) -> None:
    unpack(name, extern)
    (entry,) = entries(extern).values()
    assert (entry.database, entry.engine, entry.tables) == (database, engine, tables)
    assert entry.problem == ""
    details = open_set(extern, entry.path)
    assert all(t.columns for t in details.tables)


def test_an_export_of_data_only_is_recognised(extern: Path) -> None:
    write_export(extern / "plain", {TableName("public", "orders"): [["1", "a"], ["2", "b"]]})
    (entry,) = entries(extern).values()
    assert (entry.path, entry.tables) == ("plain", 1)
    assert "without meta.sql" in entry.note


def test_a_set_with_a_damaged_manifest_can_be_looked_into(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path / "state")
    location.manifest.write_bytes(location.manifest.read_bytes().replace(b"shop", b"shap", 1))

    with pytest.raises(KwtuiError) as raised:
        open_set(extern, location.path)
    details = open_damaged(extern, location.path)

    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert details.manifest is None
    assert "is damaged" in details.problems[0]
    assert {t.name for t in details.tables} == {ORDERS, ODD}
    assert all((location.root / f.path).is_file() for t in details.tables for f in t.files)
    assert {"manifest.json", "schema.json"} <= {f.path for f in details.others}

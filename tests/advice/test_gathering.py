"""Figures from backups and runs, each with its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kwtui.advice.gathering import Asked, TableRows, engines_to_probe, measured, two_moments
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine
from kwtui.operations.probe import Probed
from kwtui.protection.facts import BackupFact, DatabaseFacts, Measure, RunFact
from kwtui.protection.overview import Promised, Seen, make_board
from kwtui.protection.report import Board

_NOW = datetime(2026, 11, 30, tzinfo=UTC)
_MIB = 2**20


def _backup(days: int, size: int, new: int | None = None) -> tuple[BackupFact, BackupEntry]:
    at = _NOW - timedelta(days=days)
    path = f"kwtui/shop/{at:%Y%m%dT%H%M%SZ}"
    fact = BackupFact(path, at, ProofLevel.P2, at, rows=size, bytes=size)
    entry = BackupEntry(
        path,
        EntryKind.SET,
        "shop",
        started=at,
        bytes=size,
        proof=ProofLevel.P2,
        new_bytes=new,
        disk_bytes=size if new is None else new,
    )
    return fact, entry


def _board(*backups: tuple[BackupFact, BackupEntry], **facts: Any) -> Board:
    empty = make_board(
        Seen(_NOW, (), (), extern=Path("/extern"), free_bytes=500 * _MIB), Promised()
    )
    of_shop = replace(
        DatabaseFacts("shop", backups=tuple(fact for fact, _ in backups)),
        **facts,
    )
    entries = tuple(entry for _, entry in backups)
    return Board(replace(empty.report, facts=(of_shop,)), {"shop": entries})


def test_sizes_growth_and_what_the_backups_hold() -> None:
    board = _board(_backup(0, 120 * _MIB, new=5 * _MIB), _backup(10, 100 * _MIB))
    found = measured(board, ["shop"], Asked())
    (shop,) = found.databases
    assert (shop.size.value, shop.size.source) == (120 * _MIB, "the backup of 2026-11-30")
    assert shop.growth.value == 2 * _MIB
    assert shop.growth.source == "the backups of 2026-11-20 and 2026-11-30"
    assert shop.new_bytes.value == 5 * _MIB
    assert found.held_bytes.value == 105 * _MIB, "linked files count once"
    assert (found.free_bytes.value, found.free_bytes.source) == (
        500 * _MIB,
        "the disk of /extern",
    )


def test_what_a_retention_does_not_decide_on_makes_no_room() -> None:
    fact, entry = _backup(0, 100)
    for kept in (
        replace(entry, pinned=True),
        replace(entry, problem="damaged"),
        replace(entry, proof=None),
        replace(entry, only=("orders",)),
        replace(entry, copy_of="kwtui/shop/other"),
    ):
        assert measured(_board((fact, kept)), ["shop"], Asked()).held_bytes.value == 0


def test_speeds_are_of_the_largest_whole_backup_and_of_none_that_is_small() -> None:
    small, large, linked = (
        _backup(3, 2**10),
        _backup(2, 100 * _MIB),
        _backup(1, 110 * _MIB, new=_MIB),
    )

    def runs(*seconds: float) -> tuple[RunFact, ...]:
        paths = [fact.path for fact, _ in (small, large, linked)]
        return tuple(
            RunFact(path, _NOW, took, True, path=path)
            for path, took in zip(paths, seconds, strict=False)
        )

    only_small = _board(small, backup_runs=runs(4.0))
    (told,) = measured(only_small, ["shop"], Asked()).databases
    assert told.export_speed.value is None
    board = _board(linked, large, small, backup_runs=runs(4.0, 50.0, 2.0), drills=runs(9.0, 25.0))
    found = measured(board, ["shop"], Asked())
    (shop,) = found.databases
    assert shop.export_speed.value == 2 * _MIB
    assert shop.export_speed.source == "a backup of shop: 100.0 MiB in 50 s"
    assert shop.import_speed.value == 4 * _MIB
    assert (shop.backup_seconds.value, shop.restore_seconds.value) == (50.0, 25.0), "the slowest"


def test_a_drill_in_a_sandbox_says_nothing_of_the_server() -> None:
    backup = _backup(1, 100 * _MIB)
    drill = RunFact("x", _NOW, 1.0, True, path=backup[0].path, here=False)
    found = measured(_board(backup, drills=(drill,)), ["shop"], Asked())
    assert found.databases[0].import_speed.value is None
    assert found.databases[0].restore_seconds.value is None


def test_a_probe_tells_only_what_no_run_does() -> None:
    probe = Probed(Engine.RELATIONAL, 40_000, 9 * _MIB, 3.0, 1.5)
    never = _board(engine=Engine.RELATIONAL)
    before = measured(never, ["shop"], Asked())
    assert engines_to_probe(before) == (Engine.RELATIONAL,)

    found = measured(never, ["shop"], Asked(probes={Engine.RELATIONAL: probe}))
    (shop,) = found.databases
    assert (shop.export_speed.value, shop.import_speed.value) == (3 * _MIB, 6 * _MIB)
    assert shop.import_speed.source == (
        "a probe: 9.0 MiB of 40,000 rows imported in 1.5 s, without proof"
    )
    assert engines_to_probe(found) == ()

    backup = _backup(1, 100 * _MIB)
    ran = RunFact("x", _NOW, 50.0, True, path=backup[0].path)
    known = _board(backup, backup_runs=(ran,), engine=Engine.RELATIONAL)
    (shop,) = measured(known, ["shop"], Asked(probes={Engine.RELATIONAL: probe})).databases
    assert shop.export_speed.value == 2 * _MIB, "a real run counts more"
    series = Asked(probes={Engine.TIME_SERIES: probe})
    assert measured(never, ["shop"], series).databases[0].export_speed.value is None


def test_a_database_without_a_backup_is_what_the_server_counted() -> None:
    asked = Asked(measures={"shop": Measure(_NOW, 10, 4096)})
    (shop,) = measured(_board(), ["shop"], asked).databases
    assert (shop.size.value, shop.size.source) == (4096, "about, counted on the server as CSV")
    (unknown,) = measured(_board(), ["shop"], Asked()).databases
    assert (unknown.size.value, unknown.size.source) == (None, "the first backup tells")


def test_rows_a_day_by_table_the_busiest_first() -> None:
    before = TableRows(_NOW - timedelta(days=10), {"quiet": 5, "busy": 100, "gone": 1})
    newest = TableRows(_NOW, {"quiet": 5, "busy": 1_100, "new": 7})
    board = _board()
    (shop,) = measured(board, ["shop"], Asked(tables={"shop": (before, newest)})).databases
    assert [(name, figure.value) for name, figure in shop.rows_a_day] == [
        ("busy", 100.0),
        ("quiet", 0.0),
    ]


def test_two_backups_of_the_same_day_tell_no_growth() -> None:
    one, two = _backup(0, 10)[0], _backup(0, 20)[0]
    assert two_moments(DatabaseFacts("shop", backups=(one, two))) is None
    damaged = replace(_backup(3, 1)[0], problem="damaged")
    assert two_moments(DatabaseFacts("shop", backups=(one, damaged))) is None

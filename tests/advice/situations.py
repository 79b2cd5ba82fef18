"""Situations that a consultant meets, as demands and figures."""

from __future__ import annotations

from kwtui.advice.facts import DatabaseFigures, Figure, Measured
from kwtui.model.schema import Engine

GIB = 2**30


def database(
    name: str = "shop",
    *,
    size: float | None = 10 * GIB,
    growth: float | None = 0.0,
    new: float | None = None,
    backup: float | None = 600,
    restore: float | None = 1200,
    engine: Engine = Engine.RELATIONAL,
) -> DatabaseFigures:
    return DatabaseFigures(
        name=name,
        engine=engine,
        size=figure(size, "the backup of 2026-11-29"),
        new_bytes=figure(new, "the largest of 6 backups"),
        growth=figure(growth, "the backups of 2026-11-01 and 2026-11-29"),
        backup_seconds=figure(backup, "the slowest of 7"),
        restore_seconds=figure(restore, "the slowest of 2"),
    )


def node(*databases: DatabaseFigures, free: float | None = 1000 * GIB, wal: int = 2) -> Measured:
    return Measured(
        databases=databases or (database(),),
        free_bytes=figure(free, "the disk of /extern"),
        held_bytes=figure(0, "0 proven backups"),
        wal_level=figure(wal, "the setting ts.wal.wal_level"),
    )


def figure(value: float | None, source: str) -> Figure:
    return Figure(value, source) if value is not None else Figure(None, "the first backup tells")

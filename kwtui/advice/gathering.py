"""From what a board knows of backups and runs to the figures that advice is made of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from kwtui.advice.facts import DAY, DatabaseFigures, Figure, Load, Measured
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine
from kwtui.operations.probe import Probed
from kwtui.protection.facts import BackupFact, DatabaseFacts, Measure, RunFact
from kwtui.protection.report import Board
from kwtui.text import human_bytes, human_duration, plural

_UNKNOWN = Figure()
_NO_LOAD = Load()
_GROWTH_WINDOW = timedelta(days=90)
_TELLS_SPEED = 8 * 1024 * 1024
"""Bytes: of less, most of the time is not for the data."""
_SHORTEST = 0.001
"""Seconds: a clock tells no less."""
_RECENT = 30
"""Backups whose times count."""


@dataclass(frozen=True)
class TableRows:
    """The rows of each table at one moment."""

    at: datetime
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Asked:
    """What was asked besides the board."""

    measures: Mapping[str, Measure] = field(default_factory=dict)
    """Of databases without a backup."""
    tables: Mapping[str, tuple[TableRows, TableRows]] = field(default_factory=dict)
    """An earlier backup and the newest."""
    wal_level: Figure = _UNKNOWN
    checkpoint_seconds: Figure = _UNKNOWN
    nodes: Figure = _UNKNOWN
    loads: Mapping[str, Load] = field(default_factory=dict)
    jobs: Load = _NO_LOAD
    probes: Mapping[Engine, Probed] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def measured(board: Board, names: Sequence[str], asked: Asked) -> Measured:
    """The figures of these databases, and of the node from all of its databases."""
    report = board.report
    chosen = [facts for facts in report.facts if facts.name in names]
    entries = [entry for name in names for entry in board.entries.get(name, ())]
    held = [entry for entry in entries if _decided_on(entry)]
    where = f"the disk of {report.extern}"
    speeds = _Speeds(
        _speed("backup", ((f, run) for f in report.facts for run in f.backup_runs), board),
        _speed(
            "restore or drill",
            ((f, run) for f in report.facts for run in (*f.drills, *f.restores)),
            board,
        ),
    )
    return Measured(
        databases=tuple(_database(f, board.entries.get(f.name, ()), asked, speeds) for f in chosen),
        free_bytes=Figure(report.free_bytes, where)
        if report.free_bytes is not None
        else Figure(None, "the folder of the backups is not visible from here"),
        held_bytes=Figure(sum(e.space for e in held), plural(len(held), "proven backup")),
        jobs=asked.jobs,
        wal_level=asked.wal_level,
        checkpoint_seconds=asked.checkpoint_seconds,
        nodes=asked.nodes,
        unknown=(*report.unknown, *asked.unknown),
    )


def engines_to_probe(found: Measured) -> tuple[Engine, ...]:
    """Those whose speed nothing tells yet."""
    lacking = {each.engine for each in found.databases if each.lacks_speed}
    return tuple(engine for engine in Engine if engine in lacking)


def two_moments(facts: DatabaseFacts) -> tuple[BackupFact, BackupFact] | None:
    """The newest whole backup, and one that is old enough to tell how it grew; oldest first."""
    whole = [b for b in facts.backups if b.whole and not b.problem and not b.closed]
    if not whole:
        return None
    newest = whole[0]
    before = [b for b in whole if DAY <= newest.at - b.at <= _GROWTH_WINDOW]
    return (before[-1], newest) if before else None


@dataclass(frozen=True)
class _Speeds:
    """Of past runs of any database, with their proof."""

    backup: Figure
    restore: Figure


def _database(
    facts: DatabaseFacts, entries: Sequence[BackupEntry], asked: Asked, speeds: _Speeds
) -> DatabaseFigures:
    linked = [e.new_bytes for e in entries if e.new_bytes is not None and not e.only]
    return DatabaseFigures(
        name=facts.name,
        engine=facts.engine,
        size=_size(facts, asked.measures.get(facts.name)),
        new_bytes=Figure(max(linked), f"the largest of {plural(len(linked), 'backup')}")
        if linked
        else Figure(None, "no backup has linked unchanged files yet"),
        growth=_growth(facts),
        rows_a_day=_rows_a_day(asked.tables.get(facts.name)),
        backup_seconds=_seconds(facts.backup_runs[:_RECENT], "backup", "the first backup tells"),
        restore_seconds=_seconds(
            (*facts.drills, *facts.restores), "restore or drill", "the first drill tells"
        ),
        export_speed=_or_probe(speeds.backup, facts.engine, asked, "export"),
        import_speed=_or_probe(speeds.restore, facts.engine, asked, "import"),
        load=asked.loads.get(facts.name, _NO_LOAD),
    )


def _or_probe(speed: Figure, engine: Engine | None, asked: Asked, word: str) -> Figure:
    """What a past run tells counts more: it is of real data, and with its proof."""
    probe = asked.probes.get(engine) if engine is not None else None
    if speed.value is not None or probe is None:
        return speed
    seconds = probe.export_seconds if word == "export" else probe.import_seconds
    told = (
        f"a probe: {human_bytes(probe.bytes)} of {probe.rows:,} rows {word}ed in"
        f" {human_duration(seconds)}, without proof"
    )
    return Figure(probe.bytes / max(seconds, _SHORTEST), told)


def _decided_on(entry: BackupEntry) -> bool:
    """Whether a retention will decide on it: everything else stays, whatever is recommended."""
    proven = entry.proof is not None and entry.proof >= ProofLevel.P2
    return (
        entry.kind is EntryKind.SET
        and proven
        and not (entry.problem or entry.pinned or entry.only or entry.copy_of)
    )


def _size(facts: DatabaseFacts, counted: Measure | None) -> Figure:
    newest = next(
        (b for b in facts.backups if b.whole and not b.problem and b.bytes is not None), None
    )
    if newest is not None:
        return Figure(newest.bytes, f"the backup of {_when(newest.at)}")
    if counted is not None and counted.bytes is not None:
        return Figure(counted.bytes, "about, counted on the server as CSV")
    return Figure(None, "the first backup tells")


def _growth(facts: DatabaseFacts) -> Figure:
    moments = two_moments(facts)
    if moments is None:
        return Figure(None, "two backups that are a day apart tell")
    before, newest = moments
    if before.bytes is None or newest.bytes is None:
        return Figure(None, "the backups do not tell their sizes")
    rate = (newest.bytes - before.bytes) / ((newest.at - before.at) / DAY)
    return Figure(rate, f"the backups of {_when(before.at)} and {_when(newest.at)}")


def _rows_a_day(tables: tuple[TableRows, TableRows] | None) -> tuple[tuple[str, Figure], ...]:
    """The busiest first. What was deleted between the two is not seen."""
    if tables is None:
        return ()
    before, newest = tables
    days = (newest.at - before.at) / DAY
    source = f"the backups of {_when(before.at)} and {_when(newest.at)}"
    rates = [
        (name, Figure((rows - before.rows[name]) / days, source))
        for name, rows in newest.rows.items()
        if name in before.rows
    ]
    return tuple(sorted(rates, key=lambda each: (-(each[1].value or 0.0), each[0])))


def _seconds(runs: Iterable[RunFact], word: str, otherwise: str) -> Figure:
    """The slowest that succeeded on the server."""
    times = [r.seconds for r in runs if r.succeeded and r.seconds is not None and r.here]
    if not times:
        return Figure(None, f"no {word} is known; {otherwise}")
    if len(times) == 1:
        return Figure(times[0], "measured once")
    usual = human_duration(median(times))
    return Figure(max(times), f"the slowest of {len(times)}, usually {usual}")


def _speed(word: str, runs: Iterable[tuple[DatabaseFacts, RunFact]], board: Board) -> Figure:
    """Of the largest that was measured: with less data the beginning and the end weigh more."""
    best: tuple[int, float, str] | None = None
    for facts, run in runs:
        entry = next((e for e in board.entries.get(facts.name, ()) if e.path == run.path), None)
        if not (run.succeeded and run.here and run.seconds and entry and entry.bytes):
            continue
        if entry.new_bytes is not None and word == "backup":
            # It wrote some of them only.
            continue
        if entry.bytes >= _TELLS_SPEED and (best is None or entry.bytes > best[0]):
            best = (entry.bytes, run.seconds, facts.name)
    if best is None:
        smallest = human_bytes(_TELLS_SPEED)
        return Figure(None, f"no {word} of at least {smallest} was measured on this node yet")
    size, seconds, name = best
    words = f"a {word} of {name}: {human_bytes(size)} in {human_duration(seconds)}"
    return Figure(size / seconds, words)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"

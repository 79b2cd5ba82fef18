"""What stopped restores left in databases that have names of their own. Pure.

Scratch databases are found by their names (`cleanup_plan`); these by the mark of a database that is
not complete, and by the journals of imports into tables that were there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kwtui.model.schema import UNFINISHED, DatabaseSchema
from kwtui.model.server import DatabaseSummary
from kwtui.operations.plan import PlanKind
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind, busy_words
from kwtui.operations.shared.known_runs import KnownRun, TakenDefault
from kwtui.operations.shared.scratch_names import is_scratch


def marked_leftovers(
    databases: Iterable[DatabaseSummary],
    cluster_id: str,
    runs: Sequence[KnownRun],
    told: Sequence[tuple[str, str]],
) -> Iterator[Leftover]:
    """Databases whose comment says that a restore has not completed them.

    ``runs`` come newest first; ``told`` is who works in what, as of `told_of`.
    """
    for database in databases:
        if database.comment != UNFINISHED or is_scratch(database.name):
            continue
        of_it = [r for r in _restores(runs, cluster_id) if r.database == database.name]
        living = next((run for run in of_it if run.alive), None)
        dead = next((r for r in of_it if not r.alive and not r.succeeded and r.named), None)
        yield Leftover(
            LeftoverKind.NAMED,
            database.name,
            run=dead.id if dead else "",
            target=database.name,
            busy=f"run {living.id} is working in it" if living else busy_words(database.name, told),
            started=dead.created if dead else None,
            may_go_on=dead is not None and dead.may_go_on,
        )


def databases_without_defaults(runs: Iterable[KnownRun], cluster_id: str) -> tuple[str, ...]:
    """The databases whose tables must be looked at."""
    found = (run.database for run in _restores(runs, cluster_id) if run.defaults_off)
    return tuple(dict.fromkeys(found))


def default_leftovers(
    schemas: Mapping[str, DatabaseSchema], cluster_id: str, runs: Sequence[KnownRun]
) -> Iterator[Leftover]:
    """Defaults that an import needed off and that nobody put back, by database.

    ``runs`` come newest first: its word counts most.
    """
    for name, schema in schemas.items():
        of_it = list(_since_settled(runs, cluster_id, name))
        living = next((run for run in of_it if run.alive), None)
        off: dict[str, TakenDefault] = {}
        makers = []
        for run in of_it:
            missing = [each for each in run.defaults_off if is_missing(schema, each)]
            if missing:
                makers.append(run)
            for each in missing:
                off.setdefault(str(each), each)
        if off:
            yield Leftover(
                LeftoverKind.DEFAULTS,
                name,
                run=makers[0].id,
                target=name,
                busy=f"run {living.id} is working in it" if living else "",
                started=makers[0].created,
                defaults=tuple(off.values()),
                may_go_on=makers[0].may_go_on,
            )


def _since_settled(runs: Iterable[KnownRun], cluster_id: str, database: str) -> Iterator[KnownRun]:
    """The restores into a database since its defaults were put back, newest first."""
    for run in runs:
        if run.cluster_id == cluster_id and database in run.defaults_settled:
            return
        if run.kind is PlanKind.RESTORE and (run.cluster_id, run.database) == (
            cluster_id,
            database,
        ):
            yield run


def is_missing(schema: DatabaseSchema, taken: TakenDefault) -> bool:
    """Whether the column is there and has no default now."""
    table = schema.table(taken.table)
    columns = table.columns if table is not None else ()
    return any(c.name == taken.column and c.default is None for c in columns)


def _restores(runs: Iterable[KnownRun], cluster_id: str) -> Iterator[KnownRun]:
    return (r for r in runs if r.kind is PlanKind.RESTORE and r.cluster_id == cluster_id)

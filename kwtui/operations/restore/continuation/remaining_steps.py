"""What is left of a stopped restore, and what steps become when they are done again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kwtui.model.schema import Engine, TableName
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.continuation.stopped_restore import Standing, StoppedRestore, table_of
from kwtui.operations.restore.recipe import NOTHING_MADE
from kwtui.text import plural

SERVER_IMPORTS = frozenset({StepKind.IMPORT_TABLE, StepKind.IMPORT_DATABASE})
"""Steps that the server does as a job, and that read a staging folder."""


@dataclass(frozen=True)
class Rest:
    """What is left to be done."""

    steps: tuple[Step, ...]
    database: str
    """Where it goes on; empty: nothing stands yet."""
    kept: tuple[Step, ...] = ()
    """Imports whose rows are there."""
    emptied: tuple[TableName, ...] = ()
    """Half-filled tables."""
    drop: str = ""
    """A database of which nothing can be kept."""
    done: frozenset[str] = frozenset()
    """What the continuation takes as done; for the case that it is stopped too."""


def is_series(stopped: StoppedRestore) -> bool:
    return stopped.plan.request.get("engine") == Engine.TIME_SERIES.value


def without_needless_links(steps: Sequence[Step]) -> Iterator[Step]:
    """Only an IMPORT reads a staging folder."""
    reads = any(s.kind in SERVER_IMPORTS for s in steps)
    return (step for step in steps if reads or step.kind is not StepKind.STAGE)


def without_what_stands(step: Step, standing: Standing) -> Step | None:
    """Foreign keys, views, procedures and triggers cannot be made twice; everything else can be
    said again."""
    names = step.params.get("makes")
    if names is None:
        return step
    there = {(t.schema, t.name, key) for t, key in standing.foreign_keys}
    there |= {(v.schema, v.name, "") for v in standing.views}
    there |= {(f":{p.kind}", p.name, p.table) for p in standing.programs}
    left = [
        (sql, name) for sql, name in zip(step.sql, names, strict=True) if tuple(name) not in there
    ]
    if all(name == NOTHING_MADE for _, name in left):
        return None
    return replace(
        step,
        sql=tuple(sql for sql, _ in left),
        params=step.params | {"makes": [name for _, name in left]},
    )


def skipping(stopped: StoppedRestore, standing: Standing, steps: Iterable[Step]) -> Iterator[Step]:
    """Batches that the server has are left out of an INSERT.

    They went in one after the other: rows that are not a number of whole batches, or fewer than the
    journal tells, mean that some are missing, and nobody knows which. Then all go in again.
    """
    for step in steps:
        if step.kind is not StepKind.INSERT_ROWS or step.id not in stopped.begun:
            yield step
            continue
        before = stopped.rows_before.get(str(table_of(step)), 0)
        came = (standing.rows.get(table_of(step)) or 0) - before
        whole = came % step.params["batch"] == 0 or came == step.params["rows"]
        if came <= 0 or not whole or came < stopped.rows.get(step.id, 0):
            yield step
            continue
        yield replace(
            step,
            explanation=f"{step.explanation} The first {plural(came, 'row')} exist: it continues "
            "after them.",
            params=step.params | {"skip": came},
        )

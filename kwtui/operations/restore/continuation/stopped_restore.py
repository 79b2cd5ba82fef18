"""A restore that was stopped: what its journal tells, and what stands on the server now.

Plain data between those who read it and the planner of its continuation (`continuation.plan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kwtui.model.requests import RestoreStrategy
from kwtui.model.schema import UNFINISHED, ProgramSpec, TableName
from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.operations.restore.continuation.own_database import PUBLISH

IMPORTS = frozenset({StepKind.IMPORT_TABLE, StepKind.INSERT_ROWS})
"""Steps that fill one table."""

FINISH = "finish"
COUNT_ROWS = "count-rows"


@dataclass(frozen=True)
class StoppedRestore:
    """A restore of which no process lives, and which did not come to its end."""

    run: str
    """The last run that worked on it."""
    origin: str
    """The run that began it; the same unless it was continued before."""
    plan: Plan
    """Of ``origin``: with every step."""
    done: frozenset[str] = frozenset()
    """Ids of the steps that finished, in whichever run."""
    begun: frozenset[str] = frozenset()
    """Ids of those that began, ``done`` included."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows that a step had moved when it was last heard of, by its id."""
    rows_before: Mapping[str, int] = field(default_factory=dict)
    """Rows of a table (``schema.name``) before rows were added to it."""
    accepted: tuple[str, ...] = ()
    """Differences of definitions that a person accepted by name, in whichever run."""

    @property
    def scratch(self) -> str:
        return str(self.plan.request.get("scratch") or self.plan.database)

    @property
    def target(self) -> str:
        return self.plan.database

    @property
    def strategy(self) -> RestoreStrategy:
        return RestoreStrategy(self.plan.request.get("strategy", RestoreStrategy.EXACT))

    @property
    def makes_database(self) -> bool:
        """Whether it works under a name of its own; else it works in the target itself."""
        return self.scratch != self.target

    @property
    def imports(self) -> tuple[Step, ...]:
        return tuple(step for step in self.plan.steps if step.kind in IMPORTS)

    def has(self, step_id: str) -> bool:
        """Whether the plan has the step."""
        return any(step.id == step_id for step in self.plan.steps)


@dataclass(frozen=True)
class Standing:
    """What stands on the server, as far as the continuation must know it."""

    cluster_id: str
    databases: Mapping[str, str | None] = field(default_factory=dict)
    """Names with their comments."""
    rows: Mapping[TableName, int | None] = field(default_factory=dict)
    """Of tables that were filled; None for one that is not there, or cannot be read now."""
    foreign_keys: frozenset[tuple[TableName, str]] = frozenset()
    """Tables and names of the keys that are there."""
    referenced: frozenset[TableName] = frozenset()
    """Tables that keys of other tables refer to: they cannot be emptied (recording 06)."""
    views: frozenset[TableName] = frozenset()
    programs: frozenset[ProgramSpec] = frozenset()
    importing: str = ""
    """A statement of the stopped run that the server still works on."""
    replaces_rows: bool = True
    """Whether a time-series row that is inserted again takes the place of the first one."""


def has_its_name(stopped: StoppedRestore, databases: Mapping[str, str | None]) -> bool:
    """Whether the database stands under the name that was asked for, by this very restore.

    Its mark tells, until the last step took it away.
    """
    if stopped.scratch in databases or stopped.target not in databases:
        return False
    if PUBLISH not in stopped.begun or not stopped.makes_database:
        return False
    marked = databases[stopped.target] == UNFINISHED
    return marked or FINISH in stopped.begun or not stopped.has(FINISH)


def table_of(step: Step) -> TableName:
    """The table that a step fills."""
    return TableName(step.params["schema"], step.params["table"])


def ways_on(run: str, *, go_on: bool = True) -> str:
    """The commands that continue a stopped restore and that remove what it made."""
    clean = f"emove what it made: kwtui cleanup --run {run} --yes"
    if not go_on:
        return f"R{clean}"
    return f"Continue where it stopped: kwtui restore --continue {run} (or r{clean})"

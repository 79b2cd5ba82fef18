"""What a step is about, in a word or two, for whoever looks at a run that works. Pure."""

from __future__ import annotations

from kwtui.operations.plan import Plan, StepKind

_OF_KIND = {
    StepKind.SNAPSHOT: "reading the catalogue",
    StepKind.EXPORT_DATABASE: "exporting",
    StepKind.EXPORT_TOGETHER: "exporting",
    StepKind.EXPORT_TABLE: "exporting",
    StepKind.EXPORT_OTHER: "exporting",
    StepKind.RECONCILE: "checking the export",
    StepKind.SEAL: "sealing",
    StepKind.SQL: "running statements",
    StepKind.CHECK_FILES: "reading files",
    StepKind.IMPORT_TABLE: "importing",
    StepKind.IMPORT_DATABASE: "importing",
    StepKind.INSERT_ROWS: "inserting",
    StepKind.DEVICES: "restoring devices",
    StepKind.COMPARE: "comparing",
    StepKind.REMOVE: "removing",
    StepKind.DROP_DATABASE: "dropping a database",
    StepKind.STAGE: "linking files",
    StepKind.UNSTAGE: "removing links",
    StepKind.SWEEP: "removing leftovers",
    StepKind.COUNT_ROWS: "counting rows",
    StepKind.RESUME: "inspecting leftovers",
    StepKind.PUT_BACK: "restoring defaults",
    StepKind.SEND: "sending",
    StepKind.CHECK_COPY: "checking the copy",
    StepKind.FETCH: "fetching",
    StepKind.REMOVE_COPY: "removing",
}

_OF_STATEMENTS = {
    "create": "creating objects",
    "drop": "dropping a database",
    "validate": "validating constraints",
    "restore": "restoring users and settings",
    "comment": "restoring comments and grants",
    "publish": "renaming the database",
    "set": "restoring sequences and settings",
}
"""By the first word of the step's id."""

STARTING = "starting"
ENDING = "finishing"
STOPPING = "stopping"

_OF_TABLES = frozenset({StepKind.EXPORT_TABLE, StepKind.IMPORT_TABLE, StepKind.INSERT_ROWS})


def phase_of(kind: StepKind, step_id: str) -> str:
    """The step's phase, as long as the step itself says nothing closer."""
    if kind is StepKind.SQL:
        word = step_id.partition("-")[0].partition(":")[0]
        return _OF_STATEMENTS.get(word, _OF_KIND[kind])
    return _OF_KIND[kind]


def tables_of(plan: Plan) -> dict[str, int]:
    """The steps (by id) that move one table, with its number among them, from 1 on."""
    steps = [step.id for step in plan.steps if step.kind in _OF_TABLES]
    return {step: number for number, step in enumerate(steps, 1)}

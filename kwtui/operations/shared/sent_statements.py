"""What a plan would send is what its steps say, and nothing else. Pure.

Everything that runs goes by here twice: when the plan is made, where what is wrong is one of its
refusals, and before its first statement, since a plan is a file until then. Nothing has run yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kwtui.model.findings import Finding, Severity
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.operations.shared.staged_definitions import more_than_definitions
from kwtui.sql.bound_names import Bounds, OutOfBoundsError
from kwtui.sql.bounds import check, target_of
from kwtui.sql.lexer import code

BREAKS_OUT = "breaks_out"
DEFINITIONS = frozenset(
    {
        "USE",
        "SELECT",
        "CREATE DATABASE",
        "CREATE SCHEMA",
        "CREATE SEQUENCE",
        "CREATE TABLE",
        "CREATE INDEX",
        "CREATE VIEW",
        "CREATE USER",
        "CREATE ROLE",
        "ALTER DATABASE",
        "ALTER TABLE",
        "ALTER INDEX",
        "ALTER PARTITION",
        "COMMENT ON",
        "GRANT",
        "SET EXPERIMENTAL_ENABLE_HASH_SHARDED_INDEXES",
    }
)
_READING = frozenset({"SELECT", "SHOW", "USE"})
_THROUGH_PLAIN = frozenset({"CREATE TABLE", "DROP TABLE", "INSERT"})
_FORMS: dict[StepKind, frozenset[str]] = {
    StepKind.SNAPSHOT: _READING,
    StepKind.EXPORT_DATABASE: frozenset({"EXPORT"}),
    StepKind.EXPORT_TOGETHER: frozenset({"EXPORT"}),
    StepKind.EXPORT_TABLE: frozenset({"EXPORT"}),
    StepKind.EXPORT_OTHER: frozenset({"EXPORT"}),
    StepKind.RECONCILE: _READING,
    StepKind.SEAL: _READING | {"EXPORT"},
    StepKind.SQL: DEFINITIONS,
    StepKind.CHECK_FILES: _READING,
    StepKind.IMPORT_TABLE: _THROUGH_PLAIN | {"IMPORT INTO"},
    StepKind.IMPORT_DATABASE: frozenset({"IMPORT DATABASE"}),
    StepKind.INSERT_ROWS: frozenset({"INSERT"}),
    StepKind.DEVICES: frozenset({"INSERT"}),
    StepKind.COMPARE: _READING | {"EXPORT"},
    StepKind.DROP_DATABASE: frozenset({"DROP DATABASE"}),
    StepKind.SWEEP: frozenset({"DROP DATABASE"}),
    StepKind.COUNT_ROWS: _READING,
    StepKind.RESUME: frozenset({"USE", "DROP DATABASE", "TRUNCATE TABLE"}),
    StepKind.PUT_BACK: frozenset({"USE", "ALTER TABLE"}),
}
_DROPPING = frozenset({"USE", "DROP DATABASE"})
_BY_ID = {
    "create-programs": frozenset({"USE", "CREATE PROCEDURE", "CREATE TRIGGER"}),
    "drop-replaced": _DROPPING,
    "drop-scratch": _DROPPING,
    "restore-settings": frozenset({"SET CLUSTER"}),
    "restore-users": frozenset({"CREATE USER", "CREATE ROLE", "GRANT"}),
}
"""Steps of the kind SQL that do what no other of them may."""
_REMEDY = (
    "The backup holds text that KWDB never prints there: it was changed. Check schema.json and "
    "meta.sql of the set, or restore another one."
)


def sent_otherwise(plan: Plan) -> Iterator[Finding]:
    """A refusal for each step that would send something else than it says."""
    bounds = _bounds(plan)
    for step in plan.steps:
        reason = _reason(step, _forms(plan, step), bounds)
        if reason:
            yield _refusal(step, reason)


def checked(plan: Plan) -> Plan:
    """The plan with these refusals among its findings."""
    return replace(plan, findings=(*sent_otherwise(plan), *plan.findings))


def only_within(steps: Iterable[Step], database: str) -> Iterator[Step]:
    """Steps that are only written down, as statements for one database, without those statements
    that are something else; their explanations say what is missing."""
    steps = tuple(steps)
    bounds = Bounds(frozenset({database}), _schemas(steps))
    for step in steps:
        reasons = {text: why_not(text, _forms_of(step), bounds) for text in step.sql}
        told = [f"Left out: {reason}." for reason in reasons.values() if reason]
        yield replace(
            step,
            sql=tuple(text for text in step.sql if not reasons[text]),
            explanation=" ".join(filter(None, (step.explanation, *told))),
        )


def _refusal(step: Step, reason: str) -> Finding:
    return Finding(
        Severity.REFUSAL,
        BREAKS_OUT,
        step.subject,
        f"{step.title}: nothing is sent, because {reason}.",
        _REMEDY,
    )


def _reason(step: Step, forms: frozenset[str], bounds: Bounds) -> str:
    reasons = (why_not(text, forms, bounds) for text in step.sql)
    found = next(filter(None, reasons), "")
    return found or more_than_definitions(step.params.get("texts", {}), bounds)


def why_not(text: str, forms: frozenset[str], bounds: Bounds) -> str:
    """Why a statement may not be sent, naming it; empty where it may."""
    try:
        check(text, forms, bounds)
    except OutOfBoundsError as error:
        shown = text if len(text) <= 400 else f"{text[:400]} …"
        return f"the statement {shown!r} {error}"
    return ""


def _forms(plan: Plan, step: Step) -> frozenset[str]:
    return frozenset({"SET CLUSTER"}) if plan.kind is PlanKind.SETTING else _forms_of(step)


def _forms_of(step: Step) -> frozenset[str]:
    return _BY_ID.get(step.id, _FORMS.get(step.kind, frozenset()))


def _bounds(plan: Plan) -> Bounds:
    """The databases that the plan is about: a drill's own is only read."""
    request = plan.request
    own = {request.get("scratch"), request.get("standing")}
    if plan.kind is not PlanKind.DRILL:
        own |= {plan.database, *(step.params.get("database") for step in plan.steps)}
    swept = {name for step in plan.steps for name in step.params.get("databases", ())}
    tried = {name for step in plan.steps if step.id == "try-name" for name in _renamed(step)}
    databases = own | {name for name in swept | tried if is_scratch(str(name))}
    return Bounds(frozenset(str(name) for name in databases if name), _schemas(plan.steps))


def _renamed(step: Step) -> Iterator[str]:
    """The name that is tried (`ALTER DATABASE a RENAME TO b`)."""
    for text in step.sql:
        items = list(code(text))
        if len(items) == 6 and items[3].is_word("RENAME"):
            yield items[5].name


def _schemas(steps: Iterable[Step]) -> frozenset[str]:
    """Of what the steps make: its second name of three, and the schemas that they make."""
    found = {"public"}
    for step in steps:
        for text in step.sql:
            parts = target_of(text)
            if len(parts) == 3:
                found.add(parts[1])
            elif len(parts) == 1 and text.startswith("CREATE SCHEMA "):
                found.add(parts[0])
    return frozenset(found)

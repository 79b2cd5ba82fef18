"""The restore recipe as a script for whoever has only a SQL client. Pure."""

from __future__ import annotations

from kwtui.backups.runbook import TARGET_MARK, RunbookStep
from kwtui.model import RestoreRequest, ServerFacts
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore_objects import Chosen
from kwtui.operations.restore_recipe import script_steps
from kwtui.operations.restore_source import RestoreSource
from kwtui.operations.restore_steps import RestoreScope
from kwtui.operations.restore_target import TargetFacts


def runbook_steps(
    source: RestoreSource, server: ServerFacts, node_id: int
) -> tuple[RunbookStep, ...]:
    """The same steps for a script that needs only a SQL client, into a database of any name."""
    schema, tables = source.schema, source.tables
    chosen = Chosen(schema, schema.tables, whole=True)
    scope = RestoreScope(
        source=source,
        tables=tables,
        request=RestoreRequest(source=source.path, target=TARGET_MARK),
        facts=TargetFacts(server=server, node_id=node_id),
        target=TARGET_MARK,
        scratch=TARGET_MARK,
        chosen=chosen,
        accounts=frozenset(g.grantee for g in schema.grants),
    )
    return tuple(_runbook_step(step) for step in script_steps(scope))


def _runbook_step(step: Step) -> RunbookStep:
    if step.kind is not StepKind.INSERT_ROWS:
        return RunbookStep(step.title, step.sql, step.explanation)
    files = ", ".join(step.params["files"])
    return RunbookStep(
        step.title,
        (),
        f"{step.explanation} A SQL client alone cannot do this: make INSERT statements of the "
        f"records in {files}, or use kwtui restore.",
    )

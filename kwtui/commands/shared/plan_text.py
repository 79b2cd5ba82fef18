"""A plan as text, for --dry-run and `runs show`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kwtui.model.server import Becomes, Coverage
from kwtui.operations.plan import REMOVALS, Plan, PlanKind
from kwtui.operations.shared.refusals import refusals
from kwtui.text import human_bytes, plural


def plan_lines(plan: Plan, command: str) -> Iterator[str]:
    """Title, findings, steps with their exact SQL, what is left out, the command."""
    yield plan.title
    if plan.path:
        yield f"  database {plan.database}" if plan.database else f"  {plan.path}"
        yield f"  files    {plan.path} on node {plan.node_id}" if plan.node_id else ""
    if plan.estimated_rows is not None or plan.estimated_bytes is not None:
        rows = plan.estimated_rows
        removes = plan.kind in REMOVALS
        bytes_alone = removes or plan.kind in (PlanKind.OFFSITE, PlanKind.FETCH)
        counted = "" if rows is None and bytes_alone else f"{plural(rows, 'row')}, "
        size = human_bytes(plan.estimated_bytes)
        verb = "removes " if removes else "expected"
        yield f"  {verb} {counted}{size}, from {plan.estimate_source}"
    if plan.coverage:
        yield ""
        yield "What is captured, by kind of object:"
        yield from (f"  {line}" for line in coverage_lines(plan.coverage))
    yield from _finding_lines(plan)
    yield ""
    yield "Steps:"
    for number, step in enumerate(plan.steps, 1):
        yield f"  {number}. {step.title}"
        if step.explanation:
            yield f"     {step.explanation}"
        for sql in step.sql:
            for line in f"{sql};".split("\n"):
                yield f"       {line.replace(chr(9), '  ')}"
        yield from (f"       {line.replace(chr(9), '  ')}" for line in step.diff)
    if plan.not_included:
        yield ""
        yield "Not included:"
        yield from (f"  {words}" for words in plan.not_included)
    if not (refusals(plan) and plan.kind in (*REMOVALS, PlanKind.SETTING)):
        # With the word that allows it, a command is not offered for what can never run.
        yield ""
        yield f"The same as a command: {command}"


def _finding_lines(plan: Plan) -> Iterator[str]:
    if plan.findings:
        yield ""
        yield "Before you start:"
    for finding in plan.findings:
        subject = f"{finding.subject}: " if finding.subject else ""
        yield f"  {finding.severity.value:8} {subject}{finding.message}"
        if finding.remedy:
            yield f"           {finding.remedy}"


def coverage_lines(coverage: Sequence[Coverage]) -> Iterator[str]:
    """One line for each kind of objects: how many, what becomes of them, and why."""
    for kind in coverage:
        if kind.becomes is Becomes.NOT_POSSIBLE:
            yield f"{kind.becomes.value}: {kind.kind}"
        elif kind.becomes is Becomes.NOT_VISIBLE:
            yield f"{kind.becomes.value}: {kind.kind}. {kind.why}"
        else:
            yield f"{kind.becomes.value}: {kind.kind}, {kind.count:,}. {kind.why}"

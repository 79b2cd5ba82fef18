"""A plan as a page: what will be done, what to watch out for, what will not be there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.model.findings import Finding, Severity
from kwtui.model.server import Becomes, Coverage
from kwtui.operations.plan import Plan, PlanKind, Step
from kwtui.text import human_bytes, plural
from kwtui.widgets.paint import BLANK, Line, fact, heading, line
from kwtui.widgets.sql_lines import sql_lines

_MARKS = {
    Severity.REFUSAL: ("✗ ", "error"),
    Severity.WARNING: ("! ", "warning"),
    Severity.INFO: ("· ", "muted"),
}


NOTHING_TO_DO = "There is nothing to do."
MAKING = "Making the plan…"
STARTS_ONCE_MADE = "Making the plan… It starts once it is made, unless there are warnings."


def plan_lines(plan: Plan, command: str) -> list[Line]:
    """The whole plan. What stops it comes first, then warnings, then the steps with their SQL."""
    lines = [line((plan.title, "strong"))]
    if plan.path:
        lines.append(fact("Folder", plan.path))
    if plan.removes:
        lines.append(fact("Frees", human_bytes(plan.estimated_bytes)))
    elif plan.path:
        lines += _estimate(plan)
    ordered = sorted(plan.findings, key=lambda f: list(_MARKS).index(f.severity))
    refusals = [f for f in ordered if f.severity is Severity.REFUSAL]
    if refusals:
        named = is_up_to_a_name(plan)
        words = "Type its name to confirm" if named else "This cannot be started"
        lines += [BLANK, line((words, "error")), *finding_lines(refusals)]
    if plan.not_included:
        lines += [BLANK, heading("Not included")]
        told = (_without_options(plan, words) for words in plan.not_included)
        lines += [line(("− ", "warning"), in_interface(words), indent=2) for words in told]
    if plan.coverage:
        lines += [
            BLANK,
            heading("What is captured, by kind of object"),
            *coverage_lines(plan.coverage),
        ]
    others = [f for f in ordered if f.severity is not Severity.REFUSAL]
    if others:
        lines += [BLANK, heading("Notes"), *finding_lines(others)]
    if plan.steps:
        lines += [BLANK, heading(f"What will be done, in {plural(len(plan.steps), 'step')}")]
    else:
        lines += [BLANK, line((NOTHING_TO_DO, "good"))]
    for number, step in enumerate(plan.steps, start=1):
        lines += _step_lines(number, step)
    lines += [BLANK, *command_lines(command)]
    return lines


_OPTION_OF_BACKUP = re.compile(r" \(--with-(?:users|settings)\)")


def _without_options(plan: Plan, words: str) -> str:
    """Options of the backup are those of its wizard, and no choice of what uses the backup."""
    return words if plan.kind is PlanKind.BACKUP else _OPTION_OF_BACKUP.sub("", words)


def _estimate(plan: Plan) -> list[Line]:
    if plan.estimated_rows is None and plan.estimated_bytes is None:
        return [fact("Size", "not known before")]
    known = []
    if plan.estimated_rows is not None:
        known.append(f"{plural(plan.estimated_rows, 'row')}")
    if plan.estimated_bytes is not None:
        known.append(human_bytes(plan.estimated_bytes))
    words = f"about {', '.join(known)}"
    if plan.estimate_source:
        words += f" (from {plan.estimate_source})"
    return [fact("Size", words)]


def coverage_lines(coverage: Iterable[Coverage]) -> list[Line]:
    """Each kind of objects that is in the backup, with why it is there as it is.

    What is not possible is not repeated: it stands under what will not be in it.
    """
    lines = []
    for kind in coverage:
        if kind.becomes is Becomes.NOT_POSSIBLE:
            continue
        counted = "" if kind.becomes is Becomes.NOT_VISIBLE else f", {kind.count:,}"
        what = f"{kind.kind}{counted}: "
        lines.append(line((what, "strong"), kind.becomes.value, indent=2))
        if kind.why:
            lines.append(line("  ", (in_interface(kind.why), "muted"), indent=4))
    return lines


def finding_lines(findings: Iterable[Finding]) -> list[Line]:
    lines = []
    for finding in findings:
        mark, role = _MARKS[finding.severity]
        subject = f"{finding.subject}: " if finding.subject else ""
        lines.append(
            line((mark, role), (subject, "strong"), in_interface(finding.message), indent=2)
        )
        if finding.remedy:
            lines.append(line("  ", (f"→ {in_interface(finding.remedy)}", "muted"), indent=4))
    return lines


def _step_lines(number: int, step: Step) -> list[Line]:
    lines = [line((f"{number:>3} ", "muted"), (step.title, "strong"), indent=4)]
    if step.explanation:
        lines.append(line("    ", in_interface(step.explanation), indent=4))
    for statement in step.sql:
        lines += sql_lines(statement, indent=4)
    return lines + [_diff_line(text) for text in step.diff]


def _diff_line(text: str) -> Line:
    """A line of a unified diff; its first character says what the colour says."""
    whole = text.replace("\t", "  ")
    if whole.startswith(("--- ", "+++ ", "@@")):
        return line("    ", (whole, "muted"), indent=6)
    role = {"-": "error", "+": "good"}.get(whole[:1])
    return line("    ", (whole, role) if role else whole, indent=6)


def command_lines(command: str) -> list[Line]:
    return [
        heading(spelled("The same from the command line ({plan.copy} copies it)")),
        line(("$ ", "muted"), (command, "accent"), indent=2),
    ]


def approval_word(plan: Plan) -> str:
    """What a person types to allow the plan: the set's folder, the database, or what is done."""
    if plan.kind is PlanKind.DELETE:
        return plan.path.rpartition("/")[2]
    return plan.database or plan.kind.value


def is_up_to_a_name(plan: Plan) -> bool:
    """Whether all that stands against it is that a name has to be typed."""
    found = [f.code for f in plan.findings if f.severity is Severity.REFUSAL]
    return bool(found) and set(found) == {"last_proven"}


def reason_against_start(plan: Plan) -> str:
    """Why it cannot be started whatever is typed; empty when it can."""
    if not plan.steps:
        return NOTHING_TO_DO
    return "" if is_up_to_a_name(plan) else refusal_of(plan)


def reason_against_unseen(plan: Plan) -> str:
    """Why it is not started for a key that was pressed before the plan could be read."""
    if any(finding.severity is Severity.WARNING for finding in plan.findings):
        return "Not started: the plan has warnings. Read them first."
    return ""


def refusal_of(plan: Plan) -> str:
    """Why the plan cannot be started, in one line; empty when it can."""
    for finding in plan.findings:
        if finding.severity is Severity.REFUSAL:
            return in_interface(finding.message)
    return ""

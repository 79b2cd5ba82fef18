"""What a run brought about, from the result in its last event. Pure.

The result is made for scripts (`kwtui.runs.events.RunFinished.result`); keys that are not known
here are left to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kwtui.keys.interface_words import in_interface
from kwtui.model.checks import compared_how
from kwtui.operations.plan import REMOVALS, Plan, PlanKind
from kwtui.text import human_bytes, human_count, plural
from kwtui.widgets.paint import BLANK, Line, fact, fit, heading, line

_PROOF_WORDS = {
    0: "P0: exported; nothing was checked yet",
    1: "P1: every file is there, with the size and SHA-256 of the manifest",
    2: "P2: every record parses, and the counts are what the server said",
    3: "P3: the schema was restored in a scratch database",
    4: "P4: the data was restored too, with equal contents",
}


SAME_CONTENT = "the same"
"""What a comparison says of a content checksum that was found again."""

_CHECKED_WORDS = {0: "P0: it can be read, but there is no manifest to check it against"}


_BADGES = "○◔◑◕●"


def proof_badge(level: int) -> str:
    """A proof level as a circle that fills up from P0 to P4."""
    return _BADGES[min(level, len(_BADGES) - 1)]


def proof_words(level: int | None) -> str:
    """A proof level in words; None is "not proven"."""
    return "not proven" if level is None else _PROOF_WORDS.get(int(level), f"P{int(level)}")


SET_KINDS = frozenset({PlanKind.BACKUP, PlanKind.VERIFY, PlanKind.DRILL, PlanKind.SEAL})
"""Whose results are about one set, which may be deleted later."""

_LEFT_OUT = {
    PlanKind.BACKUP: "Not in it",
    PlanKind.SEAL: "Not in it",
    PlanKind.RESTORE: "Not restored",
    PlanKind.DRILL: "Not restored",
    PlanKind.EXCERPT: "Not restored",
}
"""What is told of what a run left out, by its kind."""

_GONE = "it is not there any more: deleted or moved since; this is how it was"


def set_path(plan: Plan, result: dict[str, Any]) -> str:
    """The set that a result is about; empty where it is about none."""
    return str(result.get("path", plan.path)) if plan.kind in SET_KINDS else ""


def result_lines(plan: Plan, result: dict[str, Any], *, gone: bool = False) -> list[Line]:
    """What was written, made or checked, and what is wrong with it.

    ``gone``: the set that it was about is not there any more.
    """
    lines = _subject(plan, result, gone)
    counts = _counts(result)
    lines += [fact("Holds" if plan.kind in SET_KINDS else "Moved", counts)] if counts else []
    proof = result.get("proof", result.get("reached", result.get("level")))
    if isinstance(proof, int):
        checked = _CHECKED_WORDS if plan.kind is PlanKind.VERIFY else {}
        words = checked.get(proof) or proof_words(proof)
        role = "good" if proof >= 2 and not gone else "warning"
        lines.append(fact("Proof then" if gone else "Proof", words, role))
    elif plan.kind is PlanKind.VERIFY and result:
        lines.append(fact("Proof", proof_words(None), "warning"))
    compared = _comparison(result.get("comparison"))
    lines += compared[:1]
    # What is missing or in doubt stands above everything that went well.
    lines += _words("Doubts", result.get("doubts"), "! ")
    lines += _findings(result.get("findings"))
    lines += left_out_lines(plan)
    lines += _words("Cannot be known", result.get("unknown"), "? ")
    return lines + compared[1:]


def left_out_lines(plan: Plan) -> list[Line]:
    """What the run leaves out or does not put back, as its plan said."""
    if plan.kind not in _LEFT_OUT:
        return []
    return _words(_LEFT_OUT[plan.kind], [in_interface(w) for w in plan.not_included], "− ")


def _subject(plan: Plan, result: dict[str, Any], gone: bool) -> list[Line]:
    """What the run was about."""
    if plan.kind is PlanKind.RESTORE:
        return [fact("Database", str(result.get("database", plan.database)))]
    if plan.kind is PlanKind.EXCERPT:
        return [fact("Table", f"{result.get('database', plan.database)}.{result.get('table', '')}")]
    if plan.kind in REMOVALS:
        return _removed(result.get("removed"))
    path = str(result.get("path", plan.path))
    lines = [fact("Folder", path)] if path else []
    lines += [fact("Now", _GONE, "warning")] if gone else []
    if plan.kind is PlanKind.DRILL:
        lines += [fact("Drilled on", str(result["where"]))] if result.get("where") else []
        wanted, level = result.get("wanted"), result.get("level")
        if isinstance(wanted, int) and isinstance(level, int) and level < wanted:
            lines.append(fact("Wanted", f"P{wanted}", "warning"))
        if result.get("recorded"):
            lines.append(fact("Written in", str(result["recorded"])))
    return lines


def _removed(names: object) -> list[Line]:
    if not isinstance(names, list) or not names:
        return [fact("Removed", "nothing", "warning")]
    return [fact("Removed" if number == 0 else "", str(name)) for number, name in enumerate(names)]


def _counts(result: dict[str, Any]) -> str:
    """Tables, rows, files and bytes in one line, as far as they are told."""
    told = []
    for key in ("tables", "rows", "files"):
        value = result.get(key)
        if isinstance(value, int):
            told.append(plural(value, key[:-1]))
        elif isinstance(value, list):
            told.append(plural(len(value), key[:-1]))
    if isinstance(result.get("bytes"), int):
        told.append(human_bytes(result["bytes"]))
    return ", ".join(told)


def _comparison(tables: object) -> list[Line]:
    """Every table against the manifest; those that differ come first."""
    if not isinstance(tables, list) or not tables:
        return []
    known = [each for each in tables if isinstance(each, dict)]
    different = [each for each in known if not each.get("same")]
    if different:
        lines = [fact("Comparison", f"{plural(len(different), 'table')} not as backed up", "error")]
    elif all(each.get("checksum") == SAME_CONTENT for each in known):
        words = "every table has the rows and content of the backup"
        lines = [fact("Comparison", words, "good")]
    else:
        words = "every table has as many rows as the backup; not all content could be compared"
        lines = [fact("Comparison", words, "warning")]
    lines += [BLANK, heading(f"{fit('Table', 32)} {fit('Rows', 13, 'right')}  Content")]
    same = [each for each in known if each.get("same")]
    return lines + [_compared(each) for each in [*different, *same]]


def _compared(table: dict[str, Any]) -> Line:
    same = bool(table.get("same"))
    mark, role = ("✓ ", "good") if same else ("✗ ", "error")
    found, expected = table.get("rows_found"), table.get("rows_expected")
    rows = human_count(found) if isinstance(found, int) else "?"
    extra = "" if found == expected else f" instead of {human_count(expected)}"
    return line(
        (mark, role),
        f"{fit(str(table.get('table', '')), 30)} {fit(rows, 13, 'right')}",
        (extra, "error"),
        (f"  {table.get('checksum', '')}{_compared_by(table)}", "muted" if same else "error"),
        indent=4,
    )


def _compared_by(table: dict[str, Any]) -> str:
    """By what it was compared; runs of an older kwtui do not say."""
    check = table.get("check")
    return (
        f", {compared_how(str(check))}" if check and table.get("checksum") == SAME_CONTENT else ""
    )


def _findings(findings: object) -> list[Line]:
    """What a check found."""
    if not isinstance(findings, list) or not findings:
        return []
    lines = [BLANK, heading("What was found")]
    for each in findings:
        if isinstance(each, dict):
            refusal = each.get("severity") == "refusal"
            mark, role = ("✗ ", "error") if refusal else ("! ", "warning")
            subject = (f"{each.get('subject', '')}: ", "strong")
            lines.append(line((mark, role), subject, str(each.get("message", "")), indent=2))
    return lines


def _words(title: str, words: object, mark: str) -> list[Line]:
    if not isinstance(words, list) or not words:
        return []
    return [BLANK, heading(title), *_marked(words, mark)]


def _marked(words: Iterable[object], mark: str) -> list[Line]:
    return [line((mark, "warning"), str(each), indent=2) for each in words]

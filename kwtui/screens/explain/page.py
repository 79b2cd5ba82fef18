"""An error explained: what it means, causes, checks with their answers, what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kwtui.diagnosis import Diagnosis, Entry, KnownCheck, known
from kwtui.keys.spelling import spelled
from kwtui.text import plural
from kwtui.widgets.paint import BLANK, Line, heading, line, paragraph

LETTERS = "ABCDEF"
"""The keys of an entry's checks; no entry has more."""

ASKING: tuple[str, ...] = ("asking…",)
NOTHING_GIVEN = (
    "Paste an error here: a message of KWDB or of a driver, a piece of a log, a SQLSTATE, a KW"
    " code. Esc then shows what it means."
)


def checks_of(diagnosis: Diagnosis | None) -> list[KnownCheck]:
    """What can be asked about it, in order."""
    if diagnosis is None or diagnosis.entry is None:
        return []
    return known().checks_of(diagnosis.entry)


def summary_words(found: Sequence[Diagnosis], at: int) -> str:
    """The line above the page."""
    if not found:
        return "No error in this text."
    words = f"Error {at + 1} of {len(found)}; ] next" if len(found) > 1 else "One error"
    here = found[at]
    times = f", {here.count} times" if here.count > 1 else ""
    return f"{words} · line {here.line} of the text{times}"


def diagnosis_lines(found: Diagnosis, answers: Mapping[str, Sequence[str]]) -> list[Line]:
    """The whole page of one error."""
    lines = [line(("> ", "muted"), (found.excerpt, "literal"), indent=2), BLANK]
    if found.entry is None:
        lines.append(line(("Not known. ", "warning"), "kwtui does not guess what it means."))
    else:
        lines += _entry_lines(found, found.entry, answers)
    if found.nearest:
        lines += [
            BLANK,
            heading(
                spelled("Nearest known errors; they may be others ({explain.nearest} opens one)")
            ),
        ]
        lines += [
            line(("· ", "muted"), (f"{near.code} ", "strong"), near.title, indent=2)
            for near in found.nearest
        ]
    return lines


def _entry_lines(
    found: Diagnosis, entry: Entry, answers: Mapping[str, Sequence[str]]
) -> list[Line]:
    by = f"[{entry.code}], known by its {found.known_by.value}"
    lines = [line((f"{entry.title} ", "strong"), (by, "muted"))]
    if entry.harmless:
        lines.append(line(("Harmless: nothing needs to be done.", "good")))
    lines += paragraph(entry.means)
    if entry.causes:
        lines += [BLANK, heading("Likely causes, the likeliest first")]
        lines += _numbered(entry.causes)
    checks = known().checks_of(entry)
    if checks:
        lines += [
            BLANK,
            heading(spelled("Check (the letter asks; it only reads; {explain.all} asks all)")),
        ]
    for letter, check in zip(LETTERS, checks, strict=False):
        lines += _check_lines(letter, check, answers.get(check.name, ()))
    return [*lines, BLANK, heading("What to do"), *_numbered(entry.do)]


def _numbered(words: Sequence[str]) -> list[Line]:
    return [
        line((f"{number}. ", "muted"), each, indent=3) for number, each in enumerate(words, start=1)
    ]


def _check_lines(letter: str, check: KnownCheck, answer: Sequence[str]) -> list[Line]:
    lines = [line((f"{letter} ", "accent"), (check.title, "strong"), indent=2)]
    how = check.sql or (f"Doctor: {check.doctor}" if check.doctor else "the node's log")
    lines.append(line("  ", (how, "keyword"), indent=4))
    lines.append(line("  ", (check.look_for, "muted"), indent=4))
    return lines + [line("  ", ("│ ", "accent"), each, indent=4) for each in answer]


def empty_lines(text: str) -> list[Line]:
    """Instead of an explanation: nothing was given, or there is no error in it."""
    if not text.strip():
        return paragraph(NOTHING_GIVEN, "muted")
    count = plural(len(text.splitlines()), "line")
    return paragraph(f"There is no error in this text of {count}.")

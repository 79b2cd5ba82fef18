"""The forms of statements in ``proven_forms.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NAME = r'(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_]*)'
_TEXT = r"'(?:[^']|'')*'"
_OPTION = rf"[a-z_]+(?: = {_TEXT})?"
_AGGREGATE = rf"(?:(?:count|sum|min|max)\({_NAME}\)|sum\(length\({_NAME}\)\))"
_BLANKS = {
    "<value>": rf"(?:{_TEXT}|-?\d+(?:\.\d+)?)",
    "<aggregates>": rf"{_AGGREGATE}(?:, {_AGGREGATE})*",
    "<name>": _NAME,
    "<names>": rf"{_NAME}(?:, {_NAME})*",
    "<table>": rf"{_NAME}(?:\.{_NAME}){{0,2}}",
    "<text>": _TEXT,
    "<texts>": rf"{_TEXT}(?:, {_TEXT})*",
    "<number>": r"-?\d+",
    "<numbers>": r"\d+(?:, \d+)*",
    "<privileges>": r"[A-Z]+(?:, [A-Z]+)*",
    "<options>": rf"(?: WITH {_OPTION}(?:, {_OPTION})*)?",
    "<any>": r"(?s:.*)",
}
_BLANK = re.compile(r"<[a-z]+>")
_CHOICE = re.compile(r"\([^()]*\|[^()]*\)|\([^()]*\)\?")


@dataclass(frozen=True)
class Form:
    pattern: str
    status: str
    recordings: tuple[str, ...] = ()
    evidence: str = ""
    refused: str = ""

    def matches(self, statement: str) -> bool:
        return _compiled(self.pattern).fullmatch(statement) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Blanks and choices mean something; every other character stands for itself."""
    out, position = [], 0
    special = re.compile(f"{_BLANK.pattern}|{_CHOICE.pattern}")
    for match in special.finditer(pattern):
        out.append(re.escape(pattern[position : match.start()]))
        text = match.group()
        out.append(_BLANKS.get(text) or _BLANK.sub(lambda blank: _BLANKS[blank.group()], text))
        position = match.end()
    return re.compile("".join(out) + re.escape(pattern[position:]))


@cache
def forms() -> tuple[Form, ...]:
    text = Path(__file__).with_name("proven_forms.toml").read_text(encoding="utf-8")
    return tuple(
        Form(
            pattern=values["pattern"],
            status=values["status"],
            recordings=tuple(values.get("recordings", ())),
            evidence=values.get("evidence", ""),
            refused=values.get("refused", ""),
        )
        for values in tomllib.loads(text)["form"]
    )


def form_of(statement: str) -> Form | None:
    return next((form for form in forms() if form.matches(statement)), None)

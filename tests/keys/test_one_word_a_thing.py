"""One word a thing: what the glossary names has no second name in what people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import kwtui

ROOT = Path(kwtui.__file__).parent

SECOND_NAMES = {
    "export not made by kwtui": (
        "export of others",
        "exports of others",
        "others' export",
        "export by others",
        "exports by others",
        "exports made by others",
        "exports that others",
        "export that somebody else",
        "exports that somebody else",
        "export that kwtui did not",
        "exports that kwtui did not",
        "kwtui did not make it",
        "export made without kwtui",
        "adopted export",
    ),
    "interrupted run": ("broken run", "broken backup", "broken restore"),
    "unfinished backup": ("broken set", "incomplete set", "incomplete backup set", "half backup"),
    "damaged": ("corrupt backup", "corrupt set", "corrupted", "broken manifest"),
    "retention rule": ("retention polic", "pruning rule"),
    "may be repeated": ("may be given again", "may be given several times"),
    "remove": ("throw away", "thrown away", "throws away"),
}
"""The word for a thing, and what no text may call it."""

_JOINT = re.compile(r"[\"']\s*\n\s*f?[\"']")
"""Where a text goes on in the next line of the code."""


def pages_and_code() -> Iterator[tuple[str, str]]:
    """All that people read, and comments: each file as one text in which no line ends."""
    for path in (*ROOT.rglob("*.py"), *ROOT.rglob("*.toml"), *ROOT.glob("manual/*.md")):
        if "sandbox" not in path.relative_to(ROOT).parts:
            text = _JOINT.sub("", path.read_text(encoding="utf-8"))
            yield str(path.relative_to(ROOT)), text.replace("\n", " ").lower()


def test_a_thing_has_the_name_that_the_glossary_gives_it() -> None:
    found = {
        place: [f"{second} -> {right}" for right, names in SECOND_NAMES.items() for second in names
                if second in text]
        for place, text in pages_and_code()
    }  # fmt: skip
    assert not {place: words for place, words in found.items() if words}

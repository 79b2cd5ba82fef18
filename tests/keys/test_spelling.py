"""A text that names a key names the one that the person has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kwtui
from kwtui.keys.actions import BY_ID
from kwtui.keys.interface_words import in_interface
from kwtui.keys.keymap import OWN_KEYS, Keymap
from kwtui.keys.spelling import key_of, spelled, use_keymap

ROOT = Path(kwtui.__file__).parent
NAMED = re.compile(r"\{([a-z]+\.[a-z-]+)\}")


@pytest.fixture
def own_verify() -> Iterator[None]:
    use_keymap(Keymap({"storage.verify": ("f6",), "app.open-storage": ("slash", "w")}))
    yield
    use_keymap(OWN_KEYS)


def test_kwtuis_own_keys_are_written_as_in_the_footer() -> None:
    assert spelled("{storage.open}, {storage.filter} or {sql.run}") == "Enter, / or F5"


@pytest.mark.usefixtures("own_verify")
def test_a_changed_key_is_named_in_texts_hints_and_advice() -> None:
    assert spelled("{storage.verify} in Storage ({app.open-storage})") == "F6 in Storage (/)"
    assert key_of("storage.drill") == "d"
    assert in_interface("Check it: kwtui verify") == "Check it: F6 in 4 Storage"


def test_braces_of_others_stay() -> None:
    assert spelled("{not.known} {} {x}") == "{not.known} {} {x}"


def texts() -> Iterator[tuple[str, str]]:
    for room in ("screens", "keys"):
        for path in sorted((ROOT / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            for node in nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if id(node) in told:
                        continue
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_every_action_that_a_text_names_is_there_and_has_a_key() -> None:
    named = [(place, name) for place, text in texts() for name in NAMED.findall(text)]

    assert len(named) > 40
    assert not [(place, name) for place, name in named if name not in BY_ID or not BY_ID[name].keys]


LITERAL = re.compile(
    r"(?:^|[.;,(] )(?:[a-z1-9/]|Esc|F\d) (?:in|goes|takes|starts|begins|opens|saves|shows|copies|"
    r"looks|adds|unlocks|runs|cancels|lists|searches|changes|removes|finds|leaves)\b"
    r"|\(F?[a-z1-9/]\)[.,;]?$|\bpress [a-z1-9]\b"
)
FIXED = {
    "Close (Esc)",
    "Copy (y)",
    "Explain (e)",
    "Manual (m)",
    "Run (y)",
    "Let it run (n)",
    "Cancel, keep (k)",
    "Cancel, remove (r)",
    " (n)",
    " (y)",
    "Enter takes it, Esc leaves.",
}
"""Of dialogs, whose keys nobody can change."""


def test_no_screen_names_a_key_that_may_be_another_one() -> None:
    found = [(p, t) for p, t in texts() if " " in t and LITERAL.search(t) and t not in FIXED]
    assert not [(place, text) for place, text in found if not place.startswith("keys/actions")]

"""Whoever sits in the interface is told of keys and fields, never of options to type."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import kwtui
from kwtui.keys.interface_words import in_interface

ROOT = Path(kwtui.__file__).parent

SHARED = (
    "operations",
    "backups",
    "doctor",
    "server",
    "node",
    "runs",
    "controller",
    "files",
    "model",
)
"""Rooms whose messages are shown by commands and by the interface."""

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
COMMAND = re.compile(
    r"\bkwtui (?:backup|restore|cleanup|verify|drill|delete|prune|compare|show|list|runs|jobs|wal|"
    r"seal|server|doctor|survey|logs|sql|explain)\b"
)

VALUE = "20261130T100428Z-2ea8"
"""Stands for what an f-string puts in."""

OF_THE_NODE = {"--external-io-dir", "--log-dir", "--http-addr", "--advertise-addr", "--from"}
"""What a node, or restore.sh, is started with."""

ONLY_IN_A_SHELL = (
    " · kwtui",
    "--draft",
    "--identity",
    "--node",
    "--recipient",
    ": ssh ",
    "? ssh ",
    "sudo -u",
    "kwbase",
    "docker",
    "kubectl",
)
"""Advice without a counterpart in the interface says so by being a whole command."""


def messages(*rooms: str) -> Iterator[tuple[str, str]]:
    """Every text of the code that looks like words for people, with its place."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            passed = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            for joined in (node for node in nodes if isinstance(node, ast.JoinedStr)):
                passed |= {id(part) for part in joined.values}
            for node in nodes:
                text = None if id(node) in passed else _text(node)
                if text is not None and " " in text.strip():
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text  # type: ignore[attr-defined]


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.Constant) else VALUE for v in node.values]
        return "".join(map(str, parts))
    return None


def leftovers(text: str) -> list[str]:
    if any(words in text for words in ONLY_IN_A_SHELL) or text.startswith("\n--"):
        return []  # Also lists of options that others' command lines have.
    return [
        m[0] for m in (*OPTION.finditer(text), *COMMAND.finditer(text)) if m[0] not in OF_THE_NODE
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See what it left: kwtui cleanup --run 20261130T100428Z-2ea8 --yes", "l in 4 Storage"),
        ("cluster settings (--with-settings)", "(“Cluster settings”)"),
        ("Check the backup (kwtui verify), then restore", "(v in 4 Storage), then restore"),
        ("users and roles (--with-users)", "(“Users and roles”)"),
        ("kwtui restore --continue 20261130T100428Z-2ea8 (or remove", "r in 6 Runs (or remove"),
        ("Say it: --delimiter, --null-text, --charset.", "Say it: “Written with”."),
        ("leave it out: --leave-out public/t", "leave it out: “Leave out”: public/t"),
        ("Connect first: --dsn URL, --profile NAME or --sandbox.", "1 Connection"),
        ("kwtui runs show 20261130T100428Z-2ea8 --plan says it", "6 Runs says it"),
        (
            "accept it by name: kwtui restore --continue 20261130T100428Z-2ea8 --accept public.o.n",
            "accept it by name: r in 6 Runs, “Accept”: public.o.n",
        ),
        (
            "accepted: kwtui drill kwtui/shop/x --accept 'public.\"A b\"' (or not)",
            "accepted: d in 4 Storage, “Accept”: 'public.\"A b\"' (or not)",
        ),
        ("If there were none: --empty public.b.", "“Without a file”: public.b"),
        ("Prove it there: kwtui seal kwtui/shop/x", "f in 4 Storage"),
        ("Started with --log-dir=/x", "Started with --log-dir=/x"),
    ],
)
def test_advice_names_the_key_the_screen_or_the_field(written: str, shown: str) -> None:
    assert shown in in_interface(written)


def test_no_message_that_the_interface_shows_speaks_of_options() -> None:
    found = {
        place: (text, leftovers(in_interface(text)))
        for place, text in messages(*SHARED)
        if leftovers(in_interface(text))
    }
    assert not found


def test_no_screen_speaks_of_options() -> None:
    found = {place: text for place, text in messages("screens", "widgets") if leftovers(text)}
    assert not found


NOUNS = "row|table|file|backup|record|run|job|column|step|device|difference|line|setting|statement"


def test_there_is_one_way_to_say_how_many() -> None:
    """``1 backup stay``, ``1 rows``: a number before a noun goes through `kwtui.text.plural`."""
    found = [
        f"{place}: {text}"
        for place, text in messages("screens", "controller", "operations", "doctor", "backups")
        if re.search(rf"{VALUE} (?:{NOUNS})s\b", text) and place.split(":")[0] not in MANY_ANYWAY
    ]
    assert not found


MANY_ANYWAY = {
    "screens/frame/base.py",
    "controller/status.py",
    "screens/server/screen.py",
    "screens/sql/answers.py",
    "screens/sql/screen.py",
    "operations/restore/continuation/in_place.py",
    "operations/excerpt/steps.py",
    "operations/restore/steps.py",
    "operations/shared/staged_definitions.py",
}
"""Where the number is a constant above one, or the word a verb."""

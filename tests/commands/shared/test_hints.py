"""A command in a hint works when it is copied: it names the server and the folders, too."""

from __future__ import annotations

import pytest

from kwtui.commands.parsers.root import make_parser
from kwtui.commands.shared.hints import typed_options, with_connection

SANDBOX = ["--sandbox"]


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("List what is there: kwtui list", "List what is there: kwtui list --sandbox"),
        ("List its contents: kwtui show a/b", "List its contents: kwtui show --sandbox a/b"),
        ("`kwtui survey` lists them.", "`kwtui survey --sandbox` lists them."),
        ("List them: kwtui runs", "List them: kwtui runs"),
        ("Unpin it: kwtui unpin a --sandbox", "Unpin it: kwtui unpin a --sandbox"),
        ("Or remove it: kwtui cleanup --run X --yes", "Or remove it: kwtui cleanup --run X --yes"),
        ("See the usage: kwtui prune --help", "See the usage: kwtui prune --help"),
    ],
)
def test_a_command_of_a_hint_names_what_the_command_did(hint: str, told: str) -> None:
    assert with_connection(hint, SANDBOX) == told
    assert with_connection(hint, []) == hint


def test_the_options_are_those_that_were_typed_without_a_password() -> None:
    words = ["list", "--dsn", "postgresql://root:hunter2@h:1/d", "--extern", "/my disk/extern"]
    options = typed_options(make_parser(words).parse_args(words))
    assert options[2:] == ["--extern", "'/my disk/extern'"]
    assert "hunter2" not in " ".join(options)

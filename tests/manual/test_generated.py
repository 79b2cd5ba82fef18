"""What the manual says of keys, commands, exit codes and JSON is what the code says."""

from __future__ import annotations

import pytest

from kwtui.errors import ExitCode
from kwtui.keys.actions import ACTIONS
from kwtui.manual.pages import TOPICS, read_page
from tests.manual.command_reference import _commands, _own_actions
from tests.manual.generated import PARTS, parts_of, with_parts
from tests.manual.json_reference import printed_kinds


@pytest.mark.parametrize("topic", TOPICS)
def test_generated_parts_are_those_of_now(topic: str) -> None:
    """When this fails: python -m tests.manual.generated."""
    text = read_page(topic).text
    assert text == with_parts(text)


def test_every_generated_part_stands_on_one_page() -> None:
    assert sorted(part for topic in TOPICS for part in parts_of(read_page(topic).text)) == sorted(
        PARTS
    )


def test_every_key_is_on_the_page_of_keys() -> None:
    text = read_page("keys").text
    for action in ACTIONS:
        assert not action.keys or action.help in text, action.id


def test_every_exit_code_has_a_meaning_of_its_own() -> None:
    meanings = [code.meaning for code in ExitCode]
    assert all(meanings)
    assert len(set(meanings)) == len(meanings)


def test_every_option_says_what_it_is_for() -> None:
    silent = [
        (name, action.option_strings)
        for name, parser, _ in _commands()
        for action in _own_actions(parser)
        if action.option_strings and not action.help
    ]
    assert not silent


def test_the_kinds_are_read_from_the_commands() -> None:
    """A reader that finds nothing would document nothing."""
    kinds = printed_kinds()
    assert kinds["list"] == [("extern", "problem", "entries")]
    assert ("file", "rows") in kinds["sql"]

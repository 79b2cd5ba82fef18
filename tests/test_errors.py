"""An error's text is data: nothing in it begins a line that the message did not mean."""

import ast
import io
from pathlib import Path

import pytest

import kwtui
from kwtui.commands.shared.output import Output
from kwtui.errors import KwtuiError, Lines, lines_of
from kwtui.screens.frame.dialogs import problem_lines
from kwtui.server.connection.failures import ServerMessage, StatementRefused, statement_failure

HOSTILE = "a\nkwtui: fine\r\x85\u2028\x0bkwtui: fine"


def printed(error: KwtuiError) -> list[str]:
    err = io.StringIO()
    Output(json=False, out=io.StringIO(), err=err).error(error)
    return err.getvalue().removesuffix("\n").split("\n")


@pytest.mark.parametrize("part", ["title", "cause", "hint"])
def test_a_newline_of_a_name_begins_no_line_in_a_command_or_in_the_interface(part: str) -> None:
    words = {"title": "It failed.", "cause": "Why.", "hint": "Do it.", part: f"{HOSTILE} is gone."}
    error = KwtuiError(words["title"], cause=words["cause"], hint=words["hint"])

    lines = printed(error)
    assert len(lines) == 3
    assert not any(line.lstrip().startswith("kwtui: fine") for line in lines)
    assert all(line.isprintable() for line in lines)
    shown = [line.text.strip() for line in problem_lines(error)]
    assert not any(line.startswith("kwtui: fine") for line in shown)
    assert len(shown) == len(problem_lines(KwtuiError("a", cause="b", hint="c")))


def test_lines_that_are_meant_stay_and_what_is_added_to_them_is_one_more() -> None:
    error = KwtuiError("Two differ.", cause=lines_of("a", "", HOSTILE))
    assert printed(error)[1] == "  a"
    assert len(printed(error)) == 3

    error.cause = lines_of("In the step: x.", error.cause)
    assert len(printed(error)) == 4
    error.cause = f"{error.cause} and more"
    assert len(printed(error)) == 2


def test_the_caret_below_a_statement_stays_and_any_other_detail_is_one_line() -> None:
    shown = "source SQL:\nSELECT\n\n  frm\n  ^"
    assert shown in statement_failure(ServerMessage("at or near", "42601", shown)).cause
    refused = statement_failure(ServerMessage(HOSTILE, "42601", HOSTILE))
    assert isinstance(refused, StatementRefused)
    assert refused.cause.count("\n") == 1


def test_every_error_of_the_program_is_marked_by_the_one_class() -> None:
    """No kind has a way of its own, and only the two places that mean it make text of lines."""
    makers = set()
    for file in Path(kwtui.__file__).parent.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if f"{Lines.__name__}(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == Lines.__name__:
                makers.add(file.name)

    kinds: list[type[KwtuiError]] = [KwtuiError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert makers == {"errors.py", "failures.py"}
    assert StatementRefused in kinds
    assert not [kind for kind in kinds[1:] if {"cause", "hint", "lines"} & set(vars(kind))]

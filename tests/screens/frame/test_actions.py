"""One registry of actions: every key does something, says what, and every footer fits."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections import Counter
from pathlib import Path
from typing import TypeGuard

import pytest
from rich.cells import cell_len

import kwtui
from kwtui.app.application import KwtuiApp
from kwtui.app.screen_factories import FACTORIES
from kwtui.keys.actions import ACTIONS, SCREENS, actions_of
from kwtui.keys.directions import directions, elsewhere
from kwtui.keys.keymap import OWN_KEYS, Keymap
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.palette import all_commands, matching
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController

SCOPES = sorted({action.scope for action in ACTIONS} - {"app", "wizard"})
FORBIDDEN = {f"ctrl+{letter}" for letter in "hijmsbaz"}


_MODULES = {
    "timeline": "board.time_line",
    "set": "backup_set.screen",
    "compare": "storage.compare",
    "retention": "storage.retention",
    "leftovers": "storage.leftovers",
    "jobs": "runs.jobs",
    "approval": "approvals.page",
}


def _module_of(scope: str) -> str:
    return f"kwtui.screens.{_MODULES.get(scope, f'{scope}.screen')}"


def screen_class(scope: str) -> type[KwtuiScreen]:
    module = importlib.import_module(_module_of(scope))
    for _, each in inspect.getmembers(module, inspect.isclass):
        if (
            issubclass(each, KwtuiScreen)
            and each.scope == scope
            and each.__module__ == module.__name__
        ):
            return each
    raise AssertionError(f"no screen for {scope}")


@pytest.mark.parametrize("scope", SCOPES)
def test_every_action_of_a_screen_is_done_by_its_screen(scope: str) -> None:
    owner = screen_class(scope)
    for action in actions_of(scope):
        assert callable(getattr(owner, f"do_{action.verb}", None)), action.id


def test_every_action_of_the_application_is_done_by_it() -> None:
    for action in actions_of("app"):
        known = action.verb.startswith("open_") or action.verb == "back"
        assert known or callable(getattr(KwtuiApp, f"_do_{action.verb}", None)), action.id


def test_no_key_means_two_things_on_one_screen() -> None:
    everywhere = [key for action in actions_of("app") for key in action.keys.split(",") if key]
    for scope in [*SCOPES, "wizard"]:
        own = [key for action in actions_of(scope) for key in action.keys.split(",") if key]
        clashes = [key for key, count in Counter([*everywhere, *own]).items() if count > 1]
        assert not clashes, (scope, clashes)


def test_nothing_needs_a_control_key_that_terminals_take() -> None:
    for action in ACTIONS:
        keys = set(filter(None, action.keys.split(",")))
        if action.id == "app.suspend":
            # It does what the terminal would do with the key.
            continue
        assert not keys & FORBIDDEN, action.id
        if action.id == "sql.complete":
            # Tab does it, too, wherever there is something to complete.
            continue
        assert not keys or any("ctrl" not in key for key in keys), action.id


def test_every_action_explains_itself() -> None:
    for action in ACTIONS:
        assert action.title
        assert action.help.endswith("."), action.id


WALKS = {
    "0": "b Back up",
    "1": "Enter Connect",
    "2 enter enter enter enter s": "c Cancel run",
    "3 enter enter": "Enter Next",
    "4 enter": "] Next",
    "5 enter": "f Follow",
    "6": "c Cance",
    "7 d": "r Again",
    "4 x": "s Start",
    "4 t": "e Rule",
    "4 l": "Space Choose",
    "4 m j c": "f All t",
}
"""Keys, and what the footer tells where they end."""


async def test_the_footer_fits_into_78_cells(connected: FakeController) -> None:
    """After every key of every walk; Esc leads back before the next."""
    async with opened(connected) as person:
        for keys, words in WALKS.items():
            for key in keys.split():
                await person.press(key)
                await person.pilot.pause(0.05)
                footer = person.footer().rstrip()
                assert 0 < cell_len(footer) <= 78, (keys, key)
                assert footer.endswith("? Help  : All  q Quit"), (keys, key)
            assert words in footer, keys
            await person.press("escape")


async def test_digits_open_screens_and_escape_stays_on_them(connected: FakeController) -> None:
    async with opened(connected) as person:
        for _, digit, title in SCREENS:
            await person.press("1", digit)
            await person.until_shown(f"{digit} {title}")
            await person.press("escape")
            assert f"{digit} {title}" in person.header()


async def test_escape_leads_back_from_what_no_digit_opens(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.app.open_screen("doctor")
        await person.until_shown("4 checks")
        await person.press("escape")
        await person.until_shown("4 Storage")


async def test_no_key_acts_behind_the_words_that_ask_for_a_larger_window(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.pilot.resize_terminal(50, 12)
        await person.until_shown("Make the window larger.")
        await person.press("x", "2", "colon", "question_mark", "f7")
        assert person.app.theme == "dark"
        await person.pilot.resize_terminal(80, 24)
        await person.until_shown("tsdb")
        assert "4 Storage" in person.header()


async def test_a_letter_answers_a_question(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        for letter, then in (("n", "public.orders"), ("y", "what is sold")):
            await person.press("x")
            await person.until_shown("Start over (y)")
            await person.press(letter)
            await person.until(lambda: "Start over (y)" not in person.text())
            await person.until_shown(then)


async def test_a_key_changes_the_theme_and_the_choice_is_kept(connected: FakeController) -> None:
    kept: list[str] = []
    async with opened(connected, remember_theme=kept.append) as person:
        for _ in range(6):
            await person.press("f7")
        assert kept == ["light", "high-contrast", "ansi", "monochrome", "dark", "light"]


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_lists_the_keys_as_they_are_now(connected: FakeController, key: str) -> None:
    async with opened(connected, size=(100, 58)) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press(key)
        await person.until_shown("Help: 4 Storage")
        for words in ("Show only rows with these words", "Moving", "Everywhere"):
            assert words in person.text()
        assert "$ kwtui list --profile shop-test" in person.text()
        await person.press("escape")
        await person.until_shown("tsdb")


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
async def test_the_palette_finds_an_action_by_its_words(
    connected: FakeController, key: str
) -> None:
    async with opened(connected) as person:
        await person.press(key)
        await person.until_shown("All actions")
        await person.type("go to logs")
        await person.press("enter")
        await person.until_shown("5 Logs")


@pytest.mark.parametrize(
    ("typed", "row", "screen", "told"),
    [
        ("drill", "Drill 0 Board", "0 Board", "Drill: choose a database, then press d."),
        ("prune", "Plan 4 Retention", "4 Storage", "Plan: press t, then press s."),
        ("server jobs", "Server's jobs 6 Runs", "6 Runs", "Server's jobs: press s."),
        ("look inside", "Look inside 3 Restore", "3 Restore", "Look inside: press i."),
        (
            "next part inside",
            "Next part 4 Inside",
            "4 Storage",
            "Next part: choose a backup, press Enter, then press ].",
        ),
    ],
)
async def test_the_palette_leads_to_what_is_on_another_screen(
    connected: FakeController, typed: str, row: str, screen: str, told: str
) -> None:
    async with opened(connected) as person:
        await person.press("2", "colon")
        await person.until_shown("All actions")
        await person.type(typed)
        await person.until_shown(row)
        await person.press("enter")
        await person.until_shown(screen)
        await person.until_shown(told)


async def test_the_palette_names_every_action(connected: FakeController) -> None:
    async with opened(connected) as person:
        for key in "1234567":
            await person.press(key)
            screen = person.app.screen
            assert isinstance(screen, KwtuiScreen)
            ids = {c.call.rpartition(":")[2] for c in all_commands(screen, person.app.keys)}
            assert ids >= {a.id for a in ACTIONS} - {"app.palette", "app.back"}


def test_the_palette_leads_nowhere_without_a_key() -> None:
    for action, place in elsewhere(frozenset()):
        assert place.screen in FACTORIES
        words = directions(action, OWN_KEYS)
        assert "{" not in words, words
        assert words.endswith(f"press {action.key_text}."), words


async def test_a_key_that_cannot_work_now_says_why(controller: FakeController) -> None:
    async with opened(controller) as person:
        await person.press("r")
        await person.until_shown("No connection was lost.")


async def test_themes_are_chosen_in_the_palette(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("colon")
        await person.until_shown("All actions")
        await person.type("theme light")
        await person.press("enter")
        await person.until(lambda: person.app.theme == "light")


async def test_a_theme_that_is_chosen_repaints_what_is_shown(connected: FakeController) -> None:
    async with opened(connected, theme="monochrome") as person:
        await person.press("4")
        await person.until_shown("tsdb")
        expected = _painted(person)
    async with opened(connected, theme="high-contrast") as person:
        await person.press("4")
        await person.until_shown("tsdb")
        assert _painted(person) != expected
        person.app._set_theme("monochrome")
        await person.until(lambda: _painted(person) == expected, "the other theme's colours")


def _painted(person: Driver) -> list[object]:
    """The cells of the screen with their styles."""
    return [list(strip) for strip in person.app.screen._compositor.render_strips()]


def test_every_action_that_opens_the_prompt_takes_the_keys_typed_after_it() -> None:
    opening = set()
    for path in (Path(kwtui.__file__).parent / "screens").rglob("*.py"):
        functions = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if _is_action(n)]
        opening |= {f.name[3:] for f in functions if "self.prompt.ask(" in ast.unparse(f)}
    assert opening == {action.verb for action in ACTIONS if action.asks}


def _is_action(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("do_")


def test_the_cleanup_is_found_by_the_name_of_its_command() -> None:
    calls = [command.call for command in matching(all_commands(None, Keymap()), "clean")]

    assert "at:storage:storage.leftovers" in calls

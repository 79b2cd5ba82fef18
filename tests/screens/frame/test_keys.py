"""Keys of a person's own work, and footer, help and palette name them."""

from __future__ import annotations

import pytest

from kwtui.app.application import KwtuiApp
from kwtui.errors import KwtuiError
from kwtui.keys.keymap import Keymap
from tests.screens.driving import opened
from tests.screens.fake_controller import FakeController

CHANGED = Keymap(
    {"app.open-storage": ("f6",), "storage.filter": ("F",), "app.help": ("H",), "app.quit": ("Q",)}
)


async def test_the_new_key_works_and_the_old_one_does_not(connected: FakeController) -> None:
    async with opened(connected, keys=CHANGED) as person:
        await person.press("4")
        assert "1 Connection" in person.text()
        await person.press("f6")
        await person.until_shown("4 Storage")
        await person.until_shown("tsdb")
        await person.press("slash")
        assert not person.app.screen.query_one("PromptLine").display
        await person.press("F")
        await person.until(lambda: person.app.screen.query_one("PromptLine").display)


async def test_footer_help_and_palette_name_the_new_keys(connected: FakeController) -> None:
    async with opened(connected, keys=CHANGED, size=(100, 80)) as person:
        await person.press("f6")
        await person.until_shown("tsdb")
        assert "F Filter" in person.footer()
        assert person.footer().rstrip().endswith("H Help  : All  Q Quit")
        await person.press("H")
        await person.until_shown("Help: 4 Storage")
        assert "F6         See what lies" in person.text()
        await person.press("escape", "colon")
        await person.until_shown("All actions")
        await person.type("go to storage")
        await person.until_shown("F6")


async def test_a_keymap_with_a_mistake_is_told_and_kwtui_opens(connected: FakeController) -> None:
    problem = KwtuiError("The file keys.toml cannot be used.", cause="No action has the id 'x'.")
    async with opened(connected, problem=problem) as person:
        await person.until_shown("No action has the id 'x'.")
        await person.press("escape", "4")
        await person.until_shown("4 Storage")


@pytest.mark.parametrize(("keys", "key"), [({}, "ctrl+z"), ({"app.suspend": ("f10",)}, "f10")])
async def test_the_shell_is_one_key_away_also_from_a_dialog_and_a_window_that_is_too_small(
    connected: FakeController,
    monkeypatch: pytest.MonkeyPatch,
    keys: dict[str, tuple[str, ...]],
    key: str,
) -> None:
    left: list[str] = []
    monkeypatch.setattr(KwtuiApp, "action_suspend_process", lambda app: left.append("left"))
    async with opened(connected, keys=Keymap(keys)) as person:
        for number, (opens, title) in enumerate(
            [("4", "4 Storage"), ("question_mark", "Help: 4 Storage"), ("colon", "All actions")], 1
        ):
            await person.press(opens)
            await person.until_shown(title)
            await person.press(key)
            assert len(left) == number, title
            assert title in person.text(), "it is as it was when one comes back"
            if number > 1:
                await person.press("escape")
        await person.pilot.resize_terminal(50, 12)
        await person.until_shown("Make the window larger.")
        await person.press(key)
        assert len(left) == 4


async def test_in_the_editor_the_key_takes_back_what_was_typed(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []
    monkeypatch.setattr(KwtuiApp, "action_suspend_process", lambda app: left.append("left"))
    async with opened(connected) as person:
        await person.press("8", "i")
        await person.type("SELECT 42")
        await person.until_shown("SELECT 42")
        await person.press("ctrl+z")
        await person.until(lambda: "SELECT 42" not in person.text())
        await person.press("escape", "ctrl+z")
        assert left == ["left"]

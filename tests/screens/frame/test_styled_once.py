"""A page that opens is styled once, and again where what styles it has changed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode

from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


@pytest.fixture
def styled(monkeypatch: pytest.MonkeyPatch) -> Counter[DOMNode]:
    """How often each widget got its styles."""
    counted: Counter[DOMNode] = Counter()
    apply = Stylesheet.apply

    def counting(self: Stylesheet, node: DOMNode, **options: Any) -> None:
        counted[node] += 1
        apply(self, node, **options)

    monkeypatch.setattr(Stylesheet, "apply", counting)
    return counted


def colours(person: Driver) -> list[object]:
    return [
        (type(each).__name__, each.styles.color, each.styles.background)
        for each in person.app.screen.walk_children(with_self=True)
    ]


async def go(person: Driver, page: str) -> None:
    await person.press(page[0])
    await person.until(lambda: page in person.header(), page)


async def test_opening_a_page_styles_its_widgets_once(
    connected: FakeController, styled: Counter[DOMNode]
) -> None:
    async with opened(connected) as person:
        await go(person, "4 Storage")
        page = person.app.screen
        # The list has the focus, which is another style.
        assert {styled[each] for each in page.query("HeaderBar, PromptLine, Words")} == {1}


async def test_a_theme_chosen_elsewhere_reaches_a_page_that_one_comes_back_to(
    connected: FakeController,
) -> None:
    async with opened(connected, theme="light") as person:
        await go(person, "4 Storage")
        expected = colours(person)
    async with opened(connected, theme="high-contrast") as person:
        await go(person, "4 Storage")
        assert colours(person) != expected
        await go(person, "0 Board")
        person.app.theme = "light"
        await go(person, "4 Storage")
        assert colours(person) == expected


async def test_a_dialog_is_styled_once(connected: FakeController, styled: Counter[DOMNode]) -> None:
    async with opened(connected) as person:
        await person.press("f1")
        await person.until_shown("Keys")
        assert {styled[each] for each in person.app.screen.query(".dialog--title")} == {1}

"""The manual in the interface: from ? to any page, searched, by keyboard alone at 80x24."""

from __future__ import annotations

from textual.widget import Widget
from textual.widgets import Static

from kwtui.manual.pages import TOPICS
from kwtui.screens.manual.screen import ManualScreen
from kwtui.widgets.markdown_page import HIT, MarkdownPage
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


async def open_manual(person: Driver) -> ManualScreen:
    await person.press("question_mark")
    await person.until_shown("Manual (m)")
    await person.press("m")
    await person.until_shown(f"{len(TOPICS)} topics")
    screen = person.app.screen
    assert isinstance(screen, ManualScreen)
    return screen


async def test_help_leads_to_the_manual_and_esc_back(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await open_manual(person)
        top = person.text()
        await person.press("G")
        await person.until_shown(" glossary ")
        shown = top + person.text()
        assert [topic for topic in TOPICS if f" {topic} " not in shown] == []
        await person.press("g", "enter")
        await person.until_shown("Installation")
        await person.press("escape")
        await person.until_shown(f"{len(TOPICS)} topics")
        await person.press("escape")
        await person.until_shown("tsdb")


async def test_pages_are_turned_and_scrolled_by_keyboard(connected: FakeController) -> None:
    async with opened(connected) as person:
        await open_manual(person)
        await person.press("j", "enter")
        await person.until_shown("First backup")
        await person.press("left_square_bracket", "left_square_bracket")
        await person.until_shown("Glossary")
        await person.press("G")
        await person.until_shown("WAL: the write-ahead log")
        await person.press("right_square_bracket")
        await person.until_shown("Installation")
        await person.press("o")
        await person.until_shown(f"{len(TOPICS)} topics")


async def test_a_search_goes_to_the_row_of_a_table(connected: FakeController) -> None:
    async with opened(connected) as person:
        screen = await open_manual(person)
        screen.show_topic("exit-codes")
        await person.until_shown("Exit codes are stable")
        assert "130" not in person.text()
        await person.press("slash")
        await person.type("Cancelled")
        await person.press("enter")
        await person.until_shown("130 cancelled")
        await person.press("slash")
        await person.press(*["backspace"] * 9)
        await person.type("xyzzy")
        await person.press("enter")
        await person.until_shown("This page does not hold 'xyzzy'.")


async def test_hits_follow_each_other_and_come_round(connected: FakeController) -> None:
    async with opened(connected) as person:
        screen = await open_manual(person)
        screen.show_topic("restore")
        await person.until_shown("A restore harms nothing")
        page = screen.query_one(MarkdownPage)

        async def next_hit(*, forward: bool = True) -> int:
            assert page.find("devices", forward=forward)
            await person.pilot.pause()
            return page.scroll_offset.y

        seen = [await next_hit()]
        while (place := await next_hit()) != seen[0]:
            assert place >= seen[-1]
            seen.append(place)
        assert len(seen) > 1
        assert await next_hit(forward=False) == seen[-1]


async def test_a_paragraph_that_was_found_stands_out(connected: FakeController) -> None:
    async with opened(connected) as person:
        screen = await open_manual(person)
        screen.show_topic("sandbox")
        await person.until_shown("loopback interface")
        page = screen.query_one(MarkdownPage)
        assert page.find("REFUSES what it")
        assert [str(each.content)[:11] for each in page.query(f".{HIT}").results(Static)] == [
            "The sandbox"
        ]
        assert not page.find("no such words")
        assert not page.query(f".{HIT}")


async def test_every_page_fits_into_80_columns(connected: FakeController) -> None:
    async with opened(connected) as person:
        screen = await open_manual(person)
        page = screen.query_one(MarkdownPage)
        await person.press("enter")
        for topic in TOPICS:
            await person.until_shown(f"kwtui manual {topic} ")
            await person.until(lambda: not page.max_scroll_x)
            within = page.region.right
            assert not [each for each in page.walk_children(Widget) if each.region.right > within]
            await person.press("right_square_bracket")


async def test_the_palette_opens_the_manual(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("colon")
        await person.type("read the manual")
        await person.press("enter")
        await person.until_shown(f"{len(TOPICS)} topics")

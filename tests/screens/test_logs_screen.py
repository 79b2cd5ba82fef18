"""A person reads and follows the node's logs."""

from __future__ import annotations

from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


async def to_the_log(person: Driver) -> None:
    await person.press("5")
    await person.until_shown("ts engine")
    await person.press("enter")
    await person.until_shown("following")


async def test_new_lines_appear_at_the_end_by_themselves(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.until_shown("199 node event")
        connected.log.grow("I261122 09:00:00.000000 1 x.go:1  [n1] a new day")
        await person.until_shown("a new day")


async def test_scrolling_stops_following_and_tells_how_much_is_new(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("k", "k")
        await person.until_shown("nothing new")
        before = person.text().splitlines()[2:-1]
        connected.log.grow("I one", "I two", "I three")
        await person.until_shown("3 new lines")
        assert person.text().splitlines()[2:-1] == before, "what one reads must not move"
        await person.press("f")
        await person.until_shown("I three")
        await person.until_shown("following")


async def test_pausing_holds_the_picture(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("p")
        await person.until_shown("PAUSED")
        connected.log.grow("I later")
        await person.until_shown("1 new line")
        assert "I later" not in person.text()
        await person.press("p")
        await person.until_shown("I later")


async def test_only_severe_entries_with_their_stack_traces(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("s", "s")
        await person.until_shown("from error up")
        await person.until(lambda: "198 node event" not in person.text())
        assert person.text().count("goroutine 1 [running]") == 4
        connected.log.grow("I quiet", "E loud")
        await person.until_shown("E loud")
        assert "I quiet" not in person.text()
        await person.press("s", "s")
        await person.until_shown("I quiet")


async def test_searching_forth_and_back(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash")
        await person.type("] 7")
        await person.press("enter")
        await person.until_shown("hit 1 of 11 hits")
        await person.until_shown("[n1] 7 node")
        await person.press("n")
        await person.until_shown("hit 2 of 11 hits")
        await person.press("N", "N")
        await person.until_shown("hit 11 of 11 hits")


async def test_hits_in_new_lines_count_too(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash")
        await person.type("needle")
        await person.press("enter")
        await person.until_shown("no hit")
        connected.log.grow("I hay", "I a needle")
        await person.until_shown("1 hits")
        await person.press("n")
        await person.until_shown("hit 1 of 1 hits")


async def test_a_search_without_a_hit_says_so(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash")
        await person.type("nowhere")
        await person.press("enter")
        await person.until_shown("no hit")


async def test_long_lines_are_wrapped_or_cut_and_moved_sideways(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        connected.log.grow("I " + "long " * 40 + "THE-END")
        await person.until_shown("THE-END")
        await person.press("w")
        await person.until_shown("…")
        assert "THE-END" not in person.text()
        await person.press(*["l"] * 10)
        await person.until_shown("THE-END")


async def test_the_first_line_is_one_key_away(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("g")
        await person.until_shown("[n1] 0 node event")
        await person.press("escape")
        await person.until_shown("ts engine")

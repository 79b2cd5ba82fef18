"""A person reads and follows the node's logs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from textual.events import Key

from kwtui.errors import KwtuiError
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.remote.node_http import LoginNeeded
from kwtui.node.place import NodePlace
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import RunStarted
from kwtui.server.connection.target import Target
from tests.screens.driving import Driver, opened
from tests.screens.fake_connection import FakeFolders
from tests.screens.fake_controller import FakeController
from tests.screens.staged import NOW


def entry(text: str, severity: str = "I", clock: str = "09:00:00", goroutine: int = 1) -> str:
    return f"{severity}261122 {clock}.000000 {goroutine} x.go:1  [n1] {text}"


async def to_the_log(person: Driver) -> None:
    await person.press("5")
    await person.until_shown("ts engine")
    await person.press("enter")
    await person.until_shown("following")


async def test_new_lines_appear_at_the_end_by_themselves(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.until_shown("199 node event")
        connected.logs.log.grow(entry("a new day"))
        await person.until_shown("a new day")


async def test_scrolling_stops_following_and_tells_how_much_is_new(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("k", "k")
        await person.until_shown("nothing new")
        before = person.text().splitlines()[3:-1]
        connected.logs.log.grow(entry("one"), entry("two"), entry("three"))
        await person.until_shown("3 new lines")
        assert person.text().splitlines()[3:-1] == before, "what one reads must not move"
        await person.press("f")
        await person.until_shown("three")
        await person.until_shown("following")


async def test_pausing_holds_the_picture(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("p")
        await person.until_shown("PAUSED")
        connected.logs.log.grow(entry("later"))
        await person.until_shown("1 new line")
        assert "later" not in person.text()
        await person.press("p")
        await person.until_shown("later")


async def test_only_severe_entries_with_their_stack_traces(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("s", "s")
        await person.until_shown("only level:error")
        await person.until(lambda: "198 node event" not in person.text())
        await person.until(lambda: person.words().count("[+2 lines]") == 4)
        connected.logs.log.grow(entry("quiet"), entry("loud", "E"))
        await person.until_shown("loud")
        assert "quiet" not in person.text()
        await person.press("s", "s")
        await person.until_shown("quiet")


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
        connected.logs.log.grow(entry("hay"), entry("a needle"))
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
        connected.logs.log.grow(entry("long " * 40 + "THE-END"))
        await person.until_shown("THE-END")
        await person.press("w")
        await person.until_shown("…")
        assert "THE-END" not in person.text()
        await person.press(*["l"] * 14)
        await person.until_shown("THE-END")


async def test_the_first_line_is_one_key_away(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("g")
        await person.until_shown("[n1] 0 node event")
        await person.press("escape")
        await person.until_shown("ts engine")


async def test_every_log_by_time_with_its_name_before_each_line(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("5")
        await person.until_shown("kwbase.node1")
        engine = connected.logs.log.path.with_name("TsEngine.2026-11-22T08_19_53.log")
        engine.write_text("I261122 08:19:00.500000 246 ts.cpp:3 the engine starts\n")
        await person.press("a")
        await person.until_shown("all logs by time")
        connected.logs.log.grow(entry("after the engine"))
        await person.until_shown("main     I261122 09:00:00")
        await person.press("slash")
        await person.type("engine starts")
        await person.press("enter")
        await person.until_shown("ts       I261122 08:19:00.5")


async def test_going_to_a_time_and_back_to_the_end(connected: FakeController) -> None:
    connected.logs.log.grow(entry("much later", clock="10:30:00"))
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("t")
        await person.type("-90m")
        await person.press("enter")
        await person.until_shown("› I261122 10:30:00")
        await person.press("t")
        await person.type("08:19:30")
        await person.press("enter")
        await person.until_shown("› I261122 08:19:30")
        await person.press("t")
        await person.type("10:31")
        await person.press("enter")
        await person.until(
            lambda: "All entries are before" in person.words() or "nothing new" in person.text()
        )
        await person.press("t")
        await person.type("half past")
        await person.press("enter")
        await person.until_shown("is not a time")


async def test_a_typed_filter_shows_what_it_leaves_and_can_be_taken_back(
    connected: FakeController,
) -> None:
    connected.logs.log.grow(entry("one of many", goroutine=991), entry("another", goroutine=991))
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("i")
        await person.type("goroutine:991 many")
        await person.press("enter")
        await person.until_shown("only goroutine:991 many")
        await person.until(lambda: "another" not in person.text())
        assert "one of many" in person.text()
        await person.press("i", *["backspace"] * len("goroutine:991 many"), "enter")
        await person.until_shown("199 node event")
        await person.press("i")
        await person.type("level:loud")
        await person.press("enter")
        await person.until_shown("is not a severity")


async def test_only_what_the_same_goroutine_wrote(connected: FakeController) -> None:
    connected.logs.log.grow(entry("mine", goroutine=77))
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("d")
        await person.until_shown("only goroutine:77")
        await person.until(lambda: "199 node event" not in person.text())


async def test_a_stack_trace_is_one_entry_until_it_is_unfolded(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.until_shown("[+2 lines]")
        assert "goroutine 1 [running]" not in person.text()
        await person.press("x")
        await person.until_shown("main.main()")
        await person.press("x")
        await person.until(lambda: "main.main()" not in person.text())
        await person.press("z")
        await person.until_shown("main.main()")


async def test_a_hit_in_a_folded_stack_trace_is_shown(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash")
        await person.type("main.main")
        await person.press("enter")
        await person.until_shown("of 4 hits")
        await person.until_shown("main.main()")


async def test_a_pattern_that_is_none_is_explained(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash", "left_parenthesis", "enter")
        await person.until_shown("not a regular expression")


async def test_marks_are_shown_and_gone_to_in_turn(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("m", "g", "m")
        await person.until_shown("›■I261122 08:19:00")
        await person.press("apostrophe")
        await person.until_shown("›■E261122 08:19:19")
        await person.press("apostrophe")
        await person.until_shown("›■I261122 08:19:00")
        await person.press("quotation_mark")
        await person.until_shown("›■E261122 08:19:19")


async def test_a_selection_is_copied_and_saved_as_it_is(
    connected: FakeController, tmp_path: Path
) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("k", "v", "k", "k")
        await person.until_shown("selecting")
        await person.press("y")
        copied = person.app.clipboard.splitlines()
        assert [line.rpartition("] ")[2][:3] for line in copied] == ["196", "197", "198"]
        await person.press("S")
        target = tmp_path / "part.log"
        await person.press("ctrl+u")
        await person.type(str(target))
        await person.press("enter")
        await person.until_shown("Saved the selection")
        assert target.read_text().splitlines() == copied
        assert target.stat().st_mode & 0o777 == 0o600
        await person.press("escape", "k", "y")
        assert person.app.clipboard.count("\n") == 0, "without a selection the entry is copied"


async def test_all_that_a_filter_leaves_is_saved_and_nothing_overwritten(
    connected: FakeController, tmp_path: Path
) -> None:
    target = tmp_path / "errors.log"
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("s", "s")
        await person.until(lambda: person.words().count("[+2 lines]") == 4)
        for answer in ("Saved all that is shown", "is there already"):
            await person.press("S", "ctrl+u")
            await person.paste(str(target))
            await person.press("enter")
            await person.until_shown(answer)
        lines = target.read_text().splitlines()
        assert [line[0] for line in lines] == ["E", "g", "\t"] * 4


async def test_several_patterns_stand_out_at_once(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        for pattern in ("server", "event"):
            await person.press("c")
            await person.type(pattern)
            await person.press("enter")
        strips = person.app.screen._compositor.render_strips()
        reversed_words = {
            segment.text
            for strip in strips[3:-1]
            for segment in strip
            if segment.style is not None and segment.style.reverse
        }
        assert reversed_words == {"server", "event"}


async def test_gaps_and_bursts_are_told_in_words(connected: FakeController) -> None:
    connected.logs.log.grow(entry("after a while", "E", clock="08:39:19"))
    async with opened(connected) as person:
        await to_the_log(person)
        await person.until_shown("20 min without an entry")
        await person.until_shown("201 entries 5 errors")


async def test_from_a_run_to_its_part_of_the_log_and_back(connected: FakeController) -> None:
    steps = (await connected.plans.verify("kwtui/shop/x", level=None)).steps  # type: ignore[arg-type]
    plan = connected.plans.make_plan(
        PlanKind.VERIFY, "Verify orders", "shop", steps, "kwtui/shop/x"
    )
    await connected.runs.start(plan)
    connected.logs.log.grow(
        entry("long before", clock="08:50:00"),
        entry("verify kwtui/shop/x begins", clock=f"{NOW + timedelta(seconds=1):%H:%M:%S}"),
    )
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Verify orders")
        await person.press("l")
        await person.until_shown("run Verify orders")
        await person.until_shown("verify kwtui/shop/x begins")
        assert "long before" not in person.text()
        await person.until_shown("hit 1 of 1 hits")
        await person.press("escape")
        await person.until_shown("Run 20261122T120000Z-1")


async def test_a_log_over_http_asks_for_the_password_once(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    give = connected.logs.files

    async def closed(profile: str = "") -> list[LogFile]:
        if not told:
            raise LoginNeeded("The node's HTTP server requires a login.")
        return await give(profile=profile)

    async def log_in(password: str) -> None:
        told.append(password)

    monkeypatch.setattr(connected.logs, "files", closed)
    monkeypatch.setattr(connected.logs, "log_in", log_in)
    async with opened(connected) as person:
        person.app.set_target(Target(user="dba"))
        await person.press("5")
        await person.until_shown("Password of dba")
        await person.type("secret")
        await person.press("enter")
        await person.until_shown("kwbase.node1")
        assert told == ["secret"]


async def test_from_a_line_of_the_log_to_its_run(connected: FakeController) -> None:
    plan = connected.plans.make_plan(PlanKind.VERIFY, "Verify orders", "shop", ())
    connected.runs.plans[plan.id] = plan
    connected.runs.events[plan.id] = [
        RunStarted(at=NOW, run=plan.id, plan=plan.id, title="x", pid=1)
    ]
    connected.logs.log.grow(entry("while it ran", clock=f"{NOW:%H:%M:%S}"))
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("g", "r")
        await person.until_shown("No run of kwtui")
        await person.press("f", "r")
        await person.until_shown(f"Run {plan.id}")
        await person.press("escape", "5")
        await person.until_shown("5 Logs")


async def test_what_is_typed_right_after_a_prompt_was_asked_for_belongs_to_it(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        # All keys at once, as a fast typist or a slow line sends them; most are actions, too.
        for key, character in [("slash", "/"), *((each, each) for each in "avSnode"), ("t", "t")]:
            person.app.post_message(Key(key, character))
        await person.until_shown("Search: avSnodet")
        await person.press("escape")
        await person.until_shown("following")
        assert "selecting" not in person.text()


async def test_the_key_of_a_prompt_is_text_where_one_types(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_log(person)
        await person.press("slash")
        await person.type("a/it")
        await person.until_shown("Search: a/it")


class KnownFolders(FakeFolders):
    """Of a node whose server does not answer, and whose folders a person knows."""

    used: dict[str, Path | None] | None = None

    @property
    def place(self) -> NodePlace | None:
        return self.place_found if self.used is not None else None

    async def use(
        self,
        *,
        extern: Path | None = None,
        store: Path | None = None,
        logs: Path | None = None,
        unreached: Target | None = None,
    ) -> NodePlace:
        self.used = {"store": store, "extern": extern, "logs": logs}
        return self.place_found


@pytest.fixture
def unreached(controller: FakeController) -> KnownFolders:
    controller.connection.connect_error = KwtuiError("The server at db9:26257 cannot be reached.")
    controller.folders = KnownFolders(controller.connection)
    return controller.folders


async def test_logs_are_read_while_the_server_does_not_answer(
    controller: FakeController, unreached: KnownFolders
) -> None:
    target = Target(host="db9", logs="/srv/kwdb/logs")
    async with opened(controller, target=target) as person:
        await person.until_shown("cannot be reached")
        await person.press("escape")
        await to_the_log(person)
        assert unreached.used == {"store": None, "extern": None, "logs": Path("/srv/kwdb/logs")}


async def test_no_log_of_this_machine_is_shown_as_another_ones(
    controller: FakeController, unreached: KnownFolders
) -> None:
    async with opened(controller, target=Target(host="db9")) as person:
        await person.until_shown("cannot be reached")
        await person.press("escape", "5")
        await person.until_shown("No node is known yet")
        assert unreached.used is None
        controller.logs.by_ssh = True
        await person.press("u")
        await person.until_shown("ts engine")

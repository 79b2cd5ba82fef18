"""A person chooses a server, connects, loses the connection, and manages the saved servers."""

from __future__ import annotations

from dataclasses import replace

from kwtui.controller.events import RunsChanged
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.server import ServerFacts
from kwtui.server.connection.target import Target
from kwtui.widgets.field import QuietInput
from kwtui.widgets.virtual_list import VirtualList
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import FACTS


async def test_the_first_screen_names_saved_servers_and_the_sandbox(
    controller: FakeController,
) -> None:
    async with opened(controller) as person:
        text = person.text()
        assert "shop-test" in text
        assert "PRODUCTION" in text
        assert "Try it on the sandbox" in text
        assert "not connected" in person.header()
        await person.press("slash")
        await person.type("kind:prod")
        await person.press("enter")
        await person.until_shown("Server “kind:prod”")
        assert "shop-test" not in person.text()
        await person.press("escape")
        await person.until_shown("shop-test")


async def connect(person: Driver) -> None:
    """Connect, and come back from the board."""
    await person.press("enter")
    await person.until_shown("0 Board")
    await person.press("1")


async def test_after_connecting_one_page_says_what_the_server_is(
    controller: FakeController,
) -> None:
    async with opened(controller, size=(100, 40)) as person:
        await connect(person)
        await person.until_shown("may export and import")
        text = person.text()
        for fact in ("V3.2.1", FACTS.cluster_id, "127.0.0.1:26257", "/var/lib/kaiwudb/extern"):
            assert fact in text
        assert "relational and time series" in text
        header = person.header()
        for word in ("TEST", "cluster 5c1f2e9a", "root (admin)", "no TLS", "node 1"):
            assert word in header


async def test_folders_that_were_given_hold_for_the_sandbox_too(
    controller: FakeController,
) -> None:
    given = Target(extern="/elsewhere/extern", logs="/elsewhere/logs")
    async with opened(controller, sandbox=True, target=given) as person:
        await person.until_shown("0 Board")
        target = person.app.target
        assert target is not None
        folders = (target.extern, target.logs)
        assert (target.port, *folders) == (26999, "/elsewhere/extern", "/elsewhere/logs")


async def test_what_broken_runs_left_is_offered_after_connecting(
    controller: FakeController,
) -> None:
    async with opened(controller, size=(100, 40)) as person:
        await connect(person)
        await person.until_shown("Interrupted runs left")
        assert "See it all: l in" in person.words().replace("│ ", "")


async def test_what_was_cleaned_up_elsewhere_is_offered_no_more(
    controller: FakeController,
) -> None:
    async with opened(controller, size=(100, 40)) as person:
        await connect(person)
        await person.until_shown("Interrupted runs left")
        controller.leftovers.left = ()
        controller.tell(RunsChanged())
        await person.until(lambda: "Interrupted runs" not in person.text())


async def test_what_was_cleaned_up_while_one_was_away_is_offered_no_more(
    controller: FakeController,
) -> None:
    async with opened(controller, size=(100, 40)) as person:
        await connect(person)
        await person.until_shown("Interrupted runs left")
        await person.press("6")
        await person.until_shown("6 Runs")
        controller.leftovers.left = ()
        await person.press("1")
        await person.until(lambda: "Interrupted runs" not in person.text())


async def test_where_nothing_is_left_nothing_is_said_of_it(controller: FakeController) -> None:
    controller.leftovers.left = ()
    async with opened(controller, size=(100, 40)) as person:
        await connect(person)
        await person.until_shown("may export and import")
        assert "Interrupted runs" not in person.text()


async def test_without_the_admin_role_the_page_says_what_that_means(
    controller: FakeController,
) -> None:
    facts: ServerFacts = replace(FACTS, user="reader", is_admin=False)
    controller.connection.server_facts = facts
    async with opened(controller, size=(160, 40)) as person:
        await connect(person)
        await person.until_shown("only admins export and import")
        assert "GRANT admin TO reader" in person.text()
        assert "reader (not admin)" in person.header()


async def test_a_missing_password_is_asked_for_and_never_shown(
    controller: FakeController,
) -> None:
    controller.connection.password = "sEcret-42"
    async with opened(controller) as person:
        await person.press("enter")
        await person.until_shown("Password needed")
        await person.type("sEcret-42")
        assert "sEcret" not in person.text()
        await person.press("enter")
        await person.until(lambda: controller.connection.status.is_connected)
        assert "sEcret" not in person.text()


async def test_giving_up_the_password_leaves_everything_as_it_was(
    controller: FakeController,
) -> None:
    controller.connection.password = "secret"
    async with opened(controller) as person:
        await person.press("enter")
        await person.until_shown("Password needed")
        await person.press("escape")
        await person.until_shown("shop-test")
        assert not controller.connection.status.is_connected


async def test_an_unreachable_server_is_told_with_cause_and_remedy(
    controller: FakeController,
) -> None:
    controller.connection.connect_error = KwtuiError(
        "Nobody answers at db1.test:26257.",
        cause="Connection refused.",
        hint="Check that the node is running.",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )
    async with opened(controller) as person:
        await person.press("enter")
        await person.until_shown("Nobody answers at db1.test:26257.")
        assert "Connection refused." in person.text()
        assert "Check that the node is running." in person.text()
        await person.press("escape", "4")
        await person.until_shown("4 Storage")


async def test_a_dsn_that_cannot_be_read_is_told_under_the_field(
    controller: FakeController,
) -> None:
    async with opened(controller) as person:
        await person.press("tab")
        await person.type("nonsense=1")
        await person.press("enter")
        await person.until_shown("The DSN cannot be read.")


async def test_a_lost_connection_shows_a_banner_and_screens_stay_usable(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("仓库")
        connected.connection.lose()
        await person.until_shown("Connection lost")
        assert "Attempt 3 at 12:00:08 UTC" in person.text()
        assert "LOST" in person.header()
        await person.press("j", "slash")
        await person.type("tsdb")
        await person.until(lambda: "仓库" not in person.text())
        connected.connection.set_connected()
        await person.until(lambda: "Connection lost" not in person.text())


async def test_adding_changing_and_forgetting_a_server(controller: FakeController) -> None:
    async with opened(controller) as person:
        await person.press("a")
        await person.until_shown("Add a server")
        await person.type("lab")
        await person.press("enter")
        await person.until(lambda: [p.name for p in controller.profiles.saved][-1] == "lab")
        await person.until_shown("lab")

        await person.press("e")
        await person.until_shown("Change lab")
        await person.press("escape")

        await person.press("x")
        await person.until_shown("Forget this server?")
        await person.press("enter")
        assert "lab" in [p.name for p in controller.profiles.saved], "Enter alone must not delete"
        await person.press("x")
        await person.until_shown("Forget this server?")
        await person.press("right", "enter")
        await person.until(lambda: "lab" not in [p.name for p in controller.profiles.saved])


async def test_a_port_that_is_no_number_is_told_in_the_form(controller: FakeController) -> None:
    async with opened(controller) as person:
        await person.press("a")
        await person.until_shown("Add a server")
        await person.type("lab")
        await person.press("tab", "tab", *["backspace"] * 5)
        await person.type("many")
        await person.press("enter")
        await person.until_shown("The port must be a number.")
        assert "lab" not in [p.name for p in controller.profiles.saved]


async def test_an_unexpected_defect_is_shown_and_the_interface_lives_on(
    connected: FakeController,
) -> None:
    async def broken() -> list[object]:
        raise ZeroDivisionError("division by zero")

    connected.server.databases = broken  # type: ignore[method-assign,assignment]
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("kwtui met a problem that it does not know.")
        assert "ZeroDivisionError" in person.text()
        await person.press("escape", "1")
        await person.until_shown("1 Connection")


async def test_a_terminal_that_is_too_small_is_told_so(controller: FakeController) -> None:
    async with opened(controller, size=(50, 15)) as person:
        assert "kwtui needs at least 60 columns" in person.text()
        await person.pilot.resize_terminal(80, 24)
        await person.until_shown("Try it on the sandbox")
        await person.until(lambda: isinstance(person.app.focused, VirtualList))


async def test_a_page_that_was_too_small_gives_the_focus_back(controller: FakeController) -> None:
    async with opened(controller) as person:
        await person.press("tab")
        await person.type("postgres")
        await person.pilot.resize_terminal(50, 15)
        await person.until(lambda: person.app.focused is None, "the focus lost")
        await person.pilot.resize_terminal(80, 24)
        await person.until(lambda: person.app.focused is not None, "the focus back")
        await person.type("ql")
        assert person.app.screen.query_one("#input-dsn", QuietInput).value == "postgresql"


async def test_a_password_inside_a_dsn_does_not_stay_on_the_screen(
    controller: FakeController,
) -> None:
    async with opened(controller) as person:
        await person.press("tab")
        person.app.screen.query_one(
            "#input-dsn", QuietInput
        ).value = "postgresql://root:hunter2@db1.test/defaultdb?sslmode=require"
        await person.press("enter")
        await person.until(lambda: controller.connection.status.is_connected)
        await person.until(lambda: "hunter2" not in person.text())


async def test_one_esc_does_not_throw_a_filled_form_away(controller: FakeController) -> None:
    async with opened(controller) as person:
        await person.press("a")
        await person.until_shown("Add a server")
        await person.press("escape")
        await person.until(lambda: "Add a server" not in person.text())
        await person.press("a")
        await person.until_shown("Add a server")
        await person.type("new")
        await person.press("escape")
        await person.until_shown("Not saved yet.")
        await person.type("er")
        await person.press("escape")
        assert "Add a server" in person.text(), "typing on begins anew"
        await person.press("escape")
        await person.until(lambda: "Add a server" not in person.text())


async def test_the_extern_folder_is_told_as_it_is_now(connected: FakeController) -> None:
    """The first export makes it: what was said of it before is not true any more."""
    found = connected.folders.place_found
    missing = replace(found.extern, problem="It is does not exist yet.")
    connected.folders.now = replace(found, extern=missing)
    async with opened(connected, size=(80, 40)) as person:
        await person.until_shown("It is does not exist yet.")
        connected.folders.now = found
        connected.tell(RunsChanged())
        await person.until(lambda: "It is does not exist yet." not in person.words())

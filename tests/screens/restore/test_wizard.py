"""A person brings a backup back: chooses it, looks inside, names the target, compares."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Input

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.listing.shape import UnreadFile
from kwtui.backups.manifest import FileEntry
from kwtui.model.requests import ExcerptRequest, RestoreRequest, RestoreStrategy
from kwtui.model.schema import Engine, TableName
from kwtui.screens.restore.target import SETTINGS_FILE, USERS_FILE
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_runs import run_end

RUN = "20261122T120000Z-1"


async def to_the_name(person: Driver) -> None:
    await person.press("3")
    await person.until_shown("tsdb")
    await person.press("enter")
    await person.until_shown("Schema only")
    await person.press("enter")
    await person.until_shown("Missing users")


async def to_the_plan(person: Driver) -> None:
    await to_the_name(person)
    await person.until_shown("shop_restored")
    await person.press("enter")
    await person.until_shown("public.orders")
    await person.press("enter")
    await person.until_shown("CREATE DATABASE")


def last_request(controller: FakeController) -> RestoreRequest:
    request = controller.plans.requests[-1]
    assert isinstance(request, RestoreRequest)
    return request


async def test_unfinished_backups_are_not_offered(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        assert "UNFINISHED" not in person.text()


async def test_a_free_name_is_proposed_and_the_plan_asks_for_it(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        request = last_request(connected)
        assert request.target == "shop_restored"
        assert request.strategy is RestoreStrategy.EXACT
        assert request.source == "kwtui/shop/20261122T110000Z"
        assert request.replace is None
        await person.press("enter")
        assert not connected.runs.plans


async def test_a_name_that_is_taken_is_told_while_typing(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_name(person)
        await person.until_shown("shop_restored")
        await person.type("shop")
        await person.until_shown("A database named shop exists")
        await person.press("enter")
        await person.until_shown("3 Restore")
        assert "Missing users" in person.text(), "one cannot go on"


async def test_replacing_needs_the_name_typed(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_name(person)
        await person.until_shown("shop_restored")
        await person.type("shop")
        await person.until_shown("A database named shop exists")
        await person.press("tab")
        await person.type("sho")
        await person.press("enter")
        assert "Missing users" in person.text()
        await person.type("p")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")
        assert last_request(connected).replace == "shop"


async def test_looking_inside_and_coming_back_keeps_the_choice(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("j", "i")
        await person.until_shown("Inside")
        await person.until_shown("smart-meter/tsdb")
        await person.press("escape")
        await person.until_shown("Which backup is to be restored?")
        await person.press("enter")
        await person.until_shown("an export not made by kwtui")


async def test_the_storage_browser_leads_here_with_its_backup_chosen(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("仓库")
        await person.press("j", "r")
        await person.until_shown("Which backup is to be restored?")
        await person.until_shown("kwtui/仓库/20261121T080000Z")


def compared(table: str, found: int, expected: int) -> dict[str, object]:
    same = found == expected
    checksum = "the same" if same else "another one"
    return {
        "table": table,
        "rows_found": found,
        "rows_expected": expected,
        "checksum": checksum,
        "same": same,
    }


async def test_the_end_shows_the_comparison(connected: FakeController) -> None:
    async with opened(connected, size=(100, 50)) as person:
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("Time left")
        result = {"database": "shop_restored", "comparison": [compared("public.orders", 6, 6)]}
        connected.runs.add_event(RUN, run_end(connected.runs.plans[RUN], result=result))
        await person.until_shown("rows and content of the backup")


async def test_differences_are_listed_first(connected: FakeController) -> None:
    async with opened(connected, size=(100, 50)) as person:
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("Time left")
        tables = [compared("public.customers", 6, 6), compared("public.orders", 5, 6)]
        end = run_end(connected.runs.plans[RUN], result={"comparison": tables})
        connected.runs.add_event(RUN, end)
        await person.until_shown("1 table not as backed up")
        text = person.text()
        assert "5 instead of 6" in text
        assert text.index("✗ public.orders") < text.index("✓ public.customers")


async def test_how_an_adopted_tree_was_written_is_shown_and_can_be_corrected(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("j", "enter", "enter")
        await person.until_shown("Written with")
        await person.press("tab", "tab")
        await person.until_shown("NULL is written as")
        await person.press("right")
        await person.until_shown("less likely")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")
        dialect = last_request(connected).dialect
        assert dialect is not None
        assert dialect.null_text == ""


async def test_a_tree_is_restored_without_what_is_not_understood(
    connected: FakeController,
) -> None:
    connected.storage.unread = (UnreadFile("old/dump.zip", "is packed"),)
    connected.storage.forms = {"t/n1.0.csv": FileForm(header=True)}
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("j", "enter", "enter")
        await person.until_shown("Leave out")
        await person.press("tab", "tab", "tab")
        await person.until_shown("it names the columns")
        await person.press("right", "tab")
        await person.until_shown("cannot be restored as a whole: old/dump.zip")
        await person.type("'old/dump.zip")
        await person.press("enter")
        await person.until_shown("is not closed")
        await person.type("' other")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")

    request = last_request(connected)
    assert request.leave_out == ("old/dump.zip", "other")
    assert request.first_is_row


async def test_a_table_without_a_file_is_called_empty_by_a_person(
    connected: FakeController,
) -> None:
    connected.storage.fileless = ("orders",)
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("j", "enter", "enter")
        await person.until_shown("Without a file")
        await person.press("tab", "tab", "tab")
        await person.until_shown("Of these there is none: public.orders.")
        await person.press("right")
        await person.until_shown("They had no rows")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")

    assert last_request(connected).empty == (TableName("public", "orders"),)


async def test_a_difference_is_accepted_by_its_name(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_name(person)
        await person.until_shown("shop_restored")
        await person.press("tab", "tab")
        await person.until_shown("may come back with another definition")
        await person.type("public.orders.name 'public")
        await person.press("enter")
        await person.until_shown("A quote in “Accept” is not closed.")
        await person.type(".customers'")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")

    assert last_request(connected).accept == ("public.orders.name", "public.customers")


async def test_what_a_backup_does_not_need_is_not_asked(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("enter", "enter")
        await person.until_shown("Missing users")
        assert "Leave out" not in person.text()
        assert "First record" not in person.text()
        assert "Without a file" not in person.text()


async def test_a_read_only_server_is_not_restored_to(connected: FakeController) -> None:
    connected.profiles.saved = [replace(connected.profiles.saved[0], read_only=True)]
    async with opened(connected) as person:
        await person.press("enter")
        await person.until_shown("0 Board")
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("enter")
        await person.until_shown("read-only")
        assert "Which backup is to be restored?" in person.text()


async def test_on_production_the_name_is_typed_before_the_start(
    connected: FakeController,
) -> None:
    connected.profiles.saved = connected.profiles.saved[1:]
    async with opened(connected) as person:
        await person.press("enter")
        await person.until_shown("PRODUCTION")
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("This is a PRODUCTION server")
        await person.type("shop")
        await person.press("enter")
        await person.until_shown("Not started")
        assert not connected.runs.plans
        await person.press("s")
        await person.until_shown("This is a PRODUCTION server")
        await person.type("shop_restored")
        await person.press("enter")
        await person.until(lambda: bool(connected.runs.plans))


async def test_users_and_settings_are_offered_where_the_backup_holds_them(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tuple(FileEntry(path, 10, "") for path in (USERS_FILE, SETTINGS_FILE))
    bare = connected.storage.manifest_of
    monkeypatch.setattr(
        connected.storage, "manifest_of", lambda entry: replace(bare(entry), files=held)
    )
    connected.storage.made_by = RUN
    async with opened(connected) as person:
        await to_the_name(person)
        await person.until_shown("Cluster settings")
        await person.press("tab", "right", "right")
        await person.until_shown("all of the backup are made")
        await person.press("tab", "right")
        await person.until_shown("for the whole cluster")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("CREATE DATABASE")
        request = last_request(connected)
        assert (request.with_users, request.with_settings) == (True, True)


async def test_users_and_settings_are_not_offered_where_there_are_none(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_name(person)
        await person.until_shown("shop_restored")
        assert "Cluster settings" not in person.text()


async def test_rows_alone_go_into_the_database_that_is_there(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("enter", "j", "j", "j")
        await person.until_shown("Only rows, into tables that exist already")
        await person.press("enter")
        await person.until_shown("Which database do the rows go into?")
        await person.until(
            lambda: person.app.screen.query_one("#input-target", Input).value == "shop"
        )
        assert "exists" not in person.text()
        await person.press("escape", "k", "k", "k", "enter")
        await person.until_shown("shop_restored")


async def test_many_backups_are_narrowed_by_typing(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("slash")
        await person.type("smart")
        await person.until_shown("smart-meter/tsdb")
        await person.press("enter")
        assert "仓库" not in person.text()
        await person.press("escape")
        await person.until_shown("仓库")
        await person.press("slash")
        await person.type("nothing like it")
        await person.until_shown("Nothing contains")
        await person.until_shown("There is no backup to choose.")
        await person.press("escape")
        await person.until_shown("仓库")
        assert "3 Restore" in person.header()


def as_time_series(controller: FakeController) -> None:
    controller.storage.entries = tuple(
        replace(entry, engine=Engine.TIME_SERIES) for entry in controller.storage.entries
    )


async def test_where_no_rows_can_be_taken_from_the_backup_it_is_said_before_anything_is_asked(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("tsdb")
        await person.press("enter")
        await person.until_shown("Schema only")
        await person.press("end")
        await person.until_shown("shop is relational: some rows come from time series only.")
        await person.press("enter")
        await person.until_shown("Choose another way: no rows from this backup.")
        await person.press("home", "enter")
        await person.until_shown("shop_restored")
        await person.type("defaultdb")
        await person.until_shown("defaultdb is KWDB's own and not replaced.")
        assert "Replace" not in person.text()


async def to_some_rows(person: Driver) -> None:
    await person.press("3")
    await person.until_shown("tsdb")
    await person.press("enter")
    await person.until_shown("Schema only")
    await person.press("end")
    await person.until_shown("Rows of a time, or of some devices")
    await person.press("enter")
    await person.until_shown("Devices")


async def test_some_rows_of_one_table_go_into_a_table_of_their_own(
    connected: FakeController,
) -> None:
    as_time_series(connected)
    async with opened(connected) as person:
        await to_some_rows(person)
        await person.until_shown("Which rows, and which database")
        await person.until_shown("The database that the rows go into")
        assert "Missing users" not in person.text()
        await person.press("tab", "tab")
        await person.type("2026-07-01")
        await person.press("tab")
        await person.type("2026-08-01 08:30")
        await person.press("tab")
        await person.type("site = 'north'")
        await person.press("enter")
        await person.until_shown("Of which time series are the rows?")
        await person.until_shown("Choose at least one table")
        await person.press("space", "enter")
        await person.until_shown("CREATE TABLE")

    request = connected.plans.requests[-1]
    assert request == ExcerptRequest(
        source="kwtui/shop/20261122T110000Z",
        table=TableName("public", "customers"),
        into=TableName("public", "customers_rows"),
        target="shop",
        since="2026-07-01 00:00:00",
        until="2026-08-01 08:30:00",
        where="site = 'north'",
    )


async def test_rows_of_two_tables_or_of_no_time_are_not_asked_for(
    connected: FakeController,
) -> None:
    as_time_series(connected)
    async with opened(connected) as person:
        await to_some_rows(person)
        await person.press("tab")
        await person.type("one,two")
        await person.until_shown("Name one table.")
        await person.press("ctrl+u")
        await person.press("tab")
        await person.type("soon")
        await person.until_shown("'soon' is not a time")
        await person.press("enter")
        await person.until_shown("Which rows, and which database")
        await person.press("ctrl+u")
        await person.type("-7d")
        await person.press("enter")
        await person.until_shown("Choose at least one table")
        await person.press("a")
        await person.until_shown("Choose one table: Space.")


async def test_what_a_whole_restore_asks_comes_back_with_its_strategy(
    connected: FakeController,
) -> None:
    as_time_series(connected)
    async with opened(connected) as person:
        await to_some_rows(person)
        await person.press("escape")
        await person.until_shown("Schema only")
        await person.press("home", "enter")
        await person.until_shown("Missing users")
        assert "Devices" not in person.text()
        await person.until_shown("shop_restored")

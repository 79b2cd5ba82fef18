"""What happens on disk while a person looks at it shows without a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.backups.listing.presence import Presence
from kwtui.backups.manifest import FileEntry
from kwtui.controller.events import StorageChanged, StorageWatched
from kwtui.errors import ExitCode, KwtuiError
from kwtui.screens.backup_set.record_reader import place_of
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import SETS

SET = SETS[0].path
OTHER = StorageChanged(paths=frozenset({"kwtui/elsewhere/20260101T000000Z/data"}))


@pytest.mark.parametrize(
    ("changed", "concerned"),
    [
        ("kwtui/shop/20261122T110000Z/data/public/t/n1.0.csv", True),
        ("kwtui/shop/20261122T110000Z", True),
        ("kwtui/shop", True),
        ("kwtui/shop/.20261122T110000Z.notes.json", True),
        ("kwtui/shop/20261122T110000Z-2/manifest.json", False),
        ("kwtui/shop/20261121T110000Z", False),
    ],
)
def test_a_set_knows_what_concerns_it(changed: str, concerned: bool) -> None:
    event = StorageChanged(paths=frozenset({changed}))
    assert event.concerns("kwtui/shop/20261122T110000Z") is concerned
    assert StorageChanged().concerns("anything")


async def inside(person: Driver) -> None:
    await person.press("4")
    await person.until_shown("tsdb")
    await person.press("enter")
    await person.until_shown("P2: every record")


async def test_an_open_set_shows_what_vanishes_grows_and_appears(connected: FakeController) -> None:
    async with opened(connected) as person:
        await inside(person)
        connected.storage.on_disk = Presence(
            missing=frozenset({"data/public/customers/n1.0.csv"}),
            resized={"data/public/orders/n1.0.csv": 2048},
            strays=(FileEntry("data/stray.txt", 5, ""),),
        )
        connected.tell(StorageChanged())
        await person.until_shown("GONE")
        await person.until_shown("2.0 KiB")
        await person.until_shown("data/public/customers/n1.0.csv is gone.")
        connected.storage.on_disk = Presence()
        connected.tell(StorageChanged())
        await person.until(lambda: "GONE" not in person.text())


async def test_an_open_set_that_is_deleted_says_so_and_offers_nothing(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(path: str) -> object:
        raise KwtuiError(f"{path} was not found.", exit_code=ExitCode.NOT_FOUND)

    async with opened(connected) as person:
        await inside(person)
        monkeypatch.setattr(connected.storage, "open_set", gone)
        connected.tell(StorageChanged())
        await person.until_shown("It is gone.")
        await person.press("v")
        await person.until_shown("Somebody deleted or moved it")
        await person.press("escape")
        await person.until_shown("newest first")


async def test_what_happens_to_another_set_costs_nothing(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    look = connected.storage.open_set

    async def counted(path: str) -> object:
        looks.append(path)
        return await look(path)

    async with opened(connected) as person:
        await inside(person)
        monkeypatch.setattr(connected.storage, "open_set", counted)
        connected.tell(OTHER)
        connected.tell(StorageChanged())
        await person.until(lambda: bool(looks))
        assert looks == [SET]


async def test_what_changed_while_it_was_hidden_shows_when_one_comes_back(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await inside(person)
        new = replace(SETS[0], path="kwtui/plant/20261122T115900Z", database="plant")
        connected.storage.entries = (new, *SETS)
        connected.tell(StorageChanged())
        await person.press("escape")
        await person.until_shown("plant")


async def test_the_same_trouble_is_told_once(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[KwtuiError] = []

    async def closed() -> object:
        raise KwtuiError("extern cannot be read.")

    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        monkeypatch.setattr(connected.storage, "listing", closed)
        monkeypatch.setattr(person.app, "show_problem", told.append)
        for _ in range(3):
            connected.tell(StorageChanged())
            await person.until(lambda: bool(told))
        await person.press("u")
        await person.until(lambda: len(told) == 2)


async def test_polling_is_said(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        connected.folders.polling = "extern lies on nfs4"
        connected.tell(StorageWatched(connected.folders.polling))
        await person.until_shown("Looked at about every second")
        connected.folders.polling = ""
        connected.tell(StorageWatched())
        await person.until(lambda: "every second" not in person.text())


@pytest.mark.parametrize(
    ("text", "total", "place"),
    [
        ("1", None, 0),
        ("12,345", None, 12_344),
        ("50%", 101, 50),
        ("100 %", 100, 99),
        ("50%", None, 0.5),
        ("999", 100, 99),
        ("END", 100, -1),
        ("half", 100, None),
        ("²", 100, None),
        ("0", 0, 0),
    ],
)
def test_a_place_is_written_as_people_do(text: str, total: int | None, place: float | None) -> None:
    assert place_of(text, total) == place


async def test_any_record_is_a_few_keys_away(connected: FakeController) -> None:
    async with opened(connected) as person:
        await inside(person)
        await person.press("j", "j", "j")
        await person.until_shown("records 1 to 100 of 100")
        await person.press("enter", "t")
        await person.type("50%")
        await person.press("enter")
        await person.until_shown("records 43 to 100 of 100")
        await person.press("slash")
        await person.type("77")
        await person.press("enter")
        await person.until_shown("records 70 to 100 of 100")
        await person.press("N")
        await person.until_shown("“77” is in no record before this one.")
        await person.press("g", "k")
        await person.until_shown("records 1 to 100 of 100")
        await person.press("t")
        await person.type("middle")
        await person.press("enter")
        await person.until_shown("Write a record's number")

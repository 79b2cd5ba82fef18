"""Tab takes a completion that is shown, and goes on to the next field otherwise."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


def field(person: Driver, name: str) -> Input:
    return person.app.screen.query_one(f"#input-{name}", Input)


async def test_paths_of_a_profile_are_completed(controller: FakeController, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/ca.crt").touch()
    async with opened(controller) as person:
        await person.press("a")
        await person.until_shown("Add a server")
        certificate = field(person, "sslrootcert")
        certificate.focus()
        await person.pilot.pause()
        for part, whole in (("/cer", "/certs/"), ("ca", "/certs/ca.crt")):
            certificate.insert_text_at_cursor(f"{tmp_path}{part}" if part == "/cer" else part)
            await person.until(lambda: bool(certificate._suggestion), "a completion")
            await person.press("tab")
            assert certificate.value == f"{tmp_path}{whole}"
        await person.press("tab")
        assert field(person, "sslcert").has_focus


async def test_tab_passes_a_field_that_was_filled_before(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("a")
        await person.until_shown("Add a server")
        database = field(person, "database")
        database.value = "sho"
        await person.until(lambda: database.suggester is not None, "names of databases")
        database.focus()
        await person.press("tab")
        assert database.value == "sho"
        assert not database.has_focus


async def test_names_of_databases_are_completed_in_a_restore(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("backup set")
        await person.press("enter", "enter")
        await person.until_shown("called?")
        name = field(person, "target")
        await person.until(lambda: name.value == "shop_restored")
        name.value = ""
        await person.type("pl")
        await person.until(lambda: name._suggestion == "plant", "a completion")
        await person.press("right")
        assert name.value == "plant"
        await person.until_shown("A database named plant exists")

"""A wide terminal is used: tabs, a fuller footer, and beside a list what its row is about."""

from __future__ import annotations

from kwtui.controller.events import RunsChanged
from kwtui.model.requests import BackupRequest
from kwtui.widgets.document import Document
from kwtui.widgets.screen_tabs import ScreenTabs
from tests.screens.driving import opened
from tests.screens.fake_controller import FakeController


async def test_the_screens_stand_in_a_line_from_100_columns_on(connected: FakeController) -> None:
    async with opened(connected, size=(99, 30)) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        assert "[4 Storage]" not in person.text()
        assert "w Report" not in person.footer()
        await person.pilot.resize_terminal(100, 30)
        await person.until_shown("[4 Storage]")
        assert "s Sort" in person.footer()
        assert person.footer().rstrip().endswith("q Quit")
        row = person.text().splitlines()[1]
        await person.pilot.click(ScreenTabs, offset=(row.index("5 Logs"), 0))
        await person.until_shown("[5 Logs]")


async def test_a_backup_stands_beside_the_list_from_120_columns_on(
    connected: FakeController,
) -> None:
    async with opened(connected, size=(120, 40)) as person:
        await person.press("4")
        await person.until_shown("This one")
        await person.until_shown("4 tables, 21,500 rows, 9 files")
        await person.press("tab")
        assert isinstance(person.app.focused, Document)
        await person.press("tab", "j")
        await person.until_shown("2 tables, 310 rows")
        await person.pilot.resize_terminal(119, 40)
        await person.until(lambda: "Holds" not in person.text())


async def test_a_run_is_followed_beside_the_list_of_runs(connected: FakeController) -> None:
    async with opened(connected, size=(140, 40)) as person:
        await person.press("6")
        await person.until_shown("Nothing has run yet")
        await connected.runs.start(await connected.plans.backup(BackupRequest("shop")))
        connected.tell(RunsChanged())
        await person.until_shown("1 of 4 tables")
        assert "Started" in person.text(), "the list is there too"
        await person.press("enter")
        await person.until(lambda: "Started" not in person.text())
        await person.press("escape")
        await person.until_shown("Started")
        await person.until_shown("1 of 4 tables")

"""A person reads figures and knows whether that is all."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.screen import Screen

from kwtui.widgets.paint import ROLE_CLASSES
from kwtui.widgets.record_table import RecordTable
from kwtui.widgets.styles import style_path


class RolesScreen(Screen[None]):
    """The roles are the screen's, as in kwtui."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)


class TableApp(App[None]):
    CSS_PATH = style_path("base")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"kwtui-muted": "grey", "kwtui-keyword": "magenta"}

    def get_default_screen(self) -> Screen[None]:
        return RolesScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield RecordTable()


def rows_of(app: App[None]) -> list[str]:
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


async def test_numbers_stand_under_each_other_and_columns_out_of_sight_are_told_of() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 6)) as pilot:
        table = app.query_one(RecordTable)
        names = ("amount", "name", *(f"column_{n}" for n in range(6)))
        record = ("text of one row",) * 6
        table.show_records(names, (("5", "x", *record), ("1234.5", None, *record)), at_end=True)
        await pilot.pause()
        header, first, second, *_ = rows_of(app)
        assert first.index("5") == second.index("1234.5") + 5
        assert first.index("x") == second.index("NULL")
        assert header.endswith("5 more →")
        table.focus()
        await pilot.press("l", "l")
        await pilot.pause()
        assert "← 2 more" in rows_of(app)[0]
        await pilot.press(*["l"] * 10)
        await pilot.pause()
        assert rows_of(app)[0].endswith("← 7 more")

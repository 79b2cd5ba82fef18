"""A person fills a form in with the arrow keys alone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.screen import Screen

from kwtui.widgets.field import push_button
from kwtui.widgets.form import ExplainedField, Form
from kwtui.widgets.paint import ROLE_CLASSES
from kwtui.widgets.styles import style_path


class RolesScreen(Screen[None]):
    """The roles are the screen's, as in kwtui."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)


class FormApp(App[None]):
    CSS_PATH = style_path("base")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"kwtui-muted": "grey", "kwtui-keyword": "magenta"}

    def get_default_screen(self) -> Screen[None]:
        return RolesScreen(id="_default")

    def compose(self) -> ComposeResult:
        self.name_field = ExplainedField("Name", "", name="name", about="What is made.")
        yield Form([self.name_field])
        yield push_button("Next", id="next")


def shown(app: App[None]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_the_arrows_lead_from_a_button_back_to_the_fields() -> None:
    app = FormApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.name_field.input.focus()
        await pilot.press("up")
        assert app.focused is app.query_one("#next")
        await pilot.press("down")
        assert app.focused is app.name_field.input


async def test_what_a_field_means_may_change_while_it_has_the_focus() -> None:
    app = FormApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.name_field.input.focus()
        await pilot.pause()
        assert "What is made." in shown(app)
        app.name_field.about = "What is there already."
        app.query_one(Form).explain_again()
        await pilot.pause()
        assert "What is there already." in shown(app)

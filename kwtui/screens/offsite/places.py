"""The places for copies on their screen: in turn, shown, added, changed, forgotten."""

from __future__ import annotations

from kwtui.errors import KwtuiError
from kwtui.keys.spelling import spelled
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.copies import Contents
from kwtui.screens.frame.dialogs import ConfirmDialog, MessageDialog
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.offsite.place_form import TargetDialog
from kwtui.screens.offsite.rows import place_page
from kwtui.text import sentences


class PlacesScreen(LiveScreen):
    """Knows the saved places and which of them is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self._targets: list[TargetSettings] = []
        self._at = 0

    @property
    def _target(self) -> TargetSettings | None:
        return self._targets[self._at] if self._targets else None

    def _show(self, contents: Contents | None, empty: str) -> None:
        """Show what lies on the place; without contents ``empty`` says why there are none."""
        raise NotImplementedError

    def do_next_part(self) -> None:
        self._turn(1)

    def do_previous_part(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        self._at = (self._at + step) % len(self._targets)
        self._show(None, f"Reading {self._targets[self._at].name}…")
        self.do_refresh()

    def do_add(self) -> None:
        def answered(name: object) -> None:
            if isinstance(name, str):
                self._targets = self.controller.offsite.targets()
                self._at = [each.name for each in self._targets].index(name)
                self.say(spelled(f"{name} is saved. {{offsite.send}} sends a backup there."))
                self.do_refresh()

        self.app.push_screen(TargetDialog(self.controller), answered)

    def do_place(self) -> None:
        target = self._target
        if target is not None:
            lines = place_page(target, self.controller.offsite.used_by(target.name))
            self.app.push_screen(MessageDialog(f"The target {target.name}", lines))

    def do_edit(self) -> None:
        target = self._target
        if target is None:
            return

        def answered(name: object) -> None:
            if isinstance(name, str):
                self.say(f"{name} was changed.")
                self.do_refresh()

        self.app.push_screen(TargetDialog(self.controller, target), answered)

    def do_delete(self) -> None:
        target = self._target
        if target is None:
            return

        def answered(yes: object) -> None:
            if yes:
                self._forget(target.name)

        users = [f"{w[:1].upper()}{w[1:]}." for w in self.controller.offsite.used_by(target.name)]
        kept = f"Its settings are removed from this host; the copies on {target.url} stay."
        text = sentences(kept, *users)
        dialog = ConfirmDialog(f"Remove the target {target.name}?", text, yes="Remove")
        self.app.push_screen(dialog, answered)

    def _forget(self, name: str) -> None:
        try:
            self.controller.offsite.delete(name)
        except KwtuiError as error:
            self.kwtui.show_problem(error)
        else:
            self.say(f"{name} was removed; its copies are unchanged.")
        self.do_refresh()

"""Retention: what stays and why, the rules that say so, and removing the rest by a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.widget import Widget

from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.operations.plan import Plan
from kwtui.operations.removal.plan import PrunePreview
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import ConfirmDialog
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.plan.screen import PlanScreen
from kwtui.screens.storage.retention_policy import PolicyDialog
from kwtui.screens.storage.retention_rows import (
    COLUMNS,
    DecisionRow,
    decision_rows,
    month_lines,
    months_beside,
    outcome_words,
    row_cells,
    row_key,
    row_lines,
    whose_words,
)
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList


class RetentionScreen(LiveScreen):
    scope: ClassVar[str] = "retention"
    title_text: ClassVar[str] = "4 Storage: retention"
    about: ClassVar[str] = (
        "What the retention rules keep and remove, day by day, and why; nothing is removed here."
        " The newest proven backup of a database and what is pinned always stay; unproven backups"
        " stay until a newer one is proven. {retention.next-part} and {retention.previous-part}"
        " choose a database; {retention.edit} changes its rule and shows"
        " at once what that would mean; {retention.save} saves it; {retention.plan} shows the"
        " plan that removes them."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("retention")

    def __init__(self, databases: Sequence[str], database: str = "") -> None:
        super().__init__()
        self._names = ("", *databases)
        self._at = self._names.index(database) if database in self._names else 0
        self._saved = RetentionPolicies()
        self._policies = RetentionPolicies()
        self._preview: PrunePreview | None = None
        self._summary = Words(classes="summary -rule")
        self._outcome = Words(classes="summary")
        self._list: VirtualList[DecisionRow] = VirtualList(
            COLUMNS, row_cells, key=row_key, empty="Looking at every backup…"
        )
        self._months = Document(classes="months")
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._outcome
        yield Horizontal(self._list, self._months, classes="calendar")
        yield self._note

    def on_mount(self) -> None:
        self._list.focus()
        self._saved = self._policies = self.controller.retention.policies()
        self.do_refresh()

    @property
    def _database(self) -> str:
        """The empty name stands for all databases."""
        return self._names[self._at]

    @property
    def _changed(self) -> bool:
        return self._policies != self._saved

    def do_refresh(self) -> None:
        self._say()
        super().do_refresh()

    async def look(self) -> None:
        self._preview = preview = await self.controller.retention.preview(
            self._database or None, self._counted()
        )
        self._list.empty = "There is no backup."
        self._list.set_rows(decision_rows(preview.days))
        self._show_months()
        self._outcome.say(outcome_words(preview.decisions))
        self._say()

    def _show_months(self) -> None:
        if self._preview is not None:
            beside = months_beside(self._months.scrollable_content_region.width)
            self._months.set_lines(month_lines(self._preview.days, beside))

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self._show_months)

    def _counted(self) -> RetentionPolicies:
        """The rules that count for what is shown: of one database just its own."""
        if not self._database:
            return self._policies
        return RetentionPolicies(default=self._policies.of(self._database))

    def _say(self) -> None:
        words = whose_words(self._policies, self._database)
        self._summary.say(
            f"NOT SAVED ({key_of('retention.save')} saves) · {words}" if self._changed else words
        )
        self.show_keys()

    def on_virtual_list_highlighted(self) -> None:
        self._note.tell(row_lines(self._list.current))

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb == "plan":
            if self._preview is None:
                return "There is no preview yet."
            if self._changed and not self._database:
                return spelled(
                    "Save the changed rule first ({retention.save}): the plan follows the saved"
                    " ones."
                )
            return "" if self._preview.goes else "Nothing goes."
        if action.verb == "save" and not self._changed:
            return "Nothing was changed."
        if action.verb == "forget" and self._own is None:
            return "There is no rule to forget here."
        if action.verb in ("next_part", "previous_part") and len(self._names) == 1:
            return "There is no database with backups."
        return ""

    @property
    def _own(self) -> RetentionPolicy | None:
        """The rule that is written down for just this."""
        if self._database:
            return self._policies.databases.get(self._database)
        return self._policies.default

    def do_next_part(self) -> None:
        self._at = (self._at + 1) % len(self._names)
        self.do_refresh()

    def do_previous_part(self) -> None:
        self._at = (self._at - 1) % len(self._names)
        self.do_refresh()

    def do_edit(self) -> None:
        def answered(policy: object) -> None:
            if isinstance(policy, RetentionPolicy):
                self._set(policy)

        policy = self._policies.of(self._database) if self._database else self._policies.default
        whose = self._database or "every database without a rule of its own"
        self.app.push_screen(PolicyDialog(whose, policy), answered)

    def do_forget(self) -> None:
        self._set(None)

    def _set(self, policy: RetentionPolicy | None) -> None:
        if not self._database:
            self._policies = replace(self._policies, default=policy)
        else:
            others = {k: v for k, v in self._policies.databases.items() if k != self._database}
            own = {self._database: policy} if policy is not None else {}
            self._policies = replace(self._policies, databases=others | own)
        self._outcome.say("Working out what that means…")
        self.do_refresh()

    def do_save(self) -> None:
        self.run_task(self._save, "save-retention")

    async def _save(self) -> None:
        if self._policies.default != self._saved.default:
            self.controller.retention.save(None, self._policies.default)
        for name in {*self._policies.databases, *self._saved.databases}:
            policy = self._policies.databases.get(name)
            if policy != self._saved.databases.get(name):
                self.controller.retention.save(name, policy)
        self._saved = self._policies
        self.say(spelled("Saved. Nothing was removed; {retention.plan} shows what would be."))
        self._say()

    def do_months(self) -> None:
        """Where both do not fit beside each other: the list, or the months."""
        shown = self.has_class("-months")
        self.set_class(not shown, "-months")
        (self._list if shown else self._months).focus()
        self.call_after_refresh(self._show_months)

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        from kwtui.screens.backup_set.screen import SetScreen

        if self._list.current is not None:
            self.open_over(SetScreen(self._list.current.decision.entry))

    def do_plan(self) -> None:
        self.open_over(PlanScreen(self._plan))

    async def _plan(self, _: str | None) -> Plan:
        """Made anew: what is shown may be old."""
        return (
            await self.controller.retention.preview(self._database or None, self._counted())
        ).plan

    def unsaved(self) -> str:
        return "The changed retention rule is not saved." if self._changed else ""

    def go_back(self) -> bool:
        if self.has_class("-months"):
            self.do_months()
            return True
        if not self._changed:
            return False

        def answered(yes: object) -> None:
            if yes:
                self.app.pop_screen()

        text = "The changed rule is not saved. Nothing was removed."
        dialog = ConfirmDialog("Leave without saving?", text, yes="Leave", no="Stay")
        self.app.push_screen(dialog, answered)
        return True

"""The list of policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import BindingType
from textual.widget import Widget

from kwtui.controller import RunsChanged
from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.spelling import spelled
from kwtui.model.filter_words import rows_with
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import ConfirmDialog, MessageDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.policies.rows import (
    COLUMNS,
    check_page,
    policy_cells,
    policy_note,
    policy_page,
    run_question,
    told,
    what_policies_are,
)
from kwtui.unattended.summary import PolicySummary
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

_WHILE_AT_WORK = 2.0
"""Seconds until one that is at work is looked at again."""


class PoliciesScreen(FilteredScreen, LiveScreen):
    scope: ClassVar[str] = "policies"
    title_text: ClassVar[str] = "9 Policies"
    about: ClassVar[str] = (
        "Unattended backups: which databases, when, how backups are proven, how long they are"
        " kept, who is notified. A policy is a file; a timer of this host runs it, since"
        " KWDB's own scheduler cannot run EXPORT. “Edit” opens the file in your editor ($VISUAL or"
        " $EDITOR); a mistake in it changes nothing."
    )
    CSS_PATH = style_path("explain")
    BINDINGS: ClassVar[list[BindingType]] = bindings("policies")
    follows: ClassVar[tuple[type, ...]] = (RunsChanged,)

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._policies: Sequence[PolicySummary] = ()
        self._title = Words("Times are UTC.", classes="summary")
        self._list: VirtualList[PolicySummary] = VirtualList(
            COLUMNS, policy_cells, key=lambda policy: policy.name, empty="Reading the policies…"
        )
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield Panes(self._list, self._note, ("Policies", "This policy"))

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        self.do_refresh()

    async def look(self) -> None:
        self._policies = found = await self.controller.policies.summaries()
        self._arrange()
        names = [policy.name for policy in found]
        if self._wanted in names:
            self._list.move_to(names.index(self._wanted))
        self._wanted = ""
        self._tell()
        if any(policy.works for policy in found):
            # Its end is written down after that of its last run, and nobody tells of it.
            self.set_timer(_WHILE_AT_WORK, self._look_again)

    def _arrange(self) -> None:
        text = self.filter_text
        none = spelled("There is no policy yet. {policies.add} makes one, step by step.")
        self._list.empty = nothing_found(text) if text else none
        self._list.set_rows(rows_with(self._policies, text, told))
        found = f"{len(self._list.rows)} of {len(self._policies)} with “{text}”. " if text else ""
        self._title.say(f"{found}Times are UTC.")

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()
        self._tell()

    def go_back(self) -> bool:
        return self.take_filter_back()

    def _look_again(self) -> None:
        self._stale = True
        if self.is_current:
            self._start_looking()

    def on_virtual_list_highlighted(self) -> None:
        self._tell()

    def _tell(self) -> None:
        told = policy_note(self._list.current, self.kwtui.clock())
        self._note.tell(told if self._policies else what_policies_are())
        self.show_keys()

    def show_policy(self, name: str) -> None:
        """Put the cursor on this policy, once it is read."""
        self._wanted = name
        self.do_refresh()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb in ("add", "refresh", "filter"):
            return ""
        chosen = self._list.current
        if chosen is None:
            return "There is no policy."
        if action.verb in ("run", "check", "timer") and chosen.problem:
            return spelled("Its file cannot be used: {policies.edit} changes it.")
        if action.verb == "run" and chosen.works:
            return "It is at work."
        return ""

    @property
    def _chosen(self) -> str:
        return self._list.current.name if self._list.current else ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        self.run_task(self._open, "open")

    async def _open(self) -> None:
        name = self._chosen
        history = await self.controller.policies.history(name)
        page = policy_page(self.controller.policies.text(name), history)
        self.app.push_screen(MessageDialog(f"The policy {name}", page))

    def do_add(self) -> None:
        from kwtui.screens.policies.wizard import PolicyWizard

        self.open_over(PolicyWizard(self.show_policy))

    def do_edit(self) -> None:
        """The editor has the terminal; kwtui comes back when it is closed."""
        name = self._chosen
        try:
            with self.app.suspend():
                changed = self.controller.policies.edit(name)
        except SuspendNotSupported:
            self.say(f"Here no editor can be opened: kwtui policy edit {name}", warning=True)
            return
        except KwtuiError as error:
            self.kwtui.show_problem(error)
            return
        self.say(f"{name} was changed." if changed else f"{name} is as it was.")
        self.do_refresh()

    def do_check(self) -> None:
        self.run_task(self._check, "check")

    async def _check(self) -> None:
        policy = self.controller.policies.load(self._chosen)
        warnings = self.controller.policies.warnings(policy)
        try:
            chosen = await self.controller.policies.choose(policy)
            words = f"It would back up now: {', '.join(chosen.databases) or 'nothing'}."
            words = " ".join([words, *(f"{problem}." for problem in chosen.problems)])
        except KwtuiError as error:
            words = f"Which it would back up now is not known: {error.title}"
        self.app.push_screen(MessageDialog(f"Check of {policy.name}", check_page(warnings, words)))

    def do_run(self) -> None:
        self.run_task(self._ask_to_run, "run")

    async def _ask_to_run(self) -> None:
        policy = self.controller.policies.load(self._chosen)
        try:
            chosen = await self.controller.policies.choose(policy)
            text = run_question(chosen.databases, chosen.problems)
        except KwtuiError:
            # It connects by itself, to the server of its profile.
            text = run_question(policy.databases, ())

        def answered(yes: object) -> None:
            if yes:
                self.say(f"{policy.name} begins.")
                self.run_task(start, "run")

        async def start() -> None:
            await self.controller.policies.start(policy)
            self.do_refresh()

        self.app.push_screen(ConfirmDialog(f"Run {policy.name} now?", text, yes="Run"), answered)

    def do_timer(self) -> None:
        """Install it where there is none; else ask whether to remove it."""
        chosen = self._list.current
        if chosen is None:
            return
        name, there = chosen.name, chosen.timer is not None and bool(chosen.timer.kind)

        def answered(yes: object) -> None:
            if yes:
                self.run_task(change, "timer")

        async def change() -> None:
            work = self.controller.policies.remove_timer if there else self._install
            await work(name)
            self.show_policy(name)

        if there:
            title, yes = f"Stop running {name} by itself?", "Remove the timer"
            text = "Its timers are removed from this host. The policy and its backups stay."
        else:
            title, yes = f"Let this host run {name} by itself?", "Install the timer"
            text = (
                "As root: units of systemd. As another account: units of that account, which need "
                "lingering, or lines of its crontab. A second timer looks every hour whether the "
                "promise is kept."
            )
        self.app.push_screen(ConfirmDialog(title, text, yes=yes), answered)

    async def _install(self, name: str) -> None:
        await self.controller.policies.install_timer(self.controller.policies.load(name))

    def do_remove(self) -> None:
        name = self._chosen

        def answered(yes: object) -> None:
            if yes:
                self.run_task(remove, "remove")

        async def remove() -> None:
            self.controller.policies.remove(name)
            self.do_refresh()

        text = "Its file and its timers go. Its backups stay, and so does what it did."
        self.app.push_screen(ConfirmDialog(f"Remove {name}?", text, yes="Remove"), answered)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.controller.commands.line("policy", "run", self._chosen))

"""Copies of backups in other places: listed, sent, proven, fetched back, thinned out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.controller import RunsChanged
from kwtui.errors import ExitCode, KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.model.filter_words import rows_with
from kwtui.model.retention import RetentionPolicy
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.copies import Contents, Copy
from kwtui.operations.offsite.planning import PrunePreview
from kwtui.operations.plan import Plan
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.offsite.dialogs import (
    CheckDialog,
    FetchDialog,
    SendDialog,
    ToCheck,
    ToFetch,
    ToSend,
)
from kwtui.screens.offsite.places import PlacesScreen
from kwtui.screens.offsite.rows import (
    COLUMNS,
    NO_TARGET,
    check_lines,
    copy_cells,
    copy_note,
    copy_page,
    decision_lines,
    nothing_words,
    target_words,
    told,
)
from kwtui.screens.plan.passphrase import ask_passphrase
from kwtui.screens.plan.screen import PlanScreen
from kwtui.screens.storage.retention_policy import COPY_LEVELS, PolicyDialog
from kwtui.text import human_bytes
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.paint import Line
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

_OF_A_COPY = ("open", "check", "fetch")
_PROGRESS_SECONDS = 0.5


class OffsiteScreen(FilteredScreen, PlacesScreen):
    scope: ClassVar[str] = "offsite"
    title_text: ClassVar[str] = "Off-site"
    about: ClassVar[str] = (
        "Off-site copies of backups, with the level of each: O1 every part is there, O2"
        " every byte was read back, O3 decrypted and as in the manifest, O4 restored from there."
        " {offsite.send} sends a backup, {offsite.check} proves a copy, {offsite.fetch} fetches one"
        " back below extern, where it is verified. {offsite.prune} shows what the"
        " rules remove; nothing else removes a copy. Sizes are compared each time."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("offsite")
    follows: ClassVar[tuple[type, ...]] = (RunsChanged,)
    rest_seconds: ClassVar[float] = 2.0
    """A look may go over a slow line."""

    def __init__(self) -> None:
        super().__init__()
        self._contents: Contents | None = None
        self._empty = ""
        """Said where no copy is known."""
        self._local = ""
        """The backup that one came from; it is offered first."""
        self._checking = ""
        """The path of the copy that is read back now."""
        self._stop = Event()
        self._done = (0, 0)
        self._summary = Words(classes="summary")
        self._list: VirtualList[Copy] = VirtualList(
            COLUMNS,
            lambda copy: copy_cells(copy, self.kwtui.clock()),
            key=lambda copy: copy.path,
            empty="Reading the targets…",
        )
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Copies", "This one"))

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        self.do_refresh()

    def came_from(self, path: str) -> None:
        """Offer this backup first when one sends; empty: the newest."""
        self._local = path

    # -- reading ---------------------------------------------------------------------------------

    async def look(self) -> None:
        self._targets = self.controller.offsite.targets()
        self._at = min(self._at, max(0, len(self._targets) - 1))
        target = self._target
        if target is None:
            self._show(None, spelled(NO_TARGET))
            return
        try:
            contents = await self.controller.offsite.contents(target.name)
        except KwtuiError as error:
            if target is self._target:
                self._show(None, in_interface(error.title))
            raise
        if target is self._target:
            self._show(contents, nothing_words(target))

    def _show(self, contents: Contents | None, empty: str) -> None:
        self._contents, self._empty = contents, empty
        self._arrange()

    def _arrange(self) -> None:
        copies = self._contents.copies if self._contents is not None else ()
        text = self.filter_text
        self._list.empty = nothing_found(text) if text and copies else self._empty
        self._list.set_rows(rows_with(copies, text, told))
        self._say()
        self._tell()

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def go_back(self) -> bool:
        return self.take_filter_back()

    def _say(self) -> None:
        if self._checking:
            done, total = self._done
            so_far = f", {human_bytes(done)} of {human_bytes(total)}" if total else ""
            stop = spelled("{offsite.stop} stops it")
            self._summary.say(f"Reading {self._checking} back{so_far}; {stop}.")
            return
        copies = self._contents.copies if self._contents is not None else None
        words = target_words(self._targets, self._at, copies)
        if self.filter_text:
            words = f"{len(self._list.rows)} with “{self.filter_text}” of {words}"
        self._summary.say(words)

    def on_virtual_list_highlighted(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self._note.tell(copy_note(self._list.current, self.kwtui.clock()))
        self.show_keys()

    # -- actions ---------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        hidden = {"stop"} if not self._checking else set()
        return [action for action in super().actions() if action.verb not in hidden]

    def footer_actions(self) -> list[Action]:
        """Without a place there is one thing to do."""
        found = super().footer_actions()
        return found if self._targets else [each for each in found if each.verb == "add"]

    def reason_against(self, action: Action) -> str:
        verb = action.verb
        if verb in ("add", "refresh", "stop", "filter"):
            return ""
        if self._target is None:
            return spelled("Add a target first ({offsite.add}).")
        if verb in _OF_A_COPY:
            return self._reason_against_copy(verb)
        if verb in ("prune", "leftovers") and self._contents is None:
            return "The contents of the target are not known."
        if verb in ("next_part", "previous_part") and len(self._targets) == 1:
            return "There is no other target."
        return self._no_node() if verb == "send" else ""

    def _reason_against_copy(self, verb: str) -> str:
        copy = self._list.current
        if copy is None:
            return "There is no copy."
        if verb == "open":
            return ""
        if copy.archive is None:
            return f"This is no copy: {copy.problem}."
        if verb == "check" and self._checking:
            return spelled("A check is at work ({offsite.stop} stops it).")
        return self._no_node() if verb == "fetch" else ""

    def _no_node(self) -> str:
        if self.controller.folders.place is None:
            return spelled("No node is known yet. Connect first ({app.open-connection}).")
        return ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        copy = self._list.current
        if copy is not None:
            page = copy_page(copy, self.kwtui.clock())
            self.app.push_screen(MessageDialog(f"The copy {copy.path}", page))

    def do_copy(self) -> None:
        if self._target is not None:
            self.app.copy_to_clipboard(f"kwtui offsite list {self._target.name}")

    # -- sending and fetching --------------------------------------------------------------------

    def do_send(self) -> None:
        self.run_task(self._ask_what_to_send, "send")

    async def _ask_what_to_send(self) -> None:
        target = self._target
        sets = await self.controller.offsite.sets()
        if target is None:
            return
        if not sets:
            self.say(
                spelled("There is no proven backup to send. Make one ({app.open-backup})."),
                warning=True,
            )
            return

        def answered(chosen: object) -> None:
            if isinstance(chosen, ToSend):
                self.open_over(PlanScreen(partial(self._plan_push, target.name, chosen)))

        self.app.push_screen(SendDialog(target.name, sets, self._local), answered)

    async def _plan_push(self, target: str, chosen: ToSend, _: str | None) -> Plan:
        return await self.controller.offsite.push_plan(chosen.path, target, (), chosen.level)

    def do_fetch(self) -> None:
        copy, target = self._list.current, self._target
        if copy is None or copy.archive is None or target is None:
            return

        def answered(chosen: object) -> None:
            if isinstance(chosen, ToFetch):
                plan = partial(self._plan_fetch, target.name, path, chosen)
                self.open_over(PlanScreen(plan, identities=chosen.identities))

        path = copy.path
        self.app.push_screen(FetchDialog(copy, copy.archive), answered)

    async def _plan_fetch(self, target: str, path: str, chosen: ToFetch, _: str | None) -> Plan:
        return await self.controller.offsite.fetch_plan(
            path, target, chosen.tables, chosen.identities
        )

    # -- proving ---------------------------------------------------------------------------------

    def do_check(self) -> None:
        copy, target = self._list.current, self._target
        if copy is None or copy.archive is None or target is None:
            return

        def answered(chosen: object) -> None:
            if isinstance(chosen, ToCheck):
                self._begin_check(target.name, path, chosen)

        path = copy.path
        self.app.push_screen(CheckDialog(copy, copy.archive), answered)

    def _begin_check(self, target: str, path: str, chosen: ToCheck) -> None:
        if chosen.level is CopyLevel.O4:
            self.run_task(partial(self._drill, target, path, chosen), "check")
        else:
            self.run_task(partial(self._check, target, path, chosen), "check")

    async def _drill(self, target: str, path: str, chosen: ToCheck) -> None:
        goes_on, passphrase = await self._passphrase(chosen.identities, "drill")
        if not goes_on:
            return
        self.say(f"The drill of {path} begins: first it is fetched.")
        run = await self.controller.offsite.start_drill(target, path, chosen.identities, passphrase)
        if run:
            self.app.call_later(self.kwtui.show_run, run)

    async def _check(self, target: str, path: str, chosen: ToCheck) -> None:
        goes_on, passphrase = await self._passphrase(chosen.identities, "check")
        if not goes_on:
            return
        self._checking, self._done = path, (0, 0)
        self._stop.clear()
        showing = self.set_interval(_PROGRESS_SECONDS, self._say)
        self._say()
        self.show_keys()
        try:
            found = await self.controller.offsite.check(
                target, path, chosen.level, chosen.identities, self._read, passphrase=passphrase
            )
        except KwtuiError as error:
            if error.exit_code is not ExitCode.CANCELLED:
                raise
            self.say("The check was stopped. Nothing was written down.")
            return
        finally:
            # A task that is cancelled leaves its thread behind, which must end soon too.
            self._stop.set()
            showing.stop()
            self._checking = ""
            self._say()
            self.show_keys()
        if found.ok and found.recorded:
            self.say(f"{path} is {found.summary}.")
        else:
            title = f"{path}: {found.summary}"
            lines = check_lines(found.problems, recorded=bool(found.recorded))
            self.app.push_screen(MessageDialog(title, lines, error=not found.ok))
        self.do_refresh()

    def _read(self, done: int, total: int) -> None:
        """Called in the check's thread."""
        self._done = (done, total)
        if self._stop.is_set():
            raise KwtuiError("The check was stopped.", exit_code=ExitCode.CANCELLED)

    async def _passphrase(self, identities: Sequence[Path], work: str) -> tuple[bool, str | None]:
        """Whether to go on, and the passphrase of the keys if one is needed."""
        protected = [e for e in identities if self.controller.offsite.is_protected(e)]
        if not protected:
            return True, None
        passphrase = await ask_passphrase(self, protected[0], work)
        return passphrase is not None, passphrase

    def do_stop(self) -> None:
        self._stop.set()

    def unsaved(self) -> str:
        return f"The check of {self._checking} is not finished." if self._checking else ""

    # -- thinning out ----------------------------------------------------------------------------

    def do_prune(self) -> None:
        target = self._target
        if target is None:
            return

        def answered(policy: object) -> None:
            if isinstance(policy, RetentionPolicy):
                self._open_prune(target.name, policy)

        dialog = PolicyDialog(f"copies on {target.name}", target.retention, COPY_LEVELS)
        self.app.push_screen(dialog, answered)

    def do_leftovers(self) -> None:
        if self._target is not None:
            self._open_prune(self._target.name, None)

    def _open_prune(self, target: str, policy: RetentionPolicy | None) -> None:
        """``policy`` None: what sendings that were cut off left."""
        previews: list[PrunePreview] = []

        async def plan(_: str | None) -> Plan:
            previews.append(await self.controller.offsite.prune_preview(target, None, policy))
            return previews[-1].plan

        async def more() -> list[Line]:
            return decision_lines(previews[-1].decisions)

        self.open_over(PlanScreen(plan, more=more))

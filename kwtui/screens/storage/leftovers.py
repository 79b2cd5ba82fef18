"""What interrupted runs left: chosen, planned, removed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.operations.plan import Plan
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind
from kwtui.operations.removal.planning import Leftovers
from kwtui.screens.frame.base import READ_ONLY
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.plan.screen import PlanScreen
from kwtui.text import human_bytes, plural
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.paint import Line, Part, line
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column

_KINDS = {
    LeftoverKind.UNFINISHED: "unfinished",
    LeftoverKind.DELETED: "half deleted",
    LeftoverKind.SCRATCH: "database",
    LeftoverKind.STAGING: "links",
    LeftoverKind.SANDBOX: "sandbox",
    LeftoverKind.NAMED: "not complete",
    LeftoverKind.DEFAULTS: "defaults",
}
_MEANING = {
    LeftoverKind.UNFINISHED: "The folder of a backup that did not finish. It is not a backup.",
    LeftoverKind.DELETED: "A deletion moved it aside and did not come to remove it.",
    LeftoverKind.SCRATCH: "The database that a restore or a drill worked in and did not finish.",
    LeftoverKind.STAGING: "A folder of links that an import read through; the files stay.",
    LeftoverKind.SANDBOX: "The sandbox that a drill started for itself.",
    LeftoverKind.NAMED: "It has its name and its rows, and lacks views, defaults or grants.",
    LeftoverKind.DEFAULTS: "Column defaults that an import removed; they are set again.",
}


class LeftoversScreen(LiveScreen):
    scope: ClassVar[str] = "leftovers"
    title_text: ClassVar[str] = "4 Storage: leftovers"
    about: ClassVar[str] = (
        "What killed or failed runs left: unfinished folders, half deleted ones, links, sandboxes;"
        " with a connection also scratch databases, incomplete databases, and defaults"
        " that an import removed (they are set again). What a run of this account left is chosen"
        " from the start. The others may be needed by another account: choose them"
        " only if you know that they are not. What may be in use cannot be chosen."
        " The list is updated by itself."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("leftovers")
    rest_seconds: ClassVar[float] = 1.0
    """Looking asks the server, too."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Leftovers | None = None
        self._summary = Words(classes="summary")
        self._list: CheckList[Leftover] = CheckList(
            (
                Column("What", 12),
                Column("Name", 24, grow=True),
                Column("Files", 6, "right", drop=2),
                Column("Bytes", 9, "right"),
                Column("Left by", 22, drop=1),
            ),
            leftover_cells,
            key=lambda each: each.name,
            empty="Looking for leftovers…",
        )
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Leftovers", "This one"))

    def on_mount(self) -> None:
        self._list.focus()
        self.do_refresh()

    async def look(self) -> None:
        known = {each.name for each in self._found.found} if self._found is not None else set()
        chosen = {each.name for each in self._list.checked_rows()}
        self._found = found = await self.controller.leftovers.find()
        self._list.empty = "Interrupted runs left nothing."
        self._list.set_rows(found.found)
        # What a person chose stays chosen; only what is new is chosen for them.
        self._list.check_these(
            each.name
            for each in found.found
            if (each.name in chosen and not each.busy)
            or (each.name not in known and _goes_by_itself(each))
        )
        self._say()

    def _say(self) -> None:
        found = self._found
        if found is None:
            return
        chosen = self._list.checked_rows()
        size = human_bytes(sum(each.bytes or 0 for each in chosen))
        words = f"{plural(len(found.found), 'leftover')}, {len(chosen)} chosen, {size}."
        if not found.cluster_id:
            words += " Databases were not looked for: not connected."
        self._summary.say(words)
        self.show_keys()

    def on_virtual_list_highlighted(self) -> None:
        self._note.tell(leftover_lines(self._list.current))
        self.show_keys()

    def on_check_list_changed(self) -> None:
        self._say()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        current = self._list.current
        if action.verb == "toggle":
            if current is None:
                return "There is nothing to choose."
            return f"It may be in use: {current.busy}." if current.busy else ""
        if action.verb == "plan":
            if self.kwtui.is_read_only:
                return READ_ONLY
            return (
                ""
                if self._list.checked_rows()
                else spelled("Nothing is chosen ({leftovers.toggle} chooses).")
            )
        return ""

    def do_toggle(self) -> None:
        self._list.toggle()

    def do_all(self) -> None:
        self._list.check_these(each.name for each in self._list.rows if _may_go(each))

    def do_none(self) -> None:
        self._list.check_none()

    def on_virtual_list_selected(self) -> None:
        self.action_perform("leftovers.plan")

    def do_plan(self) -> None:
        names = [each.name for each in self._list.checked_rows()]
        if self._found is not None and names:
            self.open_over(PlanScreen(partial(self._plan, self._found, names)))

    async def _plan(self, found: Leftovers, names: list[str], _: str | None) -> Plan:
        return await self.controller.plans.cleanup(found, names)


def _may_go(leftover: Leftover) -> bool:
    """A database with its name is only chosen by itself: somebody may want its rows."""
    return not leftover.busy and leftover.kind is not LeftoverKind.NAMED


def _goes_by_itself(leftover: Leftover) -> bool:
    return leftover.explained and not leftover.busy


def leftover_cells(leftover: Leftover) -> list[str | Part]:
    return [
        _KINDS[leftover.kind],
        (leftover.name, "strong"),
        "" if leftover.files is None else str(leftover.files),
        "" if leftover.bytes is None else human_bytes(leftover.bytes),
        _origin(leftover),
    ]


def _origin(leftover: Leftover) -> Part:
    if leftover.busy:
        return ("MAY BE IN USE", "warning")
    if leftover.run:
        return (leftover.run, "muted")
    return ("a deletion", "muted") if leftover.explained else ("not known", "warning")


def leftover_lines(leftover: Leftover | None) -> list[Line]:
    """The lines under the list about the one under the cursor."""
    if leftover is None:
        return []
    lines = [line((leftover.name, "strong"), f"  {_MEANING[leftover.kind]}", indent=2)]
    if leftover.busy:
        lines.append(line(("! ", "warning"), f"It may be in use: {leftover.busy}.", indent=2))
    elif leftover.run:
        since = f", of {leftover.started:%Y-%m-%d %H:%M}" if leftover.started else ""
        ended = f"which has ended ({key_of('app.open-runs')} shows it)"
        words = f"Left by run {leftover.run} of this account{since}, {ended}."
        lines.append(line((words, "muted")))
    elif not leftover.explained:
        words = "No run of this account left it. Another account may need it: ask before."
        lines.append(line(("! ", "warning"), words, indent=2))
    if leftover.continues and not leftover.busy:
        words = spelled(
            "Its restore can be continued instead: choose the run in {app.open-runs} and press"
            " {runs.continue}."
        )
        lines.append(line((words, "muted")))
    if leftover.defaults:
        lines.append(line((", ".join(map(str, leftover.defaults)), "muted")))
    if leftover.target and leftover.kind is LeftoverKind.SCRATCH:
        lines.append(line((f"It was to become the database {leftover.target}.", "muted")))
    return lines

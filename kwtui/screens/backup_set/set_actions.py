"""What can be done with one set, the same from the list and from inside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.errors import KwtuiError
from kwtui.keys.spelling import spelled
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import DrillRequest
from kwtui.operations.plan import Plan
from kwtui.screens.backup_set.parts import what_goes_lines
from kwtui.screens.backup_set.set_dialogs import DrillDialog, Notes, NotesDialog
from kwtui.screens.frame.base import READ_ONLY
from kwtui.screens.frame.choice_dialog import Choice, ChooseDialog
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.plan.screen import PlanScreen
from kwtui.widgets.paint import BLANK, Line, line

REPORT = "report"
"""The purpose of the prompt that asks where a report goes."""

SEAL = "seal"
"""The purpose of the prompt that asks for a draft."""

SCRIPT = "restore.sql"
"""The sidecar that holds every statement of an exact restore."""

RUNBOOK = "RESTORE.md"
"""The sidecar that says how to restore by hand."""

SET_VERBS = frozenset(
    {"verify", "restore", "drill", "seal", "delete", "pin", "annotate", "report", "copy"}
)
_LEFT = (EntryKind.INCOMPLETE, EntryKind.DELETED)


def why_not(entry: BackupEntry, verb: str) -> str:
    """Why this cannot be done with the entry; empty when it can."""
    if verb == "copy":
        return ""
    if verb == "seal":
        return "" if entry.kind is EntryKind.INCOMPLETE else "Only a backup without a manifest is."
    if verb == "delete":
        if entry.kind in (EntryKind.FOREIGN, EntryKind.TREE):
            return "It was not made by kwtui: remove it with system tools."
        return spelled("It is pinned; {storage.pin} takes the pin away.") if entry.pinned else ""
    if entry.kind is EntryKind.FOREIGN:
        return "This is no export."
    if entry.kind in _LEFT:
        doing = {"pin": "keep", "annotate": "describe", "report": "report"}.get(verb, verb)
        if entry.kind is EntryKind.DELETED:
            return f"This is being deleted; there is nothing to {doing}."
        return f"This backup did not finish; there is nothing to {doing}."
    return ""


class SetActions(LiveScreen):
    """A screen on which one entry is chosen."""

    def chosen_entry(self) -> BackupEntry | None:
        raise NotImplementedError

    def entry_changed(self) -> None:
        """Something that is said about the chosen entry was changed."""

    def look_inside(self, entry: BackupEntry) -> None:
        """Show every file of the entry, unless that is what the screen does already."""

    def copy_choices(self, entry: BackupEntry) -> list[Choice]:
        """What may be copied, besides what every set has."""
        return []

    def reason_against_set_action(self, verb: str) -> str:
        entry = self.chosen_entry()
        if entry is None:
            return "There is nothing in the list."
        if self.kwtui.is_read_only and verb in ("restore", "delete"):
            return READ_ONLY
        return why_not(entry, verb)

    # -- proving and restoring -------------------------------------------------------------------

    def do_verify(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            self.kwtui.start_verify(entry.path, ProofLevel.P2)

    def do_restore(self) -> None:
        entry = self.chosen_entry()
        if entry is not None and entry.manifest_is_damaged:
            self._offer_what_is_left(entry)
        elif entry is not None:
            self.kwtui.open_restore(entry.path)

    def _offer_what_is_left(self, entry: BackupEntry) -> None:
        """A manifest that cannot be read is not the end: the data beside it may be whole."""
        ways: dict[str, Callable[[], object]] = {
            "Restore its data": partial(self.kwtui.open_restore, f"{entry.path}/{DATA_FOLDER}"),
            "Restore by hand": partial(self.run_task, partial(self._read_runbook, entry), "look"),
            "Look at its files": partial(self.look_inside, entry),
            "Delete it": self.do_delete,
        }
        words = (
            "as an export: rows into existing tables",
            "with a SQL client, as RESTORE.md says",
            "open every file that it holds",
            "by a plan that shows what goes",
        )
        choices = [Choice(title, text) for title, text in zip(ways, words, strict=True)]

        def answered(choice: object) -> None:
            if isinstance(choice, Choice):
                ways[choice.title]()

        self.app.push_screen(ChooseDialog("Its manifest is damaged", choices), answered)

    async def _read_runbook(self, entry: BackupEntry) -> None:
        text = await self.controller.storage.read_text(f"{entry.path}/{RUNBOOK}")
        lines = [line(each) if each.strip() else BLANK for each in text.splitlines()]
        self.app.push_screen(MessageDialog(RUNBOOK, lines))

    def do_drill(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            self.run_task(partial(self._ask_for_drill, entry), "drill")

    async def _ask_for_drill(self, entry: BackupEntry) -> None:
        details = await self.controller.storage.open_set(entry.path)
        on_server = self.controller.connection.status.is_connected and not self.kwtui.is_read_only

        def answered(request: object) -> None:
            if isinstance(request, DrillRequest):
                self.open_over(PlanScreen(lambda _: self.controller.plans.drill(request)))

        self.app.push_screen(DrillDialog(entry, details, on_server=on_server), answered)

    # -- sealing ---------------------------------------------------------------------------------

    def do_seal(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            draft = self.controller.plans.draft_of(entry.path)
            self.prompt.ask(SEAL, "The draft that its run wrote:", str(draft))

    def seal_with(self, file: str) -> None:
        """The prompt was answered."""
        entry = self.chosen_entry()
        if entry is not None and file.strip():
            plan = partial(self._plan_seal, entry.path, Path(file.strip()).expanduser())
            self.open_over(PlanScreen(plan))

    async def _plan_seal(self, path: str, draft: Path, _: str | None) -> Plan:
        return await self.controller.plans.seal(path, draft)

    # -- deleting --------------------------------------------------------------------------------

    def do_delete(self) -> None:
        entry = self.chosen_entry()
        if entry is None:
            return
        if entry.kind in _LEFT:
            self.open_over(PlanScreen(partial(self._plan_cleanup, entry.path)))
            return
        plan = partial(self.controller.plans.delete, entry.path)
        self.open_over(PlanScreen(plan, more=partial(self._what_goes, entry.path)))

    async def _plan_cleanup(self, path: str, _: str | None) -> Plan:
        return await self.controller.plans.cleanup(await self.controller.leftovers.find(), [path])

    async def _what_goes(self, path: str) -> list[Line]:
        return what_goes_lines(await self.controller.storage.look_inside(path))

    # -- what people say -------------------------------------------------------------------------

    def do_pin(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            self.run_task(partial(self._pin, entry), "annotate")

    async def _pin(self, entry: BackupEntry) -> None:
        done = await self.controller.storage.annotate(entry.path, pinned=not entry.pinned)
        words = (
            "Pinned: retention keeps it, and it cannot be deleted."
            if done.pinned
            else "Not pinned any more."
        )
        self._say_noted(words, private=done.private)

    def do_annotate(self) -> None:
        entry = self.chosen_entry()
        if entry is None:
            return

        def answered(notes: object) -> None:
            if isinstance(notes, Notes):
                self.run_task(partial(self._annotate, entry, notes), "annotate")

        self.app.push_screen(NotesDialog(entry), answered)

    async def _annotate(self, entry: BackupEntry, notes: Notes) -> None:
        label = None if notes.label == entry.label else notes.label
        done = await self.controller.storage.annotate(entry.path, label=label, remark=notes.remark)
        self._say_noted("Noted.", private=done.private)

    def _say_noted(self, words: str, *, private: bool) -> None:
        if private:
            words += " kwtui may not write in extern here: no other account sees this."
        self.say(words)
        self.entry_changed()

    # -- taking away -----------------------------------------------------------------------------

    def do_report(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            name = entry.path.strip("/").replace("/", "-")
            self.prompt.ask(REPORT, "Write a report to:", f"~/{name}.md")

    def save_report(self, file: str) -> None:
        """The prompt was answered."""
        entry = self.chosen_entry()
        if entry is not None and file.strip():
            path = Path(file.strip()).expanduser()
            self.run_task(partial(self._save_report, entry.path, path), "report")

    async def _save_report(self, path: str, file: Path) -> None:
        await self.controller.storage.save_report(path, file)
        self.say(f"The report is in {file}")

    def do_copy(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            self.run_task(partial(self._ask_what_to_copy, entry), "copy")

    async def _ask_what_to_copy(self, entry: BackupEntry) -> None:
        choices = [Choice("Path in extern", entry.path)]
        place = self.controller.folders.place
        if place is not None and place.extern.path is not None:
            choices.append(Choice("Path here", str(place.extern.path / entry.path)))
        choices += self.copy_choices(entry)
        if entry.kind in (EntryKind.SET, EntryKind.TREE):
            choices += [
                Choice(f"Command: {verb}", self.controller.commands.line(verb, entry.path))
                for verb in ("show", "verify", "drill", "restore")
            ]
        if entry.kind is EntryKind.SET:
            # A damaged manifest is no reason not to hand the script out.
            with suppress(KwtuiError):
                script = await self.controller.storage.read_text(f"{entry.path}/{SCRIPT}")
                choices.append(Choice("SQL that restores it", script))

        def answered(choice: object) -> None:
            if isinstance(choice, Choice):
                self.app.copy_to_clipboard(choice.text)

        self.app.push_screen(ChooseDialog("Copy", choices), answered)

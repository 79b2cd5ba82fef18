"""Looking into one backup, and comparing two of them, the same wherever backups are listed."""

from __future__ import annotations

from collections.abc import Iterable

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.keys.spelling import spelled
from kwtui.screens.backup_set.set_actions import SetActions
from kwtui.screens.storage.rows import start_key


class ComparingSets(SetActions):
    """A screen that lists entries, of which one can be marked."""

    def __init__(self) -> None:
        super().__init__()
        self.marked = ""
        """The path of the set that another one is to be compared with."""

    def known_entries(self) -> Iterable[BackupEntry]:
        """Those that the screen lists."""
        raise NotImplementedError

    def marked_changed(self) -> None:
        """Another entry is marked, or none."""
        raise NotImplementedError

    def look_inside(self, entry: BackupEntry) -> None:
        from kwtui.screens.backup_set.screen import SetScreen

        self.open_over(SetScreen(entry))

    def reason_against_comparing(self, verb: str, entry: BackupEntry | None) -> str:
        if entry is None:
            return "There is nothing in the list."
        if entry.kind not in (EntryKind.SET, EntryKind.TREE):
            return "This is no backup and no export."
        if verb == "compare" and not self.marked:
            return spelled("Mark the one to compare with first ({storage.mark}).")
        if verb == "compare" and self.marked == entry.path:
            return "This is the marked one; choose another."
        return ""

    def do_mark(self) -> None:
        entry = self.chosen_entry()
        if entry is not None:
            self.marked = "" if self.marked == entry.path else entry.path
            self.marked_changed()

    def do_compare(self) -> None:
        from kwtui.screens.storage.compare import CompareScreen

        entry = self.chosen_entry()
        if entry is not None:
            first = next((e for e in self.known_entries() if e.path == self.marked), None)
            # The older one first: what came later is what changed.
            newer = first is not None and start_key(first) > start_key(entry)
            paths = (entry.path, self.marked) if newer else (self.marked, entry.path)
            self.open_over(CompareScreen(*paths))

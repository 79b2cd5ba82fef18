"""What is asked before a copy is sent, checked or fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.listing.entries import BackupEntry
from kwtui.model.schema import TableName
from kwtui.model.table_names import parse_table_names
from kwtui.offsite.archive import Archive, CopyLevel
from kwtui.offsite.copies import Copy
from kwtui.screens.frame.form_dialog import FormDialog
from kwtui.text import human_bytes
from kwtui.widgets.completion import path_completer
from kwtui.widgets.field import Field
from kwtui.widgets.form import Cycle, ExplainedField, Option

_O1 = Option("1", "O1: sizes", "Every part must exist, with its size. Takes one listing.")
_O2 = Option("2", "O2: every byte", "Everything there is read back and compared; no key is needed.")
_O3 = Option(
    "3",
    "O3: decrypted",
    "Decrypted and unpacked, too: every file must be as in the manifest.",
)
_O4 = Option(
    "4", "O4: drilled",
    "Fetched into a folder of its own, restored on a private sandbox, and both removed. Two runs"
    " of a process of its own, which 6 Runs shows.",
)  # fmt: skip
_KEY_ABOUT = "The file of a private key that opens the copy: of age, or of SSH."


@dataclass(frozen=True)
class ToSend:
    """A set, and how far its copy is proven at once."""

    path: str
    level: CopyLevel


class SendDialog(FormDialog):
    """Which backup is sent. Answers a ToSend, or None."""

    def __init__(self, target: str, sets: Sequence[BackupEntry], first: str) -> None:
        """``first`` is the path that is offered first, if it is among the sets."""
        options = [Option(each.path, _set_label(each), each.path) for each in sets]
        paths = [each.path for each in sets]
        self._set = Cycle(
            "Backup", options, first if first in paths else paths[0], name="set",
            about="The proven backups below extern, newest first.",
        )  # fmt: skip
        self._level = Cycle("Prove the copy", (_O1, _O2), "2", name="level")
        super().__init__(f"Send to {target}", "Show the plan", (self._set, self._level))

    def action_take(self) -> None:
        self.dismiss(ToSend(self._set.value, CopyLevel(int(self._level.value))))


def _set_label(entry: BackupEntry) -> str:
    when = f"{entry.started:%Y-%m-%d %H:%M}" if entry.started else ""
    size = "" if entry.bytes is None else human_bytes(entry.bytes)
    return "  ".join(filter(None, (entry.database, when, size, entry.label)))


class _KeyDialog(FormDialog):
    """A form with the file of a private key, which an encrypted copy needs."""

    def __init__(
        self, title: str, yes: str, archive: Archive, rows: Sequence[Cycle | Field]
    ) -> None:
        self._encrypted = bool(archive.recipients)
        self._key = ExplainedField(
            "Private key", name="identity", about=_KEY_ABOUT, complete=path_completer()
        )
        super().__init__(title, yes, (*rows, *((self._key,) if self._encrypted else ())))

    def _identities(self) -> tuple[Path, ...]:
        text = self._key.value.strip() if self._encrypted else ""
        return (_path(text),) if text else ()

    def _complain_without_key(self) -> bool:
        missing = self._encrypted and not self._identities()
        self._key.complain("The copy is encrypted: name a private key's file." if missing else "")
        return missing


@dataclass(frozen=True)
class ToCheck:
    """How far a copy is checked, with which keys."""

    level: CopyLevel
    identities: tuple[Path, ...]


class CheckDialog(_KeyDialog):
    """How far a copy is proven. Answers a ToCheck, or None."""

    def __init__(self, copy: Copy, archive: Archive) -> None:
        self._level = Cycle("Prove", (_O1, _O2, _O3, _O4), "2", name="level")
        super().__init__(f"Verify {copy.path}", "Verify", archive, (self._level,))

    def action_take(self) -> None:
        level = CopyLevel(int(self._level.value))
        if level >= CopyLevel.O3 and self._complain_without_key():
            return
        self.dismiss(ToCheck(level, self._identities()))


@dataclass(frozen=True)
class ToFetch:
    """What of a copy comes back, with which keys."""

    tables: tuple[TableName, ...]
    identities: tuple[Path, ...]


class FetchDialog(_KeyDialog):
    """What comes back. Answers a ToFetch, or None."""

    def __init__(self, copy: Copy, archive: Archive) -> None:
        self._tables = ExplainedField(
            "Only tables",
            name="tables",
            about="As orders,archive.old. Empty: all. Only the parts that hold them are read, and"
            " a partial backup comes back.",
        )
        super().__init__(f"Fetch {copy.path}", "Show the plan", archive, (self._tables,))

    def action_take(self) -> None:
        try:
            tables = parse_table_names(self._tables.value.strip())
        except ValueError as error:
            self._tables.complain(str(error))
            return
        self._tables.complain("")
        if not self._complain_without_key():
            self.dismiss(ToFetch(tables, self._identities()))


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()

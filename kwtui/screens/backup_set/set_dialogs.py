"""What is asked before a set is noted about or drilled."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.labels import label_problem
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import DrillRequest, RestoreStrategy
from kwtui.screens.frame.dialect_options import dialect_options
from kwtui.screens.frame.dialogs import Dialog
from kwtui.screens.frame.form_dialog import FormDialog
from kwtui.screens.frame.source_fields import SourceFields
from kwtui.widgets.field import Field, Words, push_button
from kwtui.widgets.form import Cycle, Option


@dataclass(frozen=True)
class Notes:
    """What a person says about a set."""

    label: str
    remark: str


class NotesDialog(Dialog):
    """Label and note of a set. Answers Notes, or None."""

    def __init__(self, entry: BackupEntry) -> None:
        super().__init__()
        self._path = entry.path
        self._label = Field("Label", entry.label, name="label")
        self._remark = Field("Note", entry.remark, name="remark")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Words(f"About {self._path}", classes="dialog--title")
            yield Words(
                "Lists show the label; the note is for later readers. "
                "Both are stored beside the backup, which itself is not changed.",
                classes="dialog--words",
            )
            yield self._label
            yield self._remark
            with Horizontal(classes="dialog--buttons"):
                yield push_button("Save (Enter)", id="save", primary=True)
                yield push_button("Cancel (Esc)", id="cancel")

    def on_mount(self) -> None:
        self._label.input.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._answer()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        label = self._label.value.strip()
        self._label.complain(label_problem(label))
        if not label_problem(label):
            self.dismiss(Notes(label, self._remark.value.strip()))


_LEVELS = (
    Option("4", "P4: the data too",
           "Everything is restored into a scratch database, counted, compared by checksum and"
           " dropped. Takes about as long as a restore."),
    Option("3", "P3: definitions only",
           "Tables, views, sequences and grants are made in a scratch database, compared and"
           " dropped. Takes seconds; says nothing about the rows."),
)  # fmt: skip
_ON_SERVER = Option(
    "server", "the connected server",
    "In a scratch database kwtui_drill_…, which is dropped afterwards. It takes the space and the"
    " work of a restore. This is the server's own proof.",
)  # fmt: skip
_ON_SANDBOX = Option(
    "sandbox", "a private sandbox",
    "In a stand-in for a node, on this machine, removed afterwards: no server is touched. It shows"
    " that the backup is whole and can be read, not how a real node would do.",
)  # fmt: skip
_STRATEGIES = (
    Option("exact", "exact",
           "What Restore does by default: every table from its meta.sql, then its rows, then what"
           " EXPORT leaves out."),
    Option("native", "native",
           "KWDB's own IMPORT DATABASE alone. It shows what is left without kwtui, which is less;"
           " so it never proves more than P2.", warning=True),
)  # fmt: skip


class DrillDialog(FormDialog):
    """How a restore is rehearsed. Answers a DrillRequest, or None."""

    def __init__(self, entry: BackupEntry, details: SetDetails, *, on_server: bool) -> None:
        """``details`` of it; ``on_server`` says whether there is one."""
        self._path = entry.path
        guess = details.dialect if entry.kind is EntryKind.TREE else None
        self._level = Cycle("Prove", _LEVELS, "4", name="level")
        places = (_ON_SERVER, _ON_SANDBOX) if on_server else (_ON_SANDBOX,)
        self._place = Cycle("Restore it on", places, places[0].value, name="place")
        self._strategy = Cycle("Way", _STRATEGIES, "exact", name="strategy")
        self._candidates = guess.candidates if guess is not None else ()
        rows: list[Cycle | Field] = [self._level, self._place, self._strategy]
        self._written: Cycle | None = None
        if guess is not None and guess.candidates:
            self._written = Cycle("Written with", dialect_options(guess), "0", name="dialect")
            rows.append(self._written)
        self._said = SourceFields()
        self._said.show(details)
        super().__init__(f"Drill {self._path}", "Show the plan", [*rows, *self._said.rows])

    def action_take(self) -> None:
        if self._said.complain():
            return
        self.dismiss(
            DrillRequest(
                source=self._path,
                level=ProofLevel(int(self._level.value)),
                on_sandbox=self._place.value == "sandbox",
                strategy=RestoreStrategy(self._strategy.value),
                dialect=self._candidates[int(self._written.value)] if self._written else None,
                accept=self._said.accepted,
                leave_out=self._said.left_out,
                empty=self._said.empty(),
            )
        )

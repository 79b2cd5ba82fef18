"""The rule of a database, to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input

from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy
from kwtui.screens.frame.dialogs import Dialog
from kwtui.screens.storage.retention_rows import PERIODS
from kwtui.widgets.field import Words, push_button
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option

_ABOUT = {
    "keep_last": "So many of the newest backups stay, whenever they were made.",
    "keep_daily": "The newest backup of each day stays, for so many days that have one.",
    "keep_weekly": "The newest of each ISO week, Monday to Sunday, UTC.",
    "keep_monthly": "The newest of each month.",
    "keep_yearly": "The newest of each year.",
}
_LEVELS = (
    Option("1", "P1: files whole", "Backups whose files have the size and SHA-256 of the manifest"
           " count, though their records were not read."),
    Option("2", "P2: records read", "Backups whose every record was parsed and counted. What kwtui"
           " makes reaches this by itself."),
    Option("3", "P3: schema drilled", "Only backups count whose schema was restored in a drill."),
    Option("4", "P4: data drilled", "Only backups count whose data was restored in a drill and"
           " compared."),
)  # fmt: skip

COPY_LEVELS = (
    Option("1", "O1: sizes", "Copies count whose parts were all there, with their sizes."),
    Option("2", "O2: read back", "Copies count of which every byte was read back."),
    Option("3", "O3: decrypted", "Only copies count that were unpacked and are as the manifest."),
    Option("4", "O4: drilled", "Only copies count that were restored from there in a drill."),
)
"""The levels of off-site copies, under the numbers by which rules count them."""


class PolicyDialog(Dialog):
    """Answers a RetentionPolicy, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", show=False)]

    def __init__(
        self,
        whose: str,
        policy: RetentionPolicy | None,
        levels: Sequence[Option] = _LEVELS,
    ) -> None:
        """``levels`` are those that may count: of backups, unless others are given."""
        super().__init__()
        known = policy or RetentionPolicy()
        self._whose = whose
        self._fields = {
            name: ExplainedField(
                f"Keep {word}",
                str(getattr(known, name) or ""),
                name=word,
                placeholder="0",
                about=_ABOUT[name],
            )
            for name, word in PERIODS
        }
        self._level = Cycle(
            "What counts",
            levels,
            str(int(known.min_proof)),
            name="level",
            about="A backup below this level takes no place, and goes when a newer one is proven.",
        )
        self._form = Form([*self._fields.values(), self._level])

    def compose(self) -> ComposeResult:
        yield Vertical(
            Words(f"What stays of {self._whose}", classes="dialog--title"),
            self._form,
            Horizontal(
                push_button("Preview (Enter)", id="take", primary=True),
                push_button("Cancel (Esc)", id="cancel"),
                classes="dialog--buttons",
            ),
            classes="dialog -policy",
        )

    def on_mount(self) -> None:
        self._form.focus_first()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.action_take()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.dismiss(None)

    def action_take(self) -> None:
        """Answer, if every count is one and there is one at all."""
        wrong = False
        for field in self._fields.values():
            text = field.value.strip()
            bad = bool(text) and not (text.isascii() and text.isdigit())
            field.complain("Write a number; 0 or nothing for none." if bad else "")
            wrong = wrong or bad
        if wrong:
            return
        counts = {name: int(field.value.strip() or 0) for name, field in self._fields.items()}
        policy = RetentionPolicy(**counts, min_proof=ProofLevel(int(self._level.value)))
        if policy.keeps_nothing:
            first = self._fields["keep_last"]
            first.complain("At least one count is needed; z forgets a rule.")
            return
        self.dismiss(policy)

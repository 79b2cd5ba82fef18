"""What an action is: its name, its keys, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.keys.writing import written_key


@dataclass(frozen=True, slots=True)
class Action:
    """``id`` is ``scope.verb``; the screen of that scope has a method ``do_verb``."""

    id: str
    keys: str
    """Textual's names of the keys, separated by commas; empty: only by palette and button."""
    title: str
    """One or two words for the footer."""
    help: str
    shown: str = ""
    """How the keys are written; taken from ``keys`` when empty."""
    footer: bool = True

    @property
    def scope(self) -> str:
        return self.id.partition(".")[0]

    @property
    def verb(self) -> str:
        return self.id.partition(".")[2].replace("-", "_")

    @property
    def asks(self) -> bool:
        """Whether it opens the prompt line, which takes every key from then on."""
        return self.id in _ASKING

    @property
    def key_text(self) -> str:
        return self.shown or " ".join(written_key(key) for key in self.keys.split(",") if key)


_ASKING = frozenset(
    ("board.filter", "timeline.report", "storage.filter", "storage.seal", "set.find", "set.go-to",
     "set.report", "logs.find", "logs.filter", "logs.time", "logs.highlight", "logs.save",
     "runs.filter", "jobs.filter", "server.filter", "policies.filter", "sql.save", "wizard.filter",
     "manual.find", "connection.filter", "offsite.filter", "approvals.filter", "doctor.filter")
)  # fmt: skip

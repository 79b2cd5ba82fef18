"""What is demanded of databases: the fields for it, and groups that need other answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Protocol

from textual.widget import Widget

from kwtui.advice.facts import Answers, Demand, Importance
from kwtui.advice.timing import window_problem
from kwtui.advice.words import span_words
from kwtui.keys.spelling import spelled
from kwtui.model.filter_words import rows_with
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.form_dialog import FormDialog
from kwtui.screens.wizard.wizard import Step
from kwtui.text import plural, time_span
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.field import Field
from kwtui.widgets.form import Cycle, ExplainedField, Option
from kwtui.widgets.virtual_list import Column

_IMPORTANCES = (
    Option(Importance.NORMAL.value, "normal", "A drill every 7 days."),
    Option(Importance.CRITICAL.value, "critical", "A drill a day; the WAL of time series synced."),
    Option(Importance.LOW.value, "low", "A drill every 30 days; thinned out first."),
)
_DEMANDS = (
    Option("", "nothing"),
    Option(Demand.EVERY_DAY.value, "a backup of each day", "As long as backups are kept."),
    Option(Demand.OFF_SITE.value, "a copy elsewhere", "It needs an off-site target."),
    Option(Demand.NO_LONGER.value, "nothing kept longer", "Than backups must be kept."),
)
NOWHERE = Option("", "nowhere", "A lost disk takes the backups, too.")


class DemandFields:
    """The fields of `Answers`; without what was said yet, its defaults."""

    def __init__(self, said: Answers | None = None, targets: Sequence[Option] = ()) -> None:
        said = said or Answers()
        demand = said.demands[0].value if said.demands else ""
        self.rpo = ExplainedField(
            "May be lost",
            span_words(said.rpo),
            name="rpo",
            about="RPO, as 26h, 90min or 7d. A backup a day needs more than 24h.",
        )
        self.rto = ExplainedField(
            "Restore within",
            span_words(said.rto) if said.rto else "",
            name="rto",
            about="RTO, as 2h; empty: nothing is demanded.",
        )
        self.keep = ExplainedField(
            "Kept for", span_words(said.keep), name="keep", about="As 30d or 12w."
        )
        self.window = ExplainedField(
            "Backups begin",
            said.window,
            name="window",
            about="As 22:00-06:00, UTC; empty: at any time.",
        )
        self.importance = Cycle("Importance", _IMPORTANCES, said.importance, name="importance")
        self.copies = Cycle("Copies go", (NOWHERE, *targets), said.copies, name="copies")
        self.demand = Cycle("Law or customer", _DEMANDS, demand, name="demand")
        self.rows: tuple[Cycle | Field, ...] = (
            self.importance,
            self.rpo,
            self.rto,
            self.keep,
            self.window,
            self.copies,
            self.demand,
        )

    def problem(self) -> str:
        """What cannot be used of what was typed, in words; empty when all can."""
        for field in (self.rpo, self.keep, self.rto):
            optional = field is self.rto and not field.value.strip()
            if not optional and time_span(field.value) is None:
                return f"{field.label}: write 26h, 90min or 7d."
        if window_problem(self.window.value.strip()):
            return "Backups begin: write 22:00-06:00."
        return ""

    def answers(self) -> Answers:
        usual, demand = Answers(), self.demand.value
        return Answers(
            rpo=_span(self.rpo) or usual.rpo,
            rto=_span(self.rto),
            keep=_span(self.keep) or usual.keep,
            importance=Importance(self.importance.value),
            window=self.window.value.strip(),
            copies=self.copies.value,
            demands=(Demand(demand),) if demand else (),
        )


def _span(field: Field) -> timedelta | None:
    return time_span(field.value)


class GroupDialog(FormDialog):
    """What is demanded of these databases. Answers it, or None."""

    def __init__(self, names: Sequence[str], said: Answers, targets: Sequence[Option]) -> None:
        self._fields = DemandFields(said, targets)
        told = names[0] if len(names) == 1 else plural(len(names), "database")
        super().__init__(f"What must backups of {told} keep?", "Take", self._fields.rows)

    def action_take(self) -> None:
        problem = self._fields.problem()
        if problem:
            self.say_problem(problem)
            return
        self.dismiss(self._fields.answers())


class Usual(Protocol):
    """The page before: which databases, and what is demanded of all of them."""

    @property
    def databases(self) -> tuple[str, ...]: ...

    @property
    def targets(self) -> Sequence[Option]: ...

    def answers(self) -> Answers: ...


class GroupStep(Step):
    """Databases that need other answers than the rest: equal answers become one policy."""

    title: ClassVar[str] = "Groups"
    verbs: ClassVar[tuple[str, ...]] = ("toggle", "differ", "filter")
    words: ClassVar[Mapping[str, tuple[str, str]]] = {
        "toggle": ("Choose", "Choose the database for the same answers, or not."),
    }
    next_label: ClassVar[str] = "Measure"

    def __init__(self, usual: Usual) -> None:
        super().__init__()
        self._usual = usual
        self._names: list[str] = []
        self._own: dict[str, Answers] = {}
        self._list: CheckList[str] = CheckList(
            (
                Column("Database", 16, grow=True),
                Column("Importance", 10),
                Column("May be lost", 11, "right"),
                Column("Restore in", 10, "right"),
                Column("Kept for", 8, "right"),
                Column("Copies go", 10, drop=1),
            ),
            self._cells,
            key=str,
            empty="Reading…",
        )

    def compose(self) -> Iterable[Widget]:
        yield self._list

    def focus_first(self) -> None:
        self._list.focus()

    @property
    def is_needed(self) -> bool:
        """One database alone is no group beside others."""
        return len(self._usual.databases) != 1

    async def enter(self) -> None:
        self._names = await self.controller.advice.names(self._usual.databases)
        self._show()

    def question_now(self) -> str:
        return spelled(
            "Which need other answers? {wizard.toggle} chooses, {wizard.differ} changes."
        )

    def reason_against_next(self) -> str:
        return "" if self._names else "The databases are being read."

    def has_answers(self) -> bool:
        return bool(self._own)

    def answers(self, names: Iterable[str]) -> dict[str, Answers]:
        """What is demanded of each."""
        usual = self._usual.answers()
        own = self._own if self.is_needed else {}
        return {name: own.get(name, usual) for name in names}

    def others(self) -> dict[str, Answers]:
        """Only of those that need other answers, as the rest of them stand now."""
        usual = self._usual.answers()
        every = self.answers(self._names)
        return {name: said for name, said in every.items() if said != usual}

    def _cells(self, name: str) -> list[tuple[str, str]]:
        said = self._own.get(name, self._usual.answers())
        role = "strong" if name in self._own else ""
        return [
            (name, "strong"),
            (said.importance.value, role),
            (span_words(said.rpo), role),
            (span_words(said.rto) if said.rto else "–", role),
            (span_words(said.keep), role),
            (said.copies or NOWHERE.label, role),
        ]

    def filter_by(self, text: str) -> None:
        self.filter_text = text
        self._show()

    def _show(self) -> None:
        text = self.filter_text
        found = rows_with(self._names, text, lambda name: {"database": name})
        self._list.empty = nothing_found(text) if text.strip() else "There is no database."
        self._list.set_rows(found)
        self.wizard.answers_changed()

    def do_toggle(self) -> None:
        self._list.toggle()

    def do_differ(self) -> None:
        current = self._list.current
        names = self._list.checked_rows() or ([current] if current else [])
        if not names:
            return
        said = self._own.get(names[0], self._usual.answers())
        dialog = GroupDialog(names, said, self._usual.targets)
        self.app.push_screen(dialog, self._taking(names))

    def _taking(self, names: Sequence[str]) -> Callable[[object], None]:
        def take(said: object) -> None:
            if not isinstance(said, Answers):
                return
            self._own |= dict.fromkeys(names, said)
            if said == self._usual.answers():
                self._own = {name: own for name, own in self._own.items() if name not in names}
            self._list.check_none()
            self._show()

        return take

"""From demands to a strategy with its arithmetic, and to the policy that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import ClassVar

from textual.widget import Widget

from kwtui.advice.facts import Answers, Demand, Importance
from kwtui.advice.recommendation import Recommendation, Strategy
from kwtui.advice.timing import window_problem
from kwtui.advice.words import advice_lines, span_words
from kwtui.errors import KwtuiError
from kwtui.keys.interface_words import in_interface
from kwtui.screens.policies.steps import FileStep, reason_against_name
from kwtui.screens.policies.wizard import NewPolicyWizard
from kwtui.screens.wizard.wizard import Step
from kwtui.text import time_span
from kwtui.widgets.document import Document
from kwtui.widgets.field import Field
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option
from kwtui.widgets.paint import Line, heading, line

_USUAL = Answers()
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
_NO_PROBE, _PROBE = "no", "yes"
_PROBES = (
    Option(_NO_PROBE, "not now", "From past backups, drills and restores, where there are any."),
    Option(_PROBE, "by a probe", "Where none tells: 40,000 rows in a scratch that is removed."),
)
_NOWHERE = Option("", "nowhere", "A lost disk takes the backups, too.")


class DemandStep(Step):
    """What nobody can measure."""

    title: ClassVar[str] = "Demands"
    question: ClassVar[str] = "What must your backups keep? ← → changes a choice."
    next_label: ClassVar[str] = "Measure"

    def __init__(self, databases: Sequence[str], taken: Sequence[str]) -> None:
        super().__init__()
        self._before = ", ".join(databases)
        self._taken = frozenset(taken)
        self._databases = ExplainedField(
            "Databases", self._before, name="databases", about="Names with commas; empty: all."
        )
        self._importance = Cycle("Importance", _IMPORTANCES, "normal", name="importance")
        self._rpo = ExplainedField(
            "May be lost",
            span_words(_USUAL.rpo),
            name="rpo",
            about="RPO, as 26h, 90min or 7d. A backup a day needs more than 24h.",
        )
        self._rto = ExplainedField(
            "Restore within", "", name="rto", about="RTO, as 2h; empty: nothing is demanded."
        )
        self._keep = ExplainedField(
            "Kept for", span_words(_USUAL.keep), name="keep", about="As 30d or 12w."
        )
        self._window = ExplainedField(
            "Backups begin", "", name="window", about="As 22:00-06:00, UTC; empty: at any time."
        )
        self._copies = Cycle("Copies go", (_NOWHERE,), "", name="copies")
        self._demand = Cycle("Law or customer", _DEMANDS, "", name="demand")
        self._probe = Cycle("Measure speed", _PROBES, _NO_PROBE, name="probe")
        self._called = ExplainedField(
            "Policy",
            "" if "guided" in taken else "guided",
            name="policy",
            about="The policy that comes of it is called so. Nothing is written before the end.",
        )
        self._form = Form(
            [
                self._databases,
                self._importance,
                self._rpo,
                self._rto,
                self._keep,
                self._window,
                self._copies,
                self._demand,
                self._probe,
                self._called,
            ]
        )

    def compose(self) -> Iterable[Widget]:
        yield self._form

    def focus_first(self) -> None:
        self._form.focus_first()

    async def enter(self) -> None:
        saved = [target.name or target.url for target in self.controller.offsite.targets()]
        self._copies.set_options((_NOWHERE, *(Option(t, t) for t in saved)), keep=True)

    def on_input_changed(self) -> None:
        self.wizard.answers_changed()

    def on_cycle_changed(self) -> None:
        self.wizard.answers_changed()

    def has_answers(self) -> bool:
        return self._databases.value != self._before or bool(self._rto.value)

    @property
    def databases(self) -> tuple[str, ...]:
        names = (name.strip() for name in self._databases.value.split(","))
        return tuple(name for name in names if name)

    @property
    def probe(self) -> bool:
        return self._probe.value == _PROBE

    @property
    def policy_name(self) -> str:
        return self._called.value.strip()

    def reason_against_next(self) -> str:
        for field in (self._rpo, self._keep, self._rto):
            optional = field is self._rto and not field.value.strip()
            if not optional and time_span(field.value) is None:
                return f"{field.label}: write 26h, 90min or 7d."
        if window_problem(self._window.value.strip()):
            return "Backups begin: write 22:00-06:00."
        return reason_against_name(self.policy_name, self._taken, "policy")

    def answers(self) -> Answers:
        demand = self._demand.value
        return Answers(
            rpo=_span(self._rpo) or _USUAL.rpo,
            rto=_span(self._rto),
            keep=_span(self._keep) or _USUAL.keep,
            importance=Importance(self._importance.value),
            window=self._window.value.strip(),
            copies=self._copies.value,
            demands=(Demand(demand),) if demand else (),
        )


def _span(field: Field) -> timedelta | None:
    return time_span(field.value)


class AdviceStep(Step):
    """The strategy, with where each figure comes from. Measured anew each time."""

    title: ClassVar[str] = "Advice"
    question: ClassVar[str] = "What is recommended, and why. Nothing has been written yet."

    def __init__(self, demands: DemandStep) -> None:
        super().__init__()
        self._demands = demands
        self._document = Document()
        self.advice: Recommendation | None = None

    def compose(self) -> Iterable[Widget]:
        yield self._document

    def focus_first(self) -> None:
        self._document.focus()

    @property
    def strategy(self) -> Strategy | None:
        return self.advice.strategies[0] if self.advice is not None else None

    async def enter(self) -> None:
        self.advice = None
        self._document.set_lines([line(("Measuring…", "muted"))], keep_scroll=False)
        try:
            measured = await self.controller.advice.measured(
                self._demands.databases, probe=self._demands.probe, told=self._told
            )
        except KwtuiError as error:
            self._document.set_lines([line((text, "error")) for text in error.lines()])
            raise
        names = [database.name for database in measured.databases]
        answers = dict.fromkeys(names, self._demands.answers())
        self.advice = self.controller.advice.recommend(answers, measured)
        self._document.set_lines(advice_page(self.advice), keep_scroll=False)

    def _told(self, words: str) -> None:
        self._document.set_lines([line((f"{words}…", "muted"))], keep_scroll=False)

    def reason_against_next(self) -> str:
        if self.strategy is None:
            return "Nothing is measured yet."
        return "" if self.strategy.retention else "No retention can be recommended: see Disk."


def advice_page(advice: Recommendation) -> list[Line]:
    """Contradictions first: who demands what cannot be kept must not scroll to learn it."""
    told: list[Line] = []
    if advice.contradictions:
        told = [line((f"! {words}", "warning"), indent=2) for words in advice.contradictions]
        told.append(line(""))
    for text in map(in_interface, advice_lines(advice)):
        indent = len(text) - len(text.lstrip())
        if not indent:
            told.append(heading(text))
        else:
            told.append(line((text, "muted" if indent > 2 else ""), indent=min(indent, 17)))
    return told


class GuideWizard(NewPolicyWizard):
    title_text: ClassVar[str] = "0 Guide"
    about: ClassVar[str] = (
        "Finds a backup strategy: asks what must be kept, measures sizes, growth, speeds and the"
        " disk, and recommends schedule, retention, drills, copies and WAL level with their"
        " arithmetic. The last page writes it as a policy; nothing is written before."
    )
    afterwards: ClassVar[str] = "{app.open-policies} shows it."

    def __init__(self, databases: Sequence[str], written: Callable[[str], None]) -> None:
        """``databases`` are offered; ``written`` is told the name of the new policy."""
        super().__init__(written)
        self._databases = databases

    def make_steps(self) -> Sequence[Step]:
        self.demands = DemandStep(self._databases, self.controller.policies.names())
        self.advice = AdviceStep(self.demands)
        return (self.demands, self.advice, FileStep(self._text, self._write))

    def _text(self) -> str:
        strategy, target = self.advice.strategy, self.kwtui.target
        profile = (target.profile if target is not None else "") or ""
        if strategy is None:
            return ""
        return self.controller.advice.policy_text(self.policy_name, strategy, profile)

    @property
    def policy_name(self) -> str:
        return self.demands.policy_name

"""From demands to a strategy with its arithmetic, and to the policy that keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual.widget import Widget

from kwtui.advice.facts import Answers
from kwtui.advice.recommendation import Recommendation
from kwtui.advice.words import advice_lines, advise_words
from kwtui.errors import KwtuiError
from kwtui.keys.interface_words import in_interface
from kwtui.screens.policies.groups import NOWHERE, DemandFields, GroupStep
from kwtui.screens.policies.steps import FileStep, reason_against_name
from kwtui.screens.policies.wizard import NewPolicyWizard
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.document import Document
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option
from kwtui.widgets.markdown_page import MarkdownPage
from kwtui.widgets.paint import BLANK, Line, heading, line

_NO_PROBE, _PROBE = "no", "yes"
_PROBES = (
    Option(_NO_PROBE, "not now", "From past backups, drills and restores, where there are any."),
    Option(_PROBE, "by a probe", "Where none tells: 40,000 rows in a scratch that is removed."),
)


class DemandStep(Step):
    """What nobody can measure."""

    title: ClassVar[str] = "Demands"
    question: ClassVar[str] = "What must your backups keep? ← → changes a choice."

    def __init__(self, databases: Sequence[str], taken: Sequence[str]) -> None:
        super().__init__()
        self.targets: tuple[Option, ...] = ()
        self._before = ", ".join(databases)
        self._taken = frozenset(taken)
        self._databases = ExplainedField(
            "Databases", self._before, name="databases", about="Names with commas; empty: all."
        )
        self._fields = DemandFields()
        self._probe = Cycle("Measure speed", _PROBES, _NO_PROBE, name="probe")
        self._called = ExplainedField(
            "Policy",
            "" if "guided" in taken else "guided",
            name="policy",
            about="The policy that comes of it is called so. Nothing is written before the end.",
        )
        self._form = Form([self._databases, *self._fields.rows, self._probe, self._called])

    def compose(self) -> Iterable[Widget]:
        yield self._form

    def focus_first(self) -> None:
        self._form.focus_first()

    async def enter(self) -> None:
        saved = [target.name or target.url for target in self.controller.offsite.targets()]
        self.targets = tuple(Option(target, target) for target in saved)
        self._fields.copies.set_options((NOWHERE, *self.targets), keep=True)

    def on_input_changed(self) -> None:
        self.wizard.answers_changed()

    def on_cycle_changed(self) -> None:
        self.wizard.answers_changed()

    def has_answers(self) -> bool:
        return self._databases.value != self._before or bool(self._fields.rto.value)

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
        problem = self._fields.problem()
        if problem:
            return problem
        return reason_against_name(self.policy_name, self._taken, "policy")

    def answers(self) -> Answers:
        return self._fields.answers()


class AdviceStep(Step):
    """The strategy, with where each figure comes from. Measured anew each time."""

    title: ClassVar[str] = "Advice"
    question: ClassVar[str] = "What is recommended, and why. Nothing has been written yet."
    verbs: ClassVar[tuple[str, ...]] = ("copy",)

    def __init__(self, demands: DemandStep, groups: GroupStep) -> None:
        super().__init__()
        self._demands = demands
        self._groups = groups
        self._document = Document()
        self._command = ""
        self.advice: Recommendation | None = None

    def compose(self) -> Iterable[Widget]:
        yield self._document

    def focus_first(self) -> None:
        self._document.focus()

    @property
    def databases(self) -> tuple[str, ...]:
        """Those that were advised on."""
        strategies = self.advice.strategies if self.advice is not None else ()
        return tuple(name for strategy in strategies for name in strategy.databases)

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
        answers = self._groups.answers(database.name for database in measured.databases)
        self.advice = self.controller.advice.recommend(answers, measured)
        self._command = self.controller.commands.line(
            *advise_words(
                self._demands.databases,
                self._demands.answers(),
                self._groups.others(),
                probe=self._demands.probe,
            )
        )
        self._document.set_lines(advice_page(self.advice, self._command), keep_scroll=False)

    def _told(self, words: str) -> None:
        self._document.set_lines([line((f"{words}…", "muted"))], keep_scroll=False)

    def reason_against_next(self) -> str:
        if self.advice is None:
            return "Nothing is measured yet."
        lacking = next((each for each in self.advice.strategies if not each.retention), None)
        if lacking is None:
            return ""
        return f"No retention for {lacking.databases[0]}: see Disk."

    def reason_against(self, verb: str) -> str:
        return "" if self._command else "Nothing is measured yet."

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self._command)


def advice_page(advice: Recommendation, command: str) -> list[Line]:
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
    return [*told, BLANK, heading("Command"), line((command, ""), indent=2)]


class RecoveryStep(Step):
    """What to do on the bad day, for the databases that were advised on."""

    title: ClassVar[str] = "Recovery plan"
    question: ClassVar[str] = "What to do once something is lost. It is kept beside the backups."

    def __init__(self, advice: AdviceStep) -> None:
        super().__init__()
        self._advice = advice
        self._page = MarkdownPage()

    def compose(self) -> Iterable[Widget]:
        yield self._page

    def focus_first(self) -> None:
        self._page.focus()

    async def enter(self) -> None:
        await self._page.show("Gathering what is known…")
        try:
            text = await self.controller.recovery.plan(self._advice.databases, "en")
        except KwtuiError as error:
            # The policy can do without: who sees no files of the node still gets one.
            text = "\n\n".join(in_interface(each) for each in error.lines())
        await self._page.show(text)


class GuideWizard(NewPolicyWizard):
    title_text: ClassVar[str] = "0 Guide"
    about: ClassVar[str] = (
        "Finds a backup strategy: asks what must be kept, of all databases and of groups of them,"
        " measures sizes, growth, speeds and the disk, and recommends schedule, retention, drills,"
        " copies and WAL level with their arithmetic. Then it shows the recovery plan. The last"
        " page writes a policy for each group, and the recovery plan beside the newest backups;"
        " nothing is written before."
    )
    afterwards: ClassVar[str] = "{app.open-policies} shows it."

    def __init__(self, databases: Sequence[str], written: Callable[[str], None]) -> None:
        """``databases`` are offered; ``written`` is told the name of the new policy."""
        super().__init__(written)
        self._databases = databases

    def make_steps(self) -> Sequence[Step]:
        self.demands = DemandStep(self._databases, self.controller.policies.names())
        self.groups = GroupStep(self.demands)
        self.advice = AdviceStep(self.demands, self.groups)
        return (
            self.demands,
            self.groups,
            self.advice,
            RecoveryStep(self.advice),
            FileStep(self._texts, self._write),
        )

    def _texts(self) -> Mapping[str, str]:
        advice, target = self.advice.advice, self.kwtui.target
        profile = (target.profile if target is not None else "") or ""
        if advice is None:
            return {}
        return self.controller.advice.policies(self.policy_name, advice, profile)

    def _write(self, texts: Mapping[str, str]) -> None:
        self.run_task(partial(self._write_all, texts), "write")

    async def _write_all(self, texts: Mapping[str, str]) -> None:
        self.add(texts)
        problems = []
        for name in self.advice.databases:
            try:
                await self.controller.recovery.keep([name])
            except KwtuiError as error:
                problems.append(error.title)
        self.leave(texts)
        if problems:
            self.say("\n".join(("Without a recovery plan yet:", *problems)), warning=True)

    @property
    def policy_name(self) -> str:
        return self.demands.policy_name

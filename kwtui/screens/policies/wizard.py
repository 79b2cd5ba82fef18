"""A new policy, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from kwtui.config.policy_file import PolicyDraft
from kwtui.errors import KwtuiError
from kwtui.keys.spelling import spelled
from kwtui.screens.policies.steps import FileStep, FormStep, ProofStep, TellStep, WhatStep, WhenStep
from kwtui.screens.wizard.wizard import Step, WizardScreen


class NewPolicyWizard(WizardScreen):
    """Pages over another screen, of which the last one writes the file of a new policy."""

    scope: ClassVar[str] = "wizard"
    afterwards: ClassVar[str]
    """What one can do once it is written; names actions."""

    def __init__(self, written: Callable[[str], None]) -> None:
        """``written`` is told the name of the new policy."""
        super().__init__()
        self._written = written

    @property
    def policy_name(self) -> str:
        raise NotImplementedError

    def on_mount(self) -> None:
        self.opened()

    def _write(self, texts: Mapping[str, str]) -> None:
        try:
            self.add(texts)
        except KwtuiError as error:
            self.kwtui.show_problem(error)
            return
        self.leave(texts)

    def add(self, texts: Mapping[str, str]) -> None:
        """Write the files. Raises what `Policies.add` raises."""
        for name, text in texts.items():
            self.controller.policies.add(name, text)

    def leave(self, texts: Mapping[str, str]) -> None:
        """Close the pages and say what was written."""
        self.app.pop_screen()
        self._written(next(iter(texts)))
        written = "is written" if len(texts) == 1 else "are written"
        self.say(f"{', '.join(texts)} {written}. {spelled(self.afterwards)}")


class PolicyWizard(NewPolicyWizard):
    title_text: ClassVar[str] = "9 New policy"
    about: ClassVar[str] = (
        "A policy in five pages; every answer may stay as it is. Nothing is written before the last"
        " page, which shows the file; one step back keeps every answer."
    )
    afterwards: ClassVar[str] = "{policies.run} runs it now."

    def make_steps(self) -> Sequence[Step]:
        self.what = WhatStep(self.controller.policies.names())
        self._forms: tuple[FormStep, ...] = (self.what, WhenStep(), ProofStep(), TellStep())
        return (*self._forms, FileStep(self._texts, self._write))

    def _texts(self) -> Mapping[str, str]:
        draft = PolicyDraft()
        for form in self._forms:
            draft = form.answer(draft)
        return {self.policy_name: self.controller.policies.draft(self.policy_name, draft)}

    @property
    def policy_name(self) -> str:
        return self.what.policy_name

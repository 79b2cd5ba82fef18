"""The pages of the policy wizard."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.widget import Widget

from kwtui.config.policies import policy_path
from kwtui.config.policy_file import PolicyDraft
from kwtui.errors import KwtuiError
from kwtui.keys.spelling import spelled
from kwtui.model.database_patterns import exactly
from kwtui.model.policy import NewDatabases, Policy, PolicySchedule
from kwtui.model.server import DatabaseSummary
from kwtui.screens.policies.choices import (
    CHECK_OPTIONS,
    DRILL_ON_OPTIONS,
    ENGINE_OPTIONS,
    EVERY_OPTIONS,
    MISSED_OPTIONS,
    NEW_OPTIONS,
    NO_SERVER,
    PRESETS,
    TEMPLATE_OPTIONS,
    WHEN_OPTIONS,
)
from kwtui.screens.policies.rows import file_lines, moment
from kwtui.screens.wizard.wizard import Step
from kwtui.text import sentences
from kwtui.unattended.matching import choose
from kwtui.widgets.document import Document
from kwtui.widgets.field import Field
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option
from kwtui.widgets.paint import BLANK, Line, heading, paragraph


class FormStep(Step):
    """A page with a form, and some lines under it that tell what the answers mean."""

    def __init__(self, rows: Sequence[Cycle | Field]) -> None:
        super().__init__()
        self._form = Form(rows)
        self._told = Document(classes="note")
        self._told.can_focus = False

    def compose(self) -> Iterable[Widget]:
        yield self._form
        yield self._told

    def focus_first(self) -> None:
        self._form.focus_first()

    async def enter(self) -> None:
        self._told.set_lines(self.told())

    def on_input_changed(self) -> None:
        self._changed()

    def on_cycle_changed(self) -> None:
        self._changed()

    def _changed(self) -> None:
        self._told.set_lines(self.told())
        self.wizard.answers_changed()

    def told(self) -> Sequence[Line]:
        return ()

    def answer(self, draft: PolicyDraft) -> PolicyDraft:
        """The draft with the answers of this page."""
        raise NotImplementedError


class WhatStep(FormStep):
    title: ClassVar[str] = "What"
    question: ClassVar[str] = "Which databases, of which server? ← → changes a choice."

    def __init__(self, taken: Sequence[str]) -> None:
        self._taken = frozenset(taken)
        self._databases: Sequence[DatabaseSummary] | None = None
        self._called = ExplainedField(
            "Name",
            "" if "nightly" in taken else "nightly",
            name="name",
            about="The policy is called so, and its file.",
        )
        self._patterns = ExplainedField(
            "Databases",
            "*",
            name="databases",
            about="Names, or patterns as a shell's, with commas: shop, plant_*",
        )
        self._exclude = ExplainedField(
            "Except", "", name="exclude", about="Names or patterns that are left out: *_test"
        )
        self._new = Cycle("New databases", NEW_OPTIONS, "include", name="new")
        self._server = Cycle("Server", (NO_SERVER,), "", name="server")
        super().__init__([self._called, self._patterns, self._exclude, self._new, self._server])

    async def enter(self) -> None:
        saved = [profile.name for profile in self.controller.profiles.all()]
        options = tuple(Option(name, name, "A saved server.") for name in saved) or (NO_SERVER,)
        if options != self._server.options:
            self._server.set_options(options)
            target = self.kwtui.target
            if target is not None and target.profile in saved:
                self._server.value = str(target.profile)
        await super().enter()
        if self.controller.connection.status.is_connected:
            self._databases = await self.controller.server.databases_with_tables()
        await super().enter()

    @property
    def policy_name(self) -> str:
        return self._called.value.strip()

    def has_answers(self) -> bool:
        return self._patterns.value != "*" or bool(self._exclude.value)

    def reason_against_next(self) -> str:
        reason = reason_against_name(self.policy_name, self._taken, "name")
        return reason or ("" if _words(self._patterns) else "Which databases?")

    def told(self) -> Sequence[Line]:
        if self._databases is None:
            connected = self.controller.connection.status.is_connected
            words = "Reading…" if connected else "Connect to see here what it matches now."
            return paragraph(words, "muted")
        draft = self.answer(PolicyDraft())
        policy = Policy(self.policy_name, tuple(draft.databases), tuple(draft.exclude))
        chosen = choose(policy, self._databases, ())
        words = f"It matches now: {', '.join(chosen.databases) or 'nothing'}."
        return [
            *paragraph(words, "" if chosen.databases else "warning"),
            *(each for name in chosen.absent for each in _absent(name)),
        ]

    def _as_meant(self, typed: Sequence[str]) -> tuple[str, ...]:
        """A word that is the name of a database means that one, whatever signs are in it."""
        known = {database.name for database in self._databases or ()}
        return tuple(exactly(word) if word in known else word for word in typed)

    def answer(self, draft: PolicyDraft) -> PolicyDraft:
        return replace(
            draft,
            databases=self._as_meant(_words(self._patterns)),
            exclude=self._as_meant(_words(self._exclude)),
            new_databases=NewDatabases(self._new.value).value,
            profile=self._server.value,
        )


def reason_against_name(name: str, taken: Container[str], label: str) -> str:
    """Why a new policy cannot be called so; ``label`` is what its field is called."""
    if name in taken:
        return "There is a policy of this name."
    try:
        policy_path(name)
    except KwtuiError:
        return f"The {label}: letters, digits, dots, dashes."
    return ""


def _absent(name: str) -> list[Line]:
    return paragraph(f"There is no database {name}: the run would fail.", "warning")


class WhenStep(FormStep):
    title: ClassVar[str] = "When"
    question: ClassVar[str] = "When does it run, and who starts it?"

    def __init__(self) -> None:
        self._when = Cycle("When", WHEN_OPTIONS, "nightly", name="when")
        self._engine = Cycle("Started by", ENGINE_OPTIONS, "systemd", name="engine")
        self._own = ExplainedField(
            "Written",
            "*-*-* 01:15:00",
            name="own",
            about="For systemd as OnCalendar=, for cron five fields; counts with “as written”.",
        )
        self._missed = Cycle("A missed run", MISSED_OPTIONS, "run", name="missed")
        self._age = ExplainedField(
            "Oldest backup",
            "26h",
            name="max-age",
            about="A notice is sent once the newest proven backup is older than this.",
        )
        super().__init__([self._when, self._engine, self._own, self._missed, self._age])

    def on_cycle_changed(self) -> None:
        preset = PRESETS.get(self._when.value)
        if preset is not None and self._age.value in {p.max_age for p in PRESETS.values()}:
            self._age.value = preset.max_age

    def told(self) -> Sequence[Line]:
        draft = self.answer(PolicyDraft())
        zone = "local" if draft.cron else draft.time_zone
        schedule = PolicySchedule(draft.on_calendar, draft.cron, zone)
        policy = Policy("new", ("*",), profile="-", schedule=schedule)
        policies = self.controller.policies
        try:
            times = policies.next_times(policy, 3)
            unwise = [words for words in policies.warnings(policy) if "02:00" in words]
        except KwtuiError as error:
            return paragraph(sentences(*error.lines()), "warning")
        told = paragraph("It would run next: " + ", ".join(moment(time) for time in times))
        return [*told, *(each for words in unwise for each in paragraph(words, "warning"))]

    def answer(self, draft: PolicyDraft) -> PolicyDraft:
        cron = self._engine.value == "cron"
        preset = PRESETS.get(self._when.value)
        own = self._own.value.strip()
        calendar, fields = (preset.calendar, preset.cron) if preset else (own, own)
        return replace(
            draft,
            on_calendar="" if cron else calendar,
            cron=fields if cron else "",
            time_zone=preset.zone if preset else "UTC",
            missed=self._missed.value,
            max_age=self._age.value.strip(),
        )


class ProofStep(FormStep):
    title: ClassVar[str] = "Proof"
    question: ClassVar[str] = "How is it proven, and how long is it kept?"

    def __init__(self) -> None:
        self._check = Cycle("Content check", CHECK_OPTIONS, "", name="check")
        self._drill = Cycle("Drill", EVERY_OPTIONS, "7d", name="drill")
        self._drill_on = Cycle("Drill on", DRILL_ON_OPTIONS, "server", name="drill-on")
        self._verify = Cycle("Read again", EVERY_OPTIONS, "7d", name="verify")
        self._keep = {
            f"keep_{word}": ExplainedField(
                f"Keep {word}", count, name=f"keep-{word}", placeholder="0", about=about
            )
            for word, count, about in (
                ("last", "3", "So many of the newest backups stay."),
                ("daily", "7", "The newest of each day, for so many days."),
                ("weekly", "4", "The newest of each week."),
                ("monthly", "", "The newest of each month. Nothing anywhere: all stay."),
            )
        }
        super().__init__(
            [self._check, self._drill, self._drill_on, self._verify, *self._keep.values()]
        )

    def reason_against_next(self) -> str:
        for field in self._keep.values():
            text = field.value.strip()
            if text and not (text.isascii() and text.isdigit()):
                return f"{field.label}: a number."
        return ""

    def told(self) -> Sequence[Line]:
        if any(field.value.strip("0 ") for field in self._keep.values()):
            return ()
        return paragraph("All backups stay until the disk is full.", "warning")

    def answer(self, draft: PolicyDraft) -> PolicyDraft:
        return replace(
            draft,
            check=self._check.value,
            drill_every=self._drill.value,
            drill_on=self._drill_on.value,
            verify_every=self._verify.value,
            keep={name: int(field.value.strip() or 0) for name, field in self._keep.items()},
        )


class TellStep(FormStep):
    title: ClassVar[str] = "Notices"
    question: ClassVar[str] = "Who is notified of problems? Each may stay empty."

    def __init__(self) -> None:
        def field(label: str, name: str, about: str) -> ExplainedField:
            return ExplainedField(label, "", name=name, about=about)

        self._command = field(
            "Command", "command", "Gets the notice as JSON on its standard input; no shell."
        )
        self._webhook = field("Webhook", "webhook", "An https address; it stays in the file.")
        self._template = Cycle("Its form", TEMPLATE_OPTIONS, "generic", name="template")
        self._to = field("Mail to", "mail-to", "Addresses, with commas.")
        self._from = field("Mail from", "mail-from", "The sender's address.")
        self._smtp = field("Mail server", "smtp", "host:port; without one sendmail is used.")
        self._ping = field(
            "Ping", "ping", "Posted to when it begins, ends, fails: for when this host is gone."
        )
        super().__init__(
            [
                self._command,
                self._webhook,
                self._template,
                self._to,
                self._from,
                self._smtp,
                self._ping,
            ]
        )

    def told(self) -> Sequence[Line]:
        if self._command.value or self._webhook.value or self._to.value:
            return ()
        return paragraph("Nobody is notified when it fails.", "warning")

    def reason_against_next(self) -> str:
        try:
            shlex.split(self._command.value)
        except ValueError:
            return "Command: a quote is open."
        return ""

    def answer(self, draft: PolicyDraft) -> PolicyDraft:
        return replace(
            draft,
            command=tuple(shlex.split(self._command.value)),
            webhook=self._webhook.value.strip(),
            template=self._template.value,
            mail_to=_words(self._to),
            mail_from=self._from.value.strip(),
            smtp=self._smtp.value.strip(),
            ping=self._ping.value.strip(),
        )


class FileStep(Step):
    """What would be written, before it is."""

    title: ClassVar[str] = "File"
    verbs: ClassVar[tuple[str, ...]] = ("start",)
    words: ClassVar[Mapping[str, tuple[str, str]]] = {"start": ("Write", "Write the file.")}

    def __init__(
        self,
        make: Callable[[], Mapping[str, str]],
        write: Callable[[Mapping[str, str]], None],
    ) -> None:
        """Both are about files by the names of their policies."""
        super().__init__()
        self._make = make
        self._write = write
        self._texts: Mapping[str, str] = {}
        self._document = Document()

    def compose(self) -> Iterable[Widget]:
        yield self._document

    def question_now(self) -> str:
        told = "This is its file." if len(self._texts) < 2 else "A file for each group."
        return spelled(
            f"{told} {{wizard.start}} writes it; {{app.back}} goes back. All can be changed."
        )

    def focus_first(self) -> None:
        self._document.focus()

    async def enter(self) -> None:
        self._texts = {}
        self._texts = self._make()
        told: list[Line] = []
        for name, text in self._texts.items():
            if len(self._texts) > 1:
                told += [*([BLANK] if told else ()), heading(name)]
            warnings = self.controller.policies.warnings_of(text)
            unwise = [line for words in warnings for line in paragraph(words, "warning")]
            if unwise:
                told += [heading("Warnings"), *unwise, BLANK]
            told += file_lines(text)
        self._document.set_lines(told, keep_scroll=False)

    def reason_against_next(self) -> str:
        return "" if self._texts else "An answer cannot be used."

    def do_start(self) -> None:
        self._write(self._texts)


def _words(field: Field) -> tuple[str, ...]:
    return tuple(word.strip() for word in field.value.split(",") if word.strip())

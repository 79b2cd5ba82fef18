"""The server's own jobs: what the server says of them, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.screens.frame.base import READ_ONLY, nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import ConfirmDialog, MessageDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.runs.job_rows import COLUMNS, cells, job_lines, note_lines, summary_words
from kwtui.server.jobs.filter import JobFilter, chosen
from kwtui.server.jobs.listing import Job, JobListing
from kwtui.server.jobs.meaning import JobVerb, Outlook, consequences, read_as, reason_against
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

POLL_SECONDS = 5.0
"""Between two looks while something runs; nothing is asked while nothing does."""


class JobsScreen(FilteredScreen):
    scope: ClassVar[str] = "jobs"
    title_text: ClassVar[str] = "6 Jobs of the server"
    about: ClassVar[str] = (
        "What SHOW JOBS lists: what is not finished and what ended in the last seven days."
        " “Says done” is what the server reports, and no proof; an export"
        " whose node died stays running forever (shown as abandoned). KWDB lets only imports be"
        " cancelled, paused and resumed; to cancel an export, its query is cancelled."
        " {jobs.runs} goes back to the runs of kwtui."
    )
    CSS_PATH = style_path("server")
    BINDINGS: ClassVar[list[BindingType]] = bindings("jobs")

    def __init__(self) -> None:
        super().__init__()
        self._listing: JobListing | None = None
        self._everything = False
        self._summary = Words(classes="summary")
        self._list: VirtualList[Job] = VirtualList(
            COLUMNS, self._cells, key=lambda job: str(job.id), empty="Asking the server…"
        )
        self._note = Note()
        self._timer: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Jobs of the server", "This job"))

    def on_mount(self) -> None:
        self._list.focus()
        self.do_refresh()

    def _cells(self, job: Job) -> list[str | tuple[str, str]]:
        return cells(job, self._listing) if self._listing is not None else []

    # -- reading ---------------------------------------------------------------------------------

    def do_refresh(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not self.controller.connection.status.is_connected:
            self._list.empty = spelled(
                "Not connected. {app.open-connection} opens the connections."
            )
            self._list.set_rows(() if self._listing is None else self._list.rows)
            return
        self.run_task(self._read, "jobs")

    async def _read(self) -> None:
        listing = await self.controller.server.jobs()
        before, self._listing = self._listing, listing
        if before is None or (before.jobs, before.queries) != (listing.jobs, listing.queries):
            self._arrange()
        if any(read_as(job, listing).outlook is Outlook.RUNNING for job in self._list.rows):
            self._timer = self.set_timer(POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        if self.is_current:
            self.do_refresh()
        else:
            self._timer = self.set_timer(POLL_SECONDS, self._poll)

    def _arrange(self) -> None:
        listing = self._listing
        if listing is None:
            return
        rows = chosen(listing, JobFilter(text=self.filter_text, housekeeping=self._everything))
        self._list.empty = (
            nothing_found(self.filter_text)
            if self.filter_text
            else "No export and no import in the last seven days."
            f" {key_of('jobs.all')} shows KWDB's own jobs too."
        )
        self._list.set_rows(rows)
        self._summary.say(summary_words(listing, len(rows), self.filter_text, self._everything))

    def on_virtual_list_highlighted(self) -> None:
        self._note.tell(note_lines(self._list.current, self._listing))
        self.show_keys()

    # -- filter ----------------------------------------------------------------------------------

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def do_all(self) -> None:
        self._everything = not self._everything
        self._arrange()

    def go_back(self) -> bool:
        return self.take_filter_back()

    def do_runs(self) -> None:
        self.app.pop_screen()

    # -- one job ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        job, listing = self._list.current, self._listing
        if action.verb in ("open", "cancel", "pause", "resume", "copy", "explain"):
            if job is None or listing is None:
                return "There is no job."
            if action.verb == "explain":
                return "" if job.error else "The server tells no error of this job."
            if action.verb in ("open", "copy"):
                return ""
            if self.kwtui.is_read_only:
                return READ_ONLY
            return reason_against(job, JobVerb(action.verb), listing)
        return ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        job, listing = self._list.current, self._listing
        if job is not None and listing is not None:
            dialog = MessageDialog(
                f"Job {job.id}",
                job_lines(job, listing),
                explained=job.error,
            )
            self.app.push_screen(dialog, self._explain_if_asked)

    def _explain_if_asked(self, text: object) -> None:
        if isinstance(text, str):
            self.kwtui.explain(text)

    def do_explain(self) -> None:
        if self._list.current is not None:
            self.kwtui.explain(self._list.current.error)

    def do_copy(self) -> None:
        if self._list.current is not None:
            job = str(self._list.current.id)
            self.app.copy_to_clipboard(self.controller.commands.line("jobs", "show", job))

    def do_cancel(self) -> None:
        self._ask(JobVerb.CANCEL)

    def do_pause(self) -> None:
        self._ask(JobVerb.PAUSE)

    def do_resume(self) -> None:
        self._ask(JobVerb.RESUME)

    def _ask(self, verb: JobVerb) -> None:
        job = self._list.current
        if job is None:
            return

        async def control() -> None:
            self.say(await self.controller.server.control_job(job.id, verb))
            self.do_refresh()

        def answered(yes: object) -> None:
            if yes:
                self.run_task(control, "control-job")

        title = f"{verb.value.capitalize()} job {job.id}?"
        text = f"{' '.join(job.text.split())[:300]}\n\n{consequences(job, verb)}"
        yes, no = f"{verb.value.capitalize()} it", "Leave it"
        self.app.push_screen(ConfirmDialog(title, text, yes=yes, no=no), answered)

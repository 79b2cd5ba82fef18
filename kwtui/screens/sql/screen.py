"""Typed statements: they only read until one unlocks writing for this connection."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.config.profiles import Environment
from kwtui.errors import ExitCode, KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import key_of, spelled
from kwtui.screens.frame.base import READ_ONLY
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import AskDialog, ConfirmDialog, problem_lines
from kwtui.screens.sql.answers import (
    MOST_ROWS,
    outcome_in_words,
    reason_against_more,
    record_dialog,
)
from kwtui.screens.sql.writing import WritingScreen
from kwtui.server.connection.status import ConnectionStatus
from kwtui.text import human_count, plural, sentences
from kwtui.widgets.completion import path_completer
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.note import Note
from kwtui.widgets.record_table import RecordTable
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from kwtui.server.console.session import Answer, Console

ROWS = 1_000
_TIMEOUTS = (60, 600, 0)
NO_RESULTS = (
    "Results appear here. {sql.edit} goes to the editor, {sql.history} shows what was run before."
)


class SqlScreen(WritingScreen):
    scope: ClassVar[str] = "sql"
    title_text: ClassVar[str] = "8 SQL"
    about: ClassVar[str] = (
        "Statements for looking at data, e.g. after a restore. {sql.run} runs the one that the"
        " cursor stands in. The page only reads: the server's own parse of the statement,"
        " kwtui's reading of it and a read-only session must all agree. {sql.unlock} unlocks"
        " writing for this connection. In the editor {sql.complete} or Tab offers names and"
        " keywords: Enter or Tab takes one, Esc closes them. {sql.tables} goes to the"
        " tree of tables: → opens, ← closes, Enter writes the name. {app.back} leaves the"
        " editor for the result, {sql.edit} goes back to it. There → and ← show further columns,"
        " and Enter a row in full. Each statement stands alone; there are no transactions."
    )
    CSS_PATH = style_path("sql")
    BINDINGS: ClassVar[list[BindingType]] = bindings("sql")

    def __init__(self) -> None:
        super().__init__()
        self._status = Words(classes="summary")
        self._error = Note()
        """Why the statement failed; the editor and the cursor in it stay in sight."""
        self._error.display = False
        self._failure = ""
        self._table = RecordTable()
        self._session: Console | None = None
        self._answer: Answer | None = None
        self._outcome = ""
        self._limit = ROWS
        self._timeout = 0
        self._at_work = False

    def body(self) -> Iterable[Widget]:
        return self._panes(self._status, self._error, self._table)

    def on_mount(self) -> None:
        self._table.empty = spelled(NO_RESULTS)
        # Not the editor: there the digits would be written instead of opening other screens.
        self._table.focus()
        self._say()

    def opened(self) -> None:
        self._say()
        self._read_names()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and not event.is_connected:
            # Another connection may be to another server: it begins locked.
            self.run_task(self._close, "sql-close")
            self._names.problems.clear()
        elif isinstance(event, ConnectionStatus) and self.is_current:
            self._read_names()

    def forget_server(self) -> None:
        """The statement in the editor is the person's; what another server answered is not."""
        self._answer = None
        self._outcome = ""
        self._tell_error(None)
        self._table.empty = spelled(NO_RESULTS)
        self._table.show_records((), (), at_end=True)
        self._names.forget()
        self.run_task(self._close, "sql-close")

    async def on_unmount(self) -> None:
        await self._close()

    async def _close(self) -> None:
        console, self._session = self._session, None
        if console is not None:
            await console.close()
        self._say()

    # -- the line between editor and result ------------------------------------------------------

    @property
    def _unlocked(self) -> bool:
        return self._session is not None and self._session.unlocked

    def _say(self) -> None:
        if not self.is_mounted:
            return
        seconds = _TIMEOUTS[self._timeout]
        limits = f"at most {human_count(self._limit)} rows, "
        limits += (
            f"{seconds} s at most ({key_of('sql.timeout')})"
            if seconds
            else spelled("no time limit ({sql.timeout})")
        )
        words = [
            "WRITING IS UNLOCKED" if self._unlocked else "reads only",
            self._session.database if self._session is not None else "",
            self._outcome or limits,
        ]
        self._status.set_class(self._unlocked, "-unlocked")
        self._status.say(" · ".join(filter(None, words)))
        self.show_keys()

    # -- running ---------------------------------------------------------------------------------

    def do_run(self) -> None:
        from kwtui.server.console.verdict import statement_at

        statement = statement_at(self._editor.text, self._editor.offset_of_cursor)
        if statement is not None:
            self._limit = ROWS
            self._start(statement.text, at=statement.start)

    def _start(self, text: str, *, at: int | None = None) -> None:
        """``at`` is where it stands in the editor; None for one that was run before."""
        self._at_work = True
        self._tell_error(None)
        self._outcome = (
            f"running since {self.kwtui.clock():%H:%M:%S} UTC, {key_of('sql.cancel')} cancels"
        )
        self._say()
        self.run_task(partial(self._run, text, at), "sql")

    async def _run(self, text: str, at: int | None) -> None:
        outcome = "failed"
        try:
            if self._session is None:
                self._session = self.controller.sql.open()
            self._session.timeout_seconds = _TIMEOUTS[self._timeout]
            answer = await self._session.run(text, limit=self._limit)
            outcome = outcome_in_words(answer)
            self._show(answer)
            self._remember(text, answer=answer)
        except KwtuiError as error:
            self._remember(text, error=error)
            outcome = self._show_failure(text, at, error)
        finally:
            self._at_work = False
            self._outcome = outcome
            self._say()
            self._read_names()

    def _show_failure(self, text: str, at: int | None, error: KwtuiError) -> str:
        """Put the cursor where the error is. What was read before belongs to another statement."""
        from kwtui.server.console.error_place import error_offset, place_in_words

        if error.exit_code is ExitCode.CANCELLED:
            return "cancelled" + ("; these rows are of before" if self._answer is not None else "")
        self._answer = None
        self._table.empty = "Nothing was read."
        self._table.show_records((), (), at_end=True)
        self._tell_error(error)
        offset = error_offset(text, error.cause)
        if offset is None:
            return "failed"
        if at is not None:
            self._editor.move_to_offset(at + offset)
        return f"failed at {place_in_words(text, offset)}"

    def _tell_error(self, error: KwtuiError | None) -> None:
        """Under the editor, and not over it."""
        self._failure = "\n".join(error.lines()) if error is not None else ""
        self._error.display = error is not None
        self._error.tell(problem_lines(error) if error is not None else [])
        self.show_keys()

    def _remember(
        self, text: str, *, answer: Answer | None = None, error: KwtuiError | None = None
    ) -> None:
        """Keep it for F3; a history that cannot be written must not hide how the statement went."""
        try:
            self.controller.sql.remember(text, answer=answer, error=error)
        except KwtuiError as failure:
            self.say(in_interface(sentences(failure.title, failure.cause)), warning=True)

    def _show(self, answer: Answer) -> None:
        self._answer = answer
        self._table.empty = "No rows." if answer.result.names else f"Done: {answer.tag}"
        self._table.show_records(answer.result.names, answer.result.rows, at_end=True)
        for notice in answer.notices:
            self.say(f"{notice.severity}: {notice.message}", warning=True)

    def do_cancel(self) -> None:
        async def cancel() -> None:
            if self._session is None or not await self._session.cancel():
                self.say("Nothing runs any more.")

        self.run_task(cancel, "sql-cancel")

    def do_more(self) -> None:
        if self._answer is not None:
            self._limit = min(MOST_ROWS, self._limit * 10)
            self._start(self._answer.sql)

    def do_timeout(self) -> None:
        self._timeout = (self._timeout + 1) % len(_TIMEOUTS)
        self._outcome = ""
        self._say()

    # -- names -----------------------------------------------------------------------------------

    @property
    def _database(self) -> str:
        """In which a name without a database is looked for."""
        if self._session is not None:
            return self._session.database
        return self.kwtui.target.database if self.kwtui.target is not None else ""

    # -- the result ------------------------------------------------------------------------------

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        if event.list_view is self._table and self._answer is not None:
            self.app.push_screen(record_dialog(self._answer, event.row))

    def do_save(self) -> None:
        stamp = f"{self.kwtui.clock():%Y%m%dT%H%M%SZ}"
        self.prompt.ask(
            "save", "Save every row as CSV in:", f"~/kwtui-{stamp}.csv", complete=path_completer()
        )

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self._table.focus()
        if event.text and self._answer is not None and self._session is not None:
            self.run_task(
                partial(self._save, self._session, self._answer, Path(event.text).expanduser()),
                "sql-save",
            )

    async def _save(self, console: Console, answer: Answer, path: Path) -> None:
        count = await self.controller.sql.save_answer(console, answer, path)
        self.say(f"{plural(count, 'row')} saved in {path}")

    # -- locking ---------------------------------------------------------------------------------

    def do_unlock(self) -> None:
        if self._unlocked:
            self.run_task(self._lock, "sql-lock")
            return
        name = self.controller.connection.confirmation_name
        environment = self.kwtui.target.environment if self.kwtui.target is not None else None
        text = spelled(
            "Until you lock it again ({sql.unlock}) or the connection ends, every statement of"
            " this page takes"
            " effect at once, and nothing takes it back. Backups and restores are made on screens"
            " 2 and 3."
        )
        if environment in (Environment.DEV, Environment.TEST):
            yes = "Unlock writing"
            self.app.push_screen(ConfirmDialog("Unlock writing?", text, yes=yes), self._confirmed)
            return
        kind = "This is production. " if environment is Environment.PROD else ""
        dialog = AskDialog("Unlock writing?", f"{kind}{text}", label=f"Type {name}")
        self.app.push_screen(dialog, lambda typed: self._typed(typed, name))

    def _typed(self, typed: object, name: str) -> None:
        if typed is None:
            return
        if str(typed).strip() == name:
            self._confirmed(True)
        else:
            self.say(f"That was not {name}; nothing was unlocked.", warning=True)

    def _confirmed(self, yes: object) -> None:
        if yes:
            self.run_task(self._unlock, "sql-lock")

    async def _unlock(self) -> None:
        if self._session is None:
            self._session = self.controller.sql.open()
        await self._session.unlock()
        self._say()

    async def _lock(self) -> None:
        if self._session is not None:
            await self._session.lock()
        self._say()

    # -- other actions ---------------------------------------------------------------------------

    def do_explain(self) -> None:
        self.kwtui.explain(self._failure)

    def footer_actions(self) -> list[Action]:
        """What explains an error, first, where there is one."""
        actions = super().footer_actions()
        explain = [action for action in actions if action.verb == "explain"]
        rest = [action for action in actions if action.verb != "explain"]
        return [*explain, *rest] if self._failure else rest

    def do_edit(self) -> None:
        self._editor.focus()

    def do_history(self) -> None:
        from kwtui.screens.sql.history import HistoryDialog

        def chosen(sql: object) -> None:
            if isinstance(sql, str):
                self._editor.text = sql
                self._editor.move_cursor(self._editor.document.end)
            self._editor.focus()

        entries = self.controller.sql.history().entries()
        if entries:
            self.app.push_screen(HistoryDialog(entries), chosen)
        else:
            self.say("No statement was run yet.")

    def do_copy(self) -> None:
        if self._answer is not None:
            self.app.copy_to_clipboard(self.controller.commands.line("sql", self._answer.sql))

    def go_back(self) -> bool:
        """Cancel what runs, then leave the editor."""
        if self._at_work:
            self.do_cancel()
            return True
        if self._editor.has_focus or self._tree.has_focus:
            self.leave_tree()
            self._table.focus()
            return True
        return False

    def reason_against(self, action: Action) -> str:
        if (
            action.verb in ("run", "unlock", "refresh")
            and not self.controller.connection.status.is_connected
        ):
            return spelled("There is no connection. {app.open-connection} opens the connections.")
        if action.verb in ("run", "more", "save", "unlock", "timeout") and self._at_work:
            return spelled("A statement is running; {sql.cancel} cancels it.")
        if action.verb == "explain" and not self._failure:
            return "Nothing failed."
        if action.verb == "cancel" and not self._at_work:
            return "Nothing runs."
        if action.verb == "unlock" and self.kwtui.is_read_only:
            return READ_ONLY
        if action.verb in ("save", "copy") and self._answer is None:
            return "There is no result."
        if action.verb == "more":
            return reason_against_more(self._answer)
        return ""

    def unsaved(self) -> str:
        return "A statement is running on the SQL page." if self._at_work else ""

"""The application's part that tells of problems, and deals with the terminal itself."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from kwtui.app.keys_in_order import KeysInOrder
from kwtui.errors import KwtuiError
from kwtui.widgets.clipboard import LARGEST_COPY, copy_message, osc52, sent_bytes

if TYPE_CHECKING:
    from kwtui.controller import Controller


class TellingApp(KeysInOrder):
    """A base of the application, which sets ``controller`` and ``clock``."""

    controller: Controller
    clock: Callable[[], datetime]
    _last_problem: KwtuiError | None = None

    def show_problem(self, error: KwtuiError) -> None:
        """A dialog with what is wrong, why, and what to do."""
        from kwtui.screens.frame.dialogs import problem_dialog

        def answered(text: object) -> None:
            if isinstance(text, str):
                self.explain(text)

        self._last_problem = error
        self.push_screen(problem_dialog(error), answered)

    def show_error(self, error: Exception) -> None:
        if isinstance(error, KwtuiError):
            self.show_problem(error)
        else:
            self.show_unexpected(error)

    def explain(self, text: str) -> None:
        """Show what the errors in the text mean, over what is shown now."""
        from kwtui.screens.explain.screen import ExplainScreen

        async def push() -> None:
            with self.batch_update():
                await self.push_screen(ExplainScreen(text))

        self.call_later(push)

    def confirm_cancel(self, run_id: str) -> None:
        """Ask, then cancel the run."""
        from kwtui.screens.runs.stopping import ask_and_cancel

        async def cancel() -> None:
            try:
                await ask_and_cancel(self, self.controller, run_id)
            except Exception as error:
                self.show_error(error)

        self.run_worker(cancel(), group="cancel", exit_on_error=False)

    def show_unexpected(self, error: Exception) -> None:
        """A defect of kwtui itself: say so, keep the details, go on."""
        from kwtui.app.crash_log import keep_details

        details = "".join(traceback.format_exception(error))
        kept = keep_details(details, self.clock())
        self.show_problem(
            KwtuiError(
                "kwtui met a problem that it does not know.",
                cause=f"{type(error).__name__}: {error}",
                hint=f"Nothing that runs was stopped, and you can go on. {kept}",
            )
        )

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to take the text, and say what can be known about it."""
        if len(sent_bytes(text)) > LARGEST_COPY:
            self.notify("Too long for a terminal's clipboard.", severity="warning", markup=False)
            return
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(osc52(text, os.environ))
        self.notify(copy_message(text, os.environ), markup=False)

    def _do_errors(self) -> None:
        if self._last_problem is None:
            self.notify("There was no problem so far.", markup=False)
        else:
            self.show_problem(self._last_problem)

    # -- the terminal ------------------------------------------------------------------------

    def _do_suspend(self) -> None:
        self.action_suspend_process()

    def _do_mouse(self) -> None:
        driver = cast(Any, self._driver)
        if driver is None or not hasattr(driver, "_disable_mouse_support"):
            return
        on = getattr(self, "_mouse_given_back", False)
        self._mouse_given_back = not on
        if on:
            driver._enable_mouse_support()
            self.notify("kwtui takes the mouse again.", markup=False)
        else:
            driver._disable_mouse_support()
            self.notify("The terminal has the mouse: select and copy as usual.", markup=False)

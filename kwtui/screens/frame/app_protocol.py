"""What screens may ask of the application that shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.errors import KwtuiError
    from kwtui.keys.keymap import Keymap
    from kwtui.model.proof import ProofLevel
    from kwtui.server.connection.target import Target
    from kwtui.widgets.header_bar import HeaderFacts


class Host(Protocol):
    """`kwtui.app.application.KwtuiApp`, as screens know it."""

    controller: Controller
    clock: Callable[[], datetime]
    target: Target | None
    initial_target: Target | None
    initial_sandbox: bool
    keys: Keymap

    @property
    def is_production(self) -> bool: ...

    @property
    def is_read_only(self) -> bool: ...

    def header_facts(self, title: str) -> HeaderFacts: ...

    def banner_text(self) -> str: ...

    def set_target(self, target: Target) -> None: ...

    async def ask_password(self, target: Target, error: KwtuiError) -> str | None: ...

    def warm_up(self) -> None: ...

    def show_problem(self, error: KwtuiError) -> None: ...

    def show_unexpected(self, error: Exception) -> None: ...

    def show_error(self, error: Exception) -> None: ...

    def explain(self, text: str) -> None: ...

    async def open_screen(self, name: str) -> None: ...

    def confirm_cancel(self, run_id: str) -> None: ...

    async def show_run(self, run_id: str) -> None: ...

    async def show_run_log(self, run_id: str) -> None: ...

    def start_verify(self, path: str, level: ProofLevel) -> None: ...

    def open_restore(self, path: str) -> None: ...

    def open_offsite(self, path: str) -> None: ...

    def open_set(self, path: str, verb: str) -> None: ...

"""What a plan needs to be run: connections, folders, somebody to tell, and the wish to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kwtui.backups.proof.sealing import SealProgress
from kwtui.errors import ExitCode
from kwtui.operations.plan import Plan, Step
from kwtui.operations.runner import Halt, Reporter
from kwtui.server.connection.server import Server

Connect = Callable[[], Awaitable[Server]]
"""A new connection of its own; whoever asks closes it."""


Hold = Callable[[str], AbstractContextManager[None]]
"""Has a set to itself while the context lasts; raises RUN_IN_PROGRESS if another run works on it.
The set is named by its path relative to extern."""


def hold_nothing(_path: str) -> AbstractContextManager[None]:
    """For runs that nobody can come across."""
    return nullcontext()


@dataclass(frozen=True)
class RunContext:
    """The same for every kind of plan."""

    plan: Plan
    run_id: str
    connect: Connect
    extern: Path
    """Of the node that the plan names, on this machine."""
    state: Path
    """kwtui's state directory."""
    reporter: Reporter
    halt: Halt
    hold: Hold = hold_nothing
    options: tuple[str, ...] = ()
    """Of a command that names the same server and files; never a password."""
    known: bytes = field(default=b"", repr=False)
    """Definitions that were read for the plan (`Definitions.written`); nothing: they are asked."""
    passphrase: str | None = field(default=None, repr=False)
    """Of the private keys that the plan names; None: the environment may hold it."""

    def tell_of(self, step: Step, phase: str) -> Callable[[SealProgress], None]:
        """Reports how far the reading of files is: ``phase`` says what is done with them."""

        def tell(progress: SealProgress) -> None:
            at = min(progress.files + 1, progress.files_total)
            self.reporter.progress(
                step,
                phase=phase,
                rows=progress.records or None,
                bytes=progress.bytes,
                bytes_total=progress.bytes_total,
                table=progress.table,
                tables=progress.tables,
                basis=f"bytes read, at file {at:,} of {progress.files_total:,}"
                + (f", in {progress.folder}" if progress.folder else ""),
            )

        return tell


@dataclass(frozen=True)
class RunResult:
    """How a run ended that came to its end. ``result`` holds JSON values for scripts.

    An ``exit_code`` other than OK says that the outcome stands, and is not all that was asked for;
    ``cause`` and ``hint`` then say what is missing and what to do.
    """

    summary: str
    result: dict[str, Any] = field(default_factory=dict)
    exit_code: ExitCode = ExitCode.OK
    cause: str = ""
    hint: str = ""

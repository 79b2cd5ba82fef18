"""Where runs keep their files: one folder a run, in the user's state directory.

``runs/<id>/`` holds ``plan.json``, ``target.json`` (how to connect, without secrets), for a moment
``known.json`` (definitions that were read for the plan),
``process.json`` (who the worker is), ``journal.jsonl`` and ``worker.log`` (empty unless the worker
crashed). ``locks/`` holds the locks.
"""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.grounds import claim
from kwtui.files.json_text import decode
from kwtui.operations.plan import Plan
from kwtui.runs.process_identity import ProcessIdentity, is_alive
from kwtui.text import plural

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4,8}")


@dataclass(frozen=True)
class RunFiles:
    """The files of one run."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def plan(self) -> Path:
        return self.folder / "plan.json"

    @property
    def target(self) -> Path:
        return self.folder / "target.json"

    @property
    def known(self) -> Path:
        """What was read for the plan and need not be read again; gone when the run has it."""
        return self.folder / "known.json"

    @property
    def process(self) -> Path:
        return self.folder / "process.json"

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    @property
    def cancel(self) -> Path:
        """What the person who cancels it wants of what it wrote."""
        return self.folder / "cancel.json"

    @property
    def reserve(self) -> Path:
        """Space for the run's last words; gone when it has ended."""
        return self.folder / "journal.reserve"

    @property
    def worker_log(self) -> Path:
        return self.folder / "worker.log"

    def read_plan(self) -> Plan:
        try:
            return decode(self.plan.read_bytes(), Plan)
        except (OSError, msgspec.DecodeError) as error:
            raise KwtuiError(
                f"The plan of run {self.id} cannot be read.", cause=f"{self.plan}: {error}"
            ) from error

    def read_process(self) -> ProcessIdentity | None:
        """None while the worker was not started."""
        try:
            return decode(self.process.read_bytes(), ProcessIdentity)
        except (OSError, msgspec.DecodeError):
            return None

    def is_alive(self) -> bool:
        process = self.read_process()
        return process is not None and is_alive(process)


class RunsDirectory:
    """All runs of this user on this machine."""

    def __init__(self, state: Path) -> None:
        claim(state, own=True)
        self.runs = state / "runs"
        self.locks = state / "locks"

    def create(self, now: datetime | None = None) -> RunFiles:
        """A new run's folder, private to the user. Its id sorts by time.

        Raises KwtuiError (DISK_FULL, ...) where it cannot be made.
        """
        stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        folder = self.runs / f"{stamp}-{secrets.token_hex(2)}"
        try:
            _make_private(self.runs)
            _make_private(self.locks)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise cannot_write(folder, error) from error
        return RunFiles(folder)

    def all(self) -> list[RunFiles]:
        """Newest first."""
        if not self.runs.is_dir():
            return []
        with os.scandir(self.runs) as entries:
            names = [e.name for e in entries if _RUN_ID.fullmatch(e.name)]
        return [RunFiles(self.runs / name) for name in sorted(names, reverse=True)]

    def find(self, run_id: str) -> RunFiles:
        """By id or an unambiguous part of it; raises NOT_FOUND."""
        matching = [files for files in self.all() if run_id and run_id in files.id]
        exact = [files for files in matching if files.id == run_id]
        if len(exact or matching) == 1:
            return (exact or matching)[0]
        raise KwtuiError(
            f"There are {plural(len(matching), 'run')} with {run_id!r} in their id."
            if matching
            else f"There is no run {run_id!r}.",
            hint="List them: kwtui runs",
            exit_code=ExitCode.NOT_FOUND,
        )


def _make_private(folder: Path) -> None:
    # pathlib gives new parents the usual mode, which others can read.
    for parent in (*reversed(folder.parents), folder):
        if not parent.is_dir():
            parent.mkdir(mode=0o700, exist_ok=True)

"""The process of a run: reads its plan, runs it, writes its journal. Started by `runs.process`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import kwtui
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import REMOVALS, Plan, PlanKind
from kwtui.operations.runner import CancelledByPerson, Halt
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import CancelRequested, RunFinished, RunStarted, RunStatus
from kwtui.runs.journal import JournalWriter
from kwtui.runs.lock import LockHolder
from kwtui.runs.process import Handover, hold_set, read_wish
from kwtui.runs.process_identity import current_identity
from kwtui.runs.recording import Recorder
from kwtui.runs.reporter import JournalReporter
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target
from kwtui.text import clean_lines


def main(arguments: list[str] | None = None) -> int:
    """Run the plan of a folder, the first argument; the others are the open files of its locks."""
    folder, *locks = sys.argv[1:] if arguments is None else arguments
    files = RunFiles(Path(folder))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    secrets = msgspec.json.decode(sys.stdin.buffer.read(), type=dict[str, str | None])
    handover = msgspec.json.decode(files.target.read_bytes(), type=Handover)
    os.umask(0o027)
    with JournalWriter(files.journal, files.reserve) as journal:
        held = tuple(int(number) for number in locks)
        return asyncio.run(_Worker(files, handover, secrets, journal, held).run())


class _Worker:
    def __init__(
        self,
        files: RunFiles,
        handover: Handover,
        secrets: dict[str, str | None],
        journal: JournalWriter,
        locks: tuple[int, ...],
    ) -> None:
        self._files = files
        self._handover = handover
        self._secrets = secrets
        self._journal = journal
        self._locks = locks
        self._halt = Halt()
        self._connected = False

    async def run(self) -> int:
        plan = self._files.read_plan()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._cancel)
        identity = current_identity()
        self._journal.append(
            RunStarted(
                at=_now(),
                run=self._files.id,
                plan=plan.id,
                title=plan.title,
                pid=identity.pid,
                boot_id=identity.boot_id,
                kwtui=kwtui.__version__,
            )
        )
        reporter = JournalReporter(self._journal, plan)
        with reporter.beating():
            finished = await self._finish(plan, reporter)
        self._record_end(plan, finished)
        # Whoever reads that it has finished may start the next run at once.
        for lock in self._locks:
            os.close(lock)
        self._journal.append(finished)
        return finished.exit_code

    def _record_end(self, plan: Plan, finished: RunFinished) -> None:
        """Without it the run stays one that began: what it did is done all the same."""
        try:
            state = Path(self._handover.state)
            Recorder(state, self._files.id, plan, self._handover.target).ended(finished)
        except KwtuiError as error:
            _print_to_log("\n".join(error.lines()))

    async def _finish(self, plan: Plan, reporter: JournalReporter) -> RunFinished:
        try:
            result = await self._execute(plan, reporter)
        except CancelledByPerson as error:
            return _ended(RunStatus.CANCELLED, error)
        except KwtuiError as error:
            if self._halt.by_person:
                # It came between the steps, or while it connected.
                error = KwtuiError(
                    CancelledByPerson().title, hint=error.hint, exit_code=ExitCode.CANCELLED
                )
                return _ended(RunStatus.CANCELLED, error)
            return _ended(RunStatus.FAILED, error)
        except Exception as error:
            _print_to_log(traceback.format_exc())
            return _ended(
                RunStatus.FAILED,
                KwtuiError(
                    "kwtui itself failed.",
                    cause=f"{type(error).__name__}: {error}",
                    hint=f"Please report it with {self._files.worker_log}",
                ),
            )
        whole = result.exit_code is ExitCode.OK
        told = KwtuiError(result.summary, cause=result.cause, hint=result.hint)
        return RunFinished(
            at=_now(),
            status=RunStatus.SUCCEEDED if whole else RunStatus.FAILED,
            summary=told.title,
            cause=told.cause,
            hint=told.hint,
            exit_code=int(result.exit_code),
            result=result.result,
        )

    async def _execute(self, plan: Plan, reporter: JournalReporter) -> RunResult:
        context = RunContext(
            plan=plan,
            run_id=self._files.id,
            connect=self._connect,
            extern=Path(self._handover.extern),
            state=Path(self._handover.state),
            reporter=reporter,
            halt=self._halt,
            hold=self._hold,
            options=self._handover.options,
            known=self._known(),
            passphrase=self._secrets["passphrase"],
        )
        # Each kind is imported when it runs: a check of files needs no driver.
        if plan.kind is PlanKind.BACKUP:
            from kwtui.operations.backup.run import run_backup

            return await run_backup(context)
        if plan.kind is PlanKind.RESTORE:
            from kwtui.operations.restore.run import run_restore

            return await run_restore(context)
        if plan.kind is PlanKind.EXCERPT:
            from kwtui.operations.excerpt.run import run_excerpt

            return await run_excerpt(context)
        if plan.kind is PlanKind.DRILL:
            from kwtui.operations.drill.run import run_drill

            return await run_drill(context)
        if plan.kind is PlanKind.SEAL:
            from kwtui.operations.seal.run import run_seal

            return await run_seal(context)
        if plan.kind is PlanKind.SETTING:
            from kwtui.operations.wal.run import run_settings

            return await run_settings(context)
        if plan.kind in (PlanKind.OFFSITE, PlanKind.FETCH):
            from kwtui.operations.offsite.run import run_offsite

            return await run_offsite(context)
        if plan.kind in REMOVALS:
            from kwtui.operations.removal.run import run_removal

            return await run_removal(context)
        from kwtui.operations.verify import run_verify

        return await run_verify(context)

    def _known(self) -> bytes:
        try:
            data = self._files.known.read_bytes()
            self._files.known.unlink()
        except OSError:
            return b""  # Of most plans there is none; it is asked again.
        return data

    async def _connect(self) -> Server:
        if self._handover.target is None:
            raise KwtuiError("This run has no server connection.")
        target = Target.from_dict(self._handover.target).with_password(self._secrets["password"])
        try:
            server = await self._open(target)
        except KwtuiError as error:
            if self._connected and error.exit_code is ExitCode.SERVER_UNREACHABLE:
                raise ConnectionLost(target.label, error.cause) from error
            raise
        self._connected = True
        return server

    async def _open(self, target: Target) -> Server:
        if self._halt.requested.is_set():
            # To clean up, a run connects once more after it was told to stop.
            return await Server.open(target)
        opening = asyncio.ensure_future(Server.open(target))
        wish = asyncio.ensure_future(self._halt.requested.wait())
        await asyncio.wait({opening, wish}, return_when=asyncio.FIRST_COMPLETED)
        wish.cancel()
        if opening.done():
            return opening.result()
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        raise self._halt.reason()

    def _hold(self, path: str) -> AbstractContextManager[None]:
        locks = RunsDirectory(Path(self._handover.state)).locks
        holder = LockHolder(self._files.id, current_identity())
        return hold_set(locks, self._handover.extern, path, holder)

    def _cancel(self) -> None:
        """Also a second time: the person may have thought again of what was written."""
        wish = read_wish(self._files)
        sweep = self._halt.sweep if wish is None else wish.sweep
        if not self._halt.by_person or sweep != self._halt.sweep:
            self._halt.cancel(sweep=sweep)
            self._journal.append(CancelRequested(at=_now(), sweep=sweep))


def _ended(status: RunStatus, error: KwtuiError) -> RunFinished:
    details: dict[str, Any] = getattr(error, "result", {})
    return RunFinished(
        at=_now(),
        status=status,
        summary=error.title,
        cause=error.cause,
        hint=error.hint,
        exit_code=int(error.exit_code or ExitCode.FAILED),
        result=details,
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())


def _print_to_log(text: str) -> None:
    """Onto standard error, which is the run's ``worker.log``: people read it with ``cat``."""
    print(clean_lines(text), file=sys.stderr)  # noqa: T201

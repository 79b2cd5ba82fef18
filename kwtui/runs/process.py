"""Starting and cancelling runs: each is a process of its own that outlives the terminal.

The worker gets the password, and the passphrase of a private key, through a pipe on its standard
input: not in its arguments, not in its environment, not in a file. Everything else it reads from
the run's folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import write_file
from kwtui.files.json_text import decode, encode
from kwtui.files.new_file import write_new
from kwtui.files.own_program import own_environment, own_program
from kwtui.operations.plan import REMOVALS, Plan, PlanKind, StepKind
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.journal import JournalReader, set_aside
from kwtui.runs.lock import LockHolder, RunLocks
from kwtui.runs.process_identity import identity_of
from kwtui.runs.recording import Recorder

START_SECONDS = 20.0
"""How long a worker may take to write its first event, on a machine that is busy."""


@dataclass(frozen=True)
class Handover:
    """What the worker reads from ``target.json``: where to work. It holds no secret."""

    target: dict[str, Any] | None
    """As of `Target.as_dict`; None for a plan that asks no server."""
    extern: str
    state: str
    options: tuple[str, ...] = ()
    """Of a command that names the same server and files."""


def read_handover(files: RunFiles) -> Handover | None:
    """Where a run worked; None where that is not written down any more."""
    try:
        return decode(files.target.read_bytes(), Handover)
    except (OSError, msgspec.DecodeError):
        return None


def start_run(
    directory: RunsDirectory,
    plan: Plan,
    handover: Handover,
    password: str | None,
    passphrase: str | None = None,
    known: bytes = b"",
) -> str:
    """Start the worker and wait until it says that it has begun; the run's id.

    ``passphrase`` opens the private keys that the plan names and that are protected; ``known`` is
    what was read for the plan (`Definitions.written`).

    Blocking for as long as a Python process takes to start: call it in a thread. Raises KwtuiError:
    RUN_IN_PROGRESS when the database or the set is in use, DISK_FULL when its story cannot be
    written, FAILED when the worker does not start.
    """
    files = directory.create()
    locks = RunLocks(directory.locks, Path(handover.extern) if handover.extern else None)
    try:
        try:
            write_new(files.plan, [msgspec.json.format(encode(plan), indent=1)])
            write_new(files.target, [msgspec.json.encode(handover)])
            if known:
                write_new(files.known, [known])
            set_aside(files.reserve)
            for key in lock_keys(plan, handover):
                locks.take(key)
            for key in shared_lock_keys(plan, handover):
                locks.take(key, shared=True)
            Recorder(Path(handover.state), files.id, plan, handover.target).began()
        except KwtuiError:
            _forget(files)
            raise
        process = _spawn(files, locks)
        identity = identity_of(process.pid)
        try:
            write_file(files.process, msgspec.json.encode(identity), mode=0o600)
        except KwtuiError:
            _end(process)
            raise
        locks.sign(LockHolder(files.id, identity))
        _hand_over_secrets(process, {"password": password, "passphrase": passphrase})
        _wait_until_begun(process, files)
    finally:
        locks.close()
    # Whoever started it may live longer: its end must be taken note of, or it stays a zombie.
    threading.Thread(target=process.wait, daemon=True, name=f"reap {files.id}").start()
    return files.id


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@dataclass(frozen=True)
class CancelWish:
    """What the person who cancels a backup wants of what it wrote so far."""

    sweep: bool


def cancel_run(files: RunFiles, *, sweep: bool | None = None) -> None:
    """Ask the worker to stop; it cancels what the server runs for it.

    ``sweep``: whether what a backup wrote is removed, or kept and marked; None leaves that to its
    plan. Raises KwtuiError: NOT_FOUND if it is dead, USAGE for a wish about what is no backup.
    """
    process = files.read_process()
    if process is None or not files.is_alive():
        raise KwtuiError(
            f"Run {files.id} is not running.",
            hint=f"Show how it ended: kwtui runs show {files.id}",
            exit_code=ExitCode.NOT_FOUND,
        )
    if sweep is not None:
        _check_may_sweep(files)
        write_file(files.cancel, msgspec.json.encode(CancelWish(sweep)), mode=0o600)
    try:
        os.kill(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise KwtuiError(f"Run {files.id} belongs to another account.", cause=str(error)) from error


def _check_may_sweep(files: RunFiles) -> None:
    if files.read_plan().kind is not PlanKind.BACKUP:
        raise KwtuiError(
            "Only what a backup wrote is swept or kept when it is cancelled.",
            hint=f"Cancel it: kwtui runs cancel {files.id}  Then see what it left: kwtui cleanup "
            f"--run {files.id}",
            exit_code=ExitCode.USAGE,
        )


def read_wish(files: RunFiles) -> CancelWish | None:
    """None while nobody said one."""
    try:
        return decode(files.cancel.read_bytes(), CancelWish)
    except (OSError, msgspec.DecodeError):
        return None


def lock_keys(plan: Plan, handover: Handover) -> tuple[str, ...]:
    """What nobody else may work on meanwhile."""
    if plan.kind is PlanKind.SETTING:
        return (f"settings of cluster {plan.cluster_id}",)
    if plan.kind in REMOVALS:
        # One at a time, so that two of them never leave each other's set as the last proven one.
        # The sets themselves are held one after the other, when their turn comes.
        dropped = [s.params["target"] for s in plan.steps if s.kind is StepKind.DROP_DATABASE]
        dropped += [s.params["database"] for s in plan.steps if s.kind is StepKind.PUT_BACK]
        databases = [f"database {name} of cluster {plan.cluster_id}" for name in dropped]
        return (f"removing from {handover.extern}", *databases)
    if plan.kind is PlanKind.OFFSITE:
        # Copies of a database share parts: what one run sends another may not remove.
        names = plan.request["databases"]
        return tuple(f"copies of {name} on {plan.request['address']}" for name in names)
    if plan.kind is PlanKind.FETCH:
        return (f"{handover.extern}/{plan.path}",)
    if plan.kind is PlanKind.DRILL:
        # It makes a database that nobody else names, and reads the set as a restore does.
        return (f"database {plan.request['scratch']} of cluster {plan.cluster_id}",)
    keys = []
    if plan.kind not in (PlanKind.VERIFY, PlanKind.SEAL):
        keys.append(f"database {plan.database} of cluster {plan.cluster_id}")
    if plan.kind not in (PlanKind.RESTORE, PlanKind.EXCERPT):
        keys.append(f"{handover.extern}/{plan.path}")
    return tuple(keys)


def shared_lock_keys(plan: Plan, handover: Handover) -> tuple[str, ...]:
    """What others may read meanwhile, but not remove."""
    reads = plan.kind in (PlanKind.RESTORE, PlanKind.EXCERPT, PlanKind.DRILL)
    reads = reads or (plan.kind is PlanKind.OFFSITE and bool(plan.path))
    if reads:
        return (_reading_key(handover.extern, plan.path),)
    return ()


@contextmanager
def hold_set(locks: Path, extern: str, path: str, holder: LockHolder) -> Iterator[None]:
    """Have a set to oneself. Raises RUN_IN_PROGRESS if a run writes, checks or reads it."""
    held = RunLocks(locks, Path(extern) if extern else None)
    try:
        held.take(f"{extern}/{path}")
        held.take(_reading_key(extern, path))
        held.sign(holder)
        yield
    finally:
        held.close()


def _reading_key(extern: str, path: str) -> str:
    return f"{extern}/{path} (reading)"


def _spawn(files: RunFiles, locks: RunLocks) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in own_environment().items() if k != "PGPASSWORD"}
    with files.worker_log.open("xb") as log:
        files.worker_log.chmod(0o600)
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_program("kwtui.runs.worker", str(files.folder), *map(str, locks.files)),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=files.folder,
            env=environment,
            start_new_session=True,
            pass_fds=locks.files,
        )


def _hand_over_secrets(process: subprocess.Popen[bytes], secrets: dict[str, str | None]) -> None:
    pipe = process.stdin
    if pipe is None:
        return
    try:
        pipe.write(msgspec.json.encode(secrets))
        pipe.close()
    except BrokenPipeError:
        return  # It died already; waiting for its first event tells why.


def _wait_until_begun(process: subprocess.Popen[bytes], files: RunFiles) -> None:
    reader = JournalReader(files.journal)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if any(True for _ in reader.read_new()):
            return
        if ended:
            break
        time.sleep(0.01)
    _end(process)
    raise KwtuiError(
        "The run's process did not start.",
        cause=_last_words(files),
        hint=f"Its output is in {files.worker_log}",
    )


def _last_words(files: RunFiles) -> str:
    lines = files.worker_log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "It printed nothing."


def _forget(files: RunFiles) -> None:
    """Remove the folder of a run that never began."""
    for path in (files.plan, files.target, files.known, files.reserve):
        path.unlink(missing_ok=True)
    files.folder.rmdir()

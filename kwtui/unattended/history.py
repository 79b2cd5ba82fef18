"""What policies did: one JSON line for each run of a policy, in the state directory.

Appended when a run begins and when it ends, so that one that was killed is seen as that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from kwtui.errors import KwtuiError
from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, append_after, cannot_write
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import read_regular
from kwtui.files.json_text import decode, encode
from kwtui.runs.lock import RunLocks

_LARGEST = 64 << 20
ENDS = ("ended", "cancelled")


@dataclass(frozen=True)
class DatabaseOutcome:
    """What a policy did with one database."""

    database: str
    ok: bool
    words: str
    path: str = ""
    """The set that was made."""
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicyEvent:
    """A line of the history."""

    at: datetime
    event: str
    """``began``, ``ended``, ``cancelled`` (by a person), ``skipped`` (not begun), ``missed`` (its
    time passed), ``noticed`` (somebody was told) or ``notice-failed``."""
    ok: bool = True
    words: str = ""
    databases: tuple[DatabaseOutcome, ...] = ()
    notice: str = ""
    """Of ``noticed``: what kind of notice."""
    key: str = ""
    """Of ``noticed``: the trouble, without the times that its words hold."""


def history_path(state: Path, policy: str) -> Path:
    return claim(state / "policies", own=True) / f"{policy}.jsonl"


def pace_path(state: Path, policy: str) -> Path:
    """What the processes of a policy's run share to read no faster than its limit."""
    return history_path(state, policy).with_suffix(".pace")


def append_event(state: Path, policy: str, event: PolicyEvent) -> None:
    """Raises KwtuiError (DISK_FULL or FAILED)."""
    path = history_path(state, policy)
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error
    append_after(path, lambda _: encode(event), mode=PRIVATE_FILE)


def read_history(state: Path, policy: str) -> list[PolicyEvent]:
    """Oldest first. A line that was cut off is left out: it counts as a run without an end."""
    try:
        content = read_regular(history_path(state, policy), _LARGEST)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KwtuiError(
            f"The history of the policy cannot be read: {error.strerror}.",
            cause=str(history_path(state, policy)),
        ) from error
    found = []
    for line in content.splitlines():
        try:
            found.append(decode(line, PolicyEvent))
        except msgspec.DecodeError:
            continue
    return found


def hold(state: Path, policy: str, what: str = "the policy") -> RunLocks:
    """A lock of the policy, to be closed. Raises RUN_IN_PROGRESS while another run has it."""
    folder = history_path(state, policy).parent
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    locks = RunLocks(folder)
    locks.take(f"{what} {policy}")
    return locks


def last_end(history: list[PolicyEvent]) -> PolicyEvent | None:
    """How the last run ended; one that began and never ended counts as failed."""
    for event in reversed(history):
        if event.event in ENDS:
            return event
        if event.event == "began":
            return PolicyEvent(event.at, "ended", ok=False, words="it started but never ended")
    return None

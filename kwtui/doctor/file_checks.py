"""What this machine shows: the node's folders, space, file systems, limits, our own state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.doctor.check import Check, CheckState, unknown
from kwtui.node.deployment.claims import GIVEN, Deployment, Fact, FactName, Owner
from kwtui.node.logs.crashes import Crash
from kwtui.node.mounts import tells_of_changes
from kwtui.node.place import FolderState, NodePlace, in_words
from kwtui.text import human_bytes, human_count, plural

FILE_CHECKS = (
    "deployment",
    "extern",
    "space",
    "logs",
    "crashes",
    "file_systems",
    "watches",
    "state",
)
"""The ids of checks that look at this machine alone."""

_LITTLE_BYTES = 1 << 30
_STATE_BYTES = 16 << 20
"""A plan of thousands of tables with its journal and what else a run writes down."""
_FEW_BYTES = 64 << 20
_LITTLE_SHARE = 0.05
_LITTLE_INODES = 10_000
_FEW_INODES = 100


@dataclass(frozen=True)
class Space:
    """What is free on one file system."""

    path: Path
    free: int
    total: int
    inodes: int | None = None
    """None where the file system does not count them."""


@dataclass(frozen=True)
class WatchLimits:
    """inotify's limits for this account, and what is used of them."""

    watches: int
    instances: int
    used_watches: int
    used_instances: int
    needed: int
    """Folders that watching extern takes."""


@dataclass(frozen=True)
class FilesLook:
    """What was seen of the files."""

    place: NodePlace
    spaces: tuple[Space, ...] = ()
    file_systems: tuple[tuple[str, Path, str], ...] = ()
    """(what, folder, type) of each of the node's folders."""
    log_files: int | str = 0
    """A text says why they cannot be listed."""
    crashes: Sequence[Crash] | str = ()
    """What errlog.log tells, the latest last; a text says why it cannot be read."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    limits: WatchLimits | str = ""
    state: FolderState | None = None
    account: str = ""


def file_checks(look: FilesLook) -> list[Check]:
    return [
        _deployment(look.place.deployment),
        _extern(look),
        _space(look.spaces),
        _logs(look),
        _crashes(look),
        _file_systems(look.file_systems),
        _watches(look.limits),
        _state(look.state),
    ]


# -- where the files are ----------------------------------------------------------------------


def _deployment(found: Deployment) -> Check:
    title = "Deployment"
    more = [f"{fact.name.value}: {_said(fact)}" for fact in found.facts]
    more += [f"looked at {where}: {outcome}" for where, outcome in found.looked]
    whose = found.whose
    if whose.is_barred:
        wrong = whose.owner is Owner.OTHER
        state = CheckState.FAILED if wrong else CheckState.UNKNOWN
        return Check("deployment", title, state, whose.reason, whose.remedy, tuple(more))
    if not found.facts:
        server = found.server.in_words if found.server is not None else "a node"
        return Check(
            "deployment",
            title,
            CheckState.UNKNOWN,
            f"Where {server} keeps its files is unknown on this machine.",
            "Give --store, or --extern and --logs.",
            tuple(more),
        )
    if whose.owner is Owner.THIS:
        more.insert(0, f"proof that these are its files: {whose.reason}")
    undecided = [fact for fact in found.contradictions if fact.chosen.source != GIVEN]
    overridden = [fact for fact in found.contradictions if fact.chosen.source == GIVEN]
    if undecided:
        return Check(
            "deployment",
            title,
            CheckState.WARNING,
            " ".join(in_words(fact) for fact in (*undecided, *overridden)),
            "Correct the outdated file, or give the right value in the profile, or by --store, "
            "--extern and --logs.",
            tuple(more),
        )
    words = " ".join(in_words(fact) for fact in overridden)
    if any(fact.name is FactName.EXTERN for fact in overridden):
        return Check(
            "deployment",
            title,
            CheckState.WARNING,
            words,
            "If they are different folders, a backup will not find its files in the given one: "
            "omit it, and kwtui uses the node's own.",
            tuple(more),
        )
    detail = words or f"All sources agree: {_in_short(found)}."
    return Check("deployment", title, CheckState.OK, detail, "", tuple(more))


_SHORT = (FactName.KIND, FactName.STORE, FactName.SQL_PORT, FactName.USER, FactName.SECURITY)


def _in_short(found: Deployment) -> str:
    claims = [(name, found.chosen(name)) for name in _SHORT]
    return ", ".join(
        claim.value if name is FactName.KIND else f"{name.value} {claim.value or claim.inside}"
        for name, claim in claims
        if claim is not None
    )


def _said(fact: Fact) -> str:
    parts = []
    for claim in fact.claims:
        inside = f", {claim.inside} in the container" if claim.inside else ""
        parts.append(f"{claim.value or claim.problem} ({claim.source}{inside})")
    return "; ".join(parts)


def _extern(look: FilesLook) -> Check:
    title, found = "Extern", look.place.extern
    if found.path is None or not (found.exists or found.pending):
        detail = found.problem or f"{found.path} was not found."
        hint = found.remedy or "Run kwtui where the node's files are, and give --extern DIR."
        return Check("extern", title, CheckState.FAILED, detail, hint)
    where = f"{found.path} ({found.source})"
    if found.pending:
        detail = f"{where} is does not exist yet: KWDB creates it at the first export."
        return Check("extern", title, CheckState.OK, detail)
    if not found.usable:
        hint = "Run kwtui as the account of the node: sudo -u ACCOUNT kwtui doctor"
        return Check("extern", title, CheckState.FAILED, found.problem, hint)
    whose = f"{where} belongs to {found.owner}:{found.group}"
    if look.account not in (found.owner, "root"):
        return Check(
            "extern",
            title,
            CheckState.WARNING,
            f"{whose}; this is {look.account}. KWDB writes meta.sql for its own account only, so "
            "those files cannot be read here.",
            f"Run kwtui as {found.owner}.",
        )
    if not found.writable:
        # Only a file system that is mounted read-only stops the owner, or root.
        mounted = look.account in ("root", found.owner)
        why = "; its file system is mounted read-only" if mounted else ""
        remedy = "Mount it for writing" if mounted else f"Run kwtui as {found.owner}"
        return Check(
            "extern",
            title,
            CheckState.WARNING,
            f"{whose} and can be read but not written{why}: manifests will be kept in kwtui's "
            "state directory.",
            f"{remedy} to keep them beside the data.",
        )
    return Check("extern", title, CheckState.OK, f"{whose}, readable and writable.")


def _logs(look: FilesLook) -> Check:
    title, found = "Logs", look.place.logs
    if found.path is None or not found.usable:
        detail = found.problem or f"{found.path} cannot be read."
        hint = found.remedy or "Give --logs DIR, or run kwtui as the account of the node."
        return Check("logs", title, CheckState.WARNING, detail, hint)
    if isinstance(look.log_files, str):
        return Check("logs", title, CheckState.WARNING, look.log_files)
    if not look.log_files:
        detail = f"{found.path} ({found.source}) holds no log file of KWDB."
        return Check("logs", title, CheckState.WARNING, detail, "Check --log-dir of the node.")
    detail = f"{found.path} ({found.source}), {plural(look.log_files, 'file')}"
    return Check("logs", title, CheckState.OK, detail)


_FRESH = timedelta(days=30)


def _crashes(look: FilesLook) -> Check:
    """A node that is started again hides that it crashed."""
    title, found = "Crashes", look.crashes
    if isinstance(found, str):
        return unknown("crashes", title, found)
    fresh = [crash for crash in found if crash.at is None or look.now - crash.at <= _FRESH]
    if not fresh:
        detail = "errlog.log has none." if found == () else "None in the last 30 days."
        return Check("crashes", title, CheckState.OK, detail)
    last = fresh[-1]
    at = f" at {last.at:%Y-%m-%d %H:%M:%S} UTC" if last.at is not None else ""
    often = f", {len(fresh)} times in 30 days, the last time" if len(fresh) > 1 else ""
    return Check(
        "crashes",
        title,
        CheckState.WARNING,
        f"The node crashed{often}{at} ({last.signal}): {last.file}.",
        "Keep errlog.log, kwbase.log and the TsEngine log, and read what it means: kwtui "
        "explain node_crashed. Back up before it happens again.",
        tuple(f"{c.at:%Y-%m-%d %H:%M:%S} UTC {c.signal}" for c in fresh if c.at is not None),
    )


# -- what the machine has ---------------------------------------------------------------------


def _space(spaces: Sequence[Space]) -> Check:
    title = "Free space"
    if not spaces:
        return unknown("space", title, "No folder of the node is known.")
    worst = max((_space_state(space) for space in spaces), key=_RANK.index)
    detail = "; ".join(_space_words(space) for space in spaces)
    hint = ""
    if worst is not CheckState.OK:
        hint = "Remove old backups (kwtui prune) and exports; TsEngine logs are never removed."
    return Check("space", title, worst, detail, hint)


_RANK = [CheckState.OK, CheckState.WARNING, CheckState.FAILED]


def _space_state(space: Space) -> CheckState:
    inodes = space.inodes if space.inodes is not None else _LITTLE_INODES
    if space.free < _FEW_BYTES or inodes < _FEW_INODES:
        return CheckState.FAILED
    little = space.free < _LITTLE_BYTES or space.free < space.total * _LITTLE_SHARE
    return CheckState.WARNING if little or inodes < _LITTLE_INODES else CheckState.OK


def _space_words(space: Space) -> str:
    share = space.free * 100 // max(space.total, 1)
    words = f"{human_bytes(space.free)} ({share} %) free for {space.path}"
    if space.inodes is not None:
        words += f", {human_count(space.inodes)} inodes"
    return words


def _file_systems(found: Sequence[tuple[str, Path, str]]) -> Check:
    title = "File systems"
    if not found:
        return unknown("file_systems", title, "No folder of the node is known.")
    words = "; ".join(f"{what} on {kind or 'an unknown one'}" for what, _, kind in found)
    distant = [what for what, _, kind in found if kind and not tells_of_changes(kind)]
    if distant:
        return Check(
            "file_systems",
            title,
            CheckState.WARNING,
            f"{words}. Changes that other machines make in {' and '.join(distant)} send no "
            "events: kwtui polls about every second.",
            "Prefer a local disk for extern: if the network stalls, so does the export.",
        )
    if any(not kind for *_, kind in found):
        return Check("file_systems", title, CheckState.UNKNOWN, words)
    return Check("file_systems", title, CheckState.OK, words)


def _watches(limits: WatchLimits | str) -> Check:
    title = "Watch limits"
    if isinstance(limits, str):
        return unknown("watches", title, limits or "The kernel does not report its limits.")
    free = limits.watches - limits.used_watches
    words = (
        f"{human_count(limits.used_watches)} of {human_count(limits.watches)} watches and "
        f"{limits.used_instances} of {limits.instances} instances are used; extern takes "
        f"{human_count(limits.needed)}."
    )
    if free < limits.needed or limits.used_instances + 2 > limits.instances:
        return Check(
            "watches",
            title,
            CheckState.WARNING,
            f"{words} kwtui will poll instead.",
            "sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512",
        )
    return Check("watches", title, CheckState.OK, words)


def _state(state: FolderState | None) -> Check:
    title = "kwtui's own files"
    if state is None or state.path is None:
        return unknown("state", title, "Their folder is unknown.")
    if state.free_bytes is not None and state.free_bytes < _STATE_BYTES:
        return Check(
            "state",
            title,
            CheckState.FAILED,
            f"{human_bytes(state.free_bytes)} free for {state.path}: no run can write its plan "
            "and its journal there.",
            "Free space, or set XDG_STATE_HOME to a folder on a file system with free space.",
        )
    if not state.exists:
        return Check("state", title, CheckState.OK, f"{state.path} is created at the first run.")
    if not (state.readable and state.writable):
        return Check(
            "state",
            title,
            CheckState.FAILED,
            f"{state.path} belongs to {state.owner} and is closed to this account: no run can "
            "start.",
            "chown it to this account, or set XDG_STATE_HOME to a folder of its own.",
        )
    return Check("state", title, CheckState.OK, str(state.path))

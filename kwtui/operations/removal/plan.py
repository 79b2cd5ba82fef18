"""Plans that remove: one set, what retention lets go, what interrupted runs left. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from kwtui.backups.layout.trash import trash_path
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.removing import SetContents, freed_by
from kwtui.backups.retention import CalendarDay, Decision, Reason, Rule, calendar
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.text import human_bytes, plural, sentences, shell_quoted

_STRAYS_NAMED = 5


@dataclass(frozen=True)
class Removable:
    """One folder that may be removed, as it was found."""

    entry: BackupEntry
    contents: SetContents
    fingerprint: str = ""
    """SHA-256 of the manifest; empty without one. Only this very set is removed."""
    problem: KwtuiError | None = None
    """Why this account cannot remove it."""
    busy: KnownRun | None = None
    last_proven: bool = False


@dataclass(frozen=True)
class Staying:
    """A set that stays, and that others can go without because it does."""

    entry: BackupEntry
    fingerprint: str
    """SHA-256 of the manifest: this very set was meant."""


@dataclass(frozen=True)
class PrunePreview:
    """What retention would do: every decision with its reasons, and the plan that does it."""

    policies: RetentionPolicies
    decisions: tuple[Decision, ...]
    """Newest first; adopted trees, leftovers and foreign files are not among them."""
    days: tuple[CalendarDay, ...]
    plan: Plan

    @property
    def stays(self) -> tuple[Decision, ...]:
        return tuple(d for d in self.decisions if d.keep)

    @property
    def goes(self) -> tuple[Decision, ...]:
        return tuple(d for d in self.decisions if not d.keep)


def plan_delete(
    found: Removable,
    stays: Staying | None,
    confirmed: str | None,
    minimum: ProofLevel,
    now: datetime,
    plan_id: str,
    options: Sequence[str] = (),
) -> Plan:
    """The plan for one set; ``confirmed`` is the name that a person typed.

    ``stays`` is the set that is as good, and is checked first; None if nothing proven is lost or
    nothing is as good. ``minimum`` is what counts as proven for its database; ``options`` are those
    of a command for the same server and files.
    """
    entry = found.entry
    return Plan(
        id=plan_id,
        kind=PlanKind.DELETE,
        title=f"Delete {entry.path}",
        created_at=now,
        cluster_id="",
        node_id=0,
        database=entry.database or "",
        path=entry.path,
        steps=(*([check_step(stays)] if stays else []), remove_step(found)),
        findings=tuple(_delete_findings(found, confirmed, options)),
        estimated_bytes=found.contents.freed,
        estimate_source="the sizes of the files",
        request={"path": entry.path, "confirmed": confirmed, "minimum": int(minimum)},
    )


def prune_preview(
    decisions: Sequence[Decision],
    going: Iterable[Removable],
    staying: Iterable[Staying],
    policies: RetentionPolicies,
    database: str | None,
    now: datetime,
    plan_id: str,
) -> PrunePreview:
    """The decisions with their plan; ``going`` are exactly the sets that are to go.

    ``staying`` are those that they can go without; each is checked before anything goes.
    """
    removables = sorted(going, key=lambda r: r.entry.path)
    size = freed_by(r.contents for r in removables)
    whose = f" of {database}" if database else ""
    plan = Plan(
        id=plan_id,
        kind=PlanKind.PRUNE,
        title=f"Remove {plural(len(removables), 'backup')}{whose} that retention lets go",
        created_at=now,
        cluster_id="",
        node_id=0,
        database=database or "",
        path="",
        steps=(*(check_step(s) for s in staying), *(remove_step(r) for r in removables)),
        findings=tuple(f for r in removables for f in access_findings(r)),
        estimated_bytes=size,
        estimate_source="the sizes of the files",
        request={"policies": msgspec.to_builtins(policies), "database": database},
    )
    return PrunePreview(policies, tuple(decisions), calendar(decisions), plan)


def kept_after_all(found: Removable) -> Reason | None:
    """Why a set that the policy lets go stays: it is in use, or holds what is not kwtui's."""
    if found.busy is not None:
        return Reason(Rule.IN_USE, f"run {found.busy.id} is working on it")
    if found.contents.strays:
        return Reason(Rule.STRAYS, f"holds {_strays_words(found.contents.strays)}")
    return None


def check_step(stays: Staying) -> Step:
    """The step that reads a set that stays, as `kwtui verify --level P1` does."""
    entry = stays.entry
    return Step(
        id=f"check:{entry.path}",
        kind=StepKind.CHECK_FILES,
        title=f"Check the backup that is kept: {entry.path}",
        explanation="Every file must exist, with the size and SHA-256 of its manifest: "
        f"{human_bytes(entry.bytes)} are read. Otherwise nothing is removed.",
        subject=entry.path,
        params={
            "level": int(ProofLevel.P1),
            "manifest": stays.fingerprint,
            "database": entry.database,
            "only": list(entry.only),
        },
    )


def remove_step(found: Removable) -> Step:
    """The step that removes one folder, with what goes."""
    entry, contents = found.entry, found.contents
    proof = "" if entry.proof is None else f", proven to P{int(entry.proof)}"
    aside = PurePosixPath(trash_path(entry.path)).name
    return Step(
        id=f"remove:{entry.path}",
        kind=StepKind.REMOVE,
        title=f"Remove {entry.path}",
        explanation=f"{plural(contents.files, 'file')}, {human_bytes(contents.bytes)}{proof}"
        f"{_shared_words(contents)}. The "
        f"folder is renamed to {aside} first, then removed file by file; links are not followed.",
        subject=entry.path,
        params={
            "path": entry.path,
            "kind": entry.kind.value,
            "manifest": found.fingerprint,
            "files": contents.files,
            "bytes": contents.bytes,
            "newest": contents.newest,
            "proof": None if entry.proof is None else int(entry.proof),
        },
    )


def _shared_words(contents: SetContents) -> str:
    if not contents.shared:
        return ""
    return f"; {human_bytes(contents.freed)} of it is in no other backup and becomes free"


def is_confirmed(path: str, typed: str | None) -> bool:
    """Whether the typed name is that of the set: its path, or its last folder."""
    return typed is not None and typed.strip("/") in (path, PurePosixPath(path).name)


# -- findings ---------------------------------------------------------------------------------


def _delete_findings(
    found: Removable, confirmed: str | None, options: Sequence[str]
) -> Iterator[Finding]:
    entry = found.entry
    if entry.kind is not EntryKind.SET:
        yield _no_set(entry, options)
        return
    if entry.pinned:
        yield _refusal(
            "pinned",
            entry.path,
            "It is pinned.",
            f"Unpin it first: {shell_line('unpin', entry.path, options=options)}",
        )
    if found.busy is not None:
        yield in_use(entry.path, f"Run {found.busy.id} is working on it.")
    yield from access_findings(found)
    if found.last_proven:
        yield _last_proven(entry, confirmed)
    elif confirmed and not is_confirmed(entry.path, confirmed):
        # Whoever typed another name means another backup.
        name = PurePosixPath(entry.path).name
        yield _refusal(
            "another_name",
            entry.path,
            f"Its name is {name}, not {confirmed}.",
            f"Type its own name: --yes-delete {shell_quoted(name)}",
        )
    if found.contents.strays:
        yield Finding(
            Severity.WARNING,
            "strays",
            entry.path,
            f"It holds {_strays_words(found.contents.strays)}; they go too.",
            "Move them away first if somebody needs them.",
        )


def access_findings(found: Removable) -> Iterator[Finding]:
    """Why this account cannot remove it."""
    problem = found.problem
    if problem is not None:
        message = sentences(problem.title, problem.cause)
        code = "not_removable"
        if problem.exit_code is ExitCode.EXTERN_NOT_READABLE:
            code = "extern_not_readable"
        yield _refusal(code, found.entry.path, message, problem.hint)


def in_use(subject: str, message: str) -> Finding:
    return _refusal("in_use", subject, message, "Wait for it, or cancel it: kwtui runs")


def _last_proven(entry: BackupEntry, confirmed: str | None) -> Finding:
    name = PurePosixPath(entry.path).name
    message = f"It is the last proven backup of {entry.database}."
    if is_confirmed(entry.path, confirmed):
        return Finding(
            Severity.WARNING, "last_proven", entry.path, f"{message} You typed its name."
        )
    typed = f" What was typed is not its name: {confirmed}" if confirmed else ""
    return _refusal(
        "last_proven",
        entry.path,
        message + typed,
        f"Back up again first. To delete it anyway: --yes-delete {shell_quoted(name)}",
    )


def _no_set(entry: BackupEntry, options: Sequence[str]) -> Finding:
    if entry.kind in (EntryKind.INCOMPLETE, EntryKind.DELETED):
        return _refusal(
            "leftover",
            entry.path,
            "It is not a backup but a leftover of an interrupted run.",
            f"Remove it with: {shell_line('cleanup', entry.path, options=options)}",
        )
    return _refusal(
        "not_ours",
        entry.path,
        "It was not made by kwtui.",
        "kwtui deletes its own backups only; remove this with system tools.",
    )


def _refusal(code: str, subject: str, message: str, remedy: str) -> Finding:
    return Finding(Severity.REFUSAL, code, subject, message, remedy)


def _strays_words(strays: Sequence[str]) -> str:
    named = ", ".join(strays[:_STRAYS_NAMED])
    more = ", ..." if len(strays) > _STRAYS_NAMED else ""
    return f"{plural(len(strays), 'file')} that its manifest does not list ({named}{more})"

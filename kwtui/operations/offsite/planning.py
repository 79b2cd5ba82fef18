"""Looking at sets and targets for the plans of off-site copies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kwtui.backups.layout.location import find_location
from kwtui.backups.layout.naming import inside, parse_set_path
from kwtui.backups.layout.tree import is_there
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.scanning import describe
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import space_at
from kwtui.model.findings import Finding, Severity
from kwtui.model.offsite import TargetSettings
from kwtui.model.retention import RetentionPolicy
from kwtui.model.schema import TableName
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.copies import Contents, Copy, read_contents, unreadable_archives
from kwtui.offsite.fetching import read_bytes, wanted_files
from kwtui.offsite.keys import recipients_of
from kwtui.offsite.optional_packages import zstd_module
from kwtui.offsite.pruning import (
    CopyDecision,
    decide_copies,
    files_that_go,
    leftovers,
    without,
)
from kwtui.offsite.sending import prepare
from kwtui.offsite.targets.opening import opened
from kwtui.operations.offsite.plan import (
    FetchFacts,
    PushFacts,
    Removal,
    plan_fetch,
    plan_prune,
    plan_push,
)
from kwtui.operations.plan import Plan
from kwtui.text import shell_quoted


def make_push_plan(
    extern: Path,
    state: Path,
    path: str,
    settings: TargetSettings,
    recipients: tuple[str, ...],
    level: CopyLevel,
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan of sending a set. Blocking.

    ``recipients`` count instead of the target's own, if there are any. Raises KwtuiError: USAGE,
    NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED, and as the target does.
    """
    zstd_module()
    keys = recipients or settings.recipients
    recipients_of(keys)
    entry = describe(extern, path, state)
    if entry.kind is not EntryKind.SET:
        raise KwtuiError(
            f"{path} is not a backup set of kwtui.",
            hint="See which ones there are: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )
    location = find_location(extern, path, state)
    with opened(settings) as target:
        outgoing = prepare(target, location, keys)
        there = [copy for copy in outgoing.contents.copies if copy.path == path]
        facts = PushFacts(
            path=path,
            database=outgoing.manifest.database,
            target=settings.words,
            address=target.address,
            recipients=keys,
            given_recipients=bool(recipients),
            parts=len(outgoing.plan.parts),
            raw_bytes=outgoing.plan.raw_bytes,
            shared_bytes=outgoing.plan.shared_bytes,
            free_bytes=target.free_bytes(),
            is_there=outgoing.is_there,
            replaces=next((c.problem for c in there if c.archive is not None), ""),
            refusals=tuple(_why_not_sent(entry)),
        )
    return plan_push(facts, level, now, plan_id)


def _why_not_sent(entry: BackupEntry) -> list[Finding]:
    if not entry.problem:
        return []
    remedy = f"Look at it: kwtui verify {shell_quoted(entry.path)}"
    return [Finding(Severity.REFUSAL, "backup_damaged", entry.path, entry.problem, remedy)]


def find_copy(contents: Contents, path: str) -> Copy:
    """A copy that can be read. Raises KwtuiError: NOT_FOUND, BACKUP_INCOMPLETE."""
    copy = contents.find(path)
    if copy.archive is None:
        raise KwtuiError(
            f"{path} on {contents.address} is not a usable copy: {copy.problem}.",
            hint=f"Send it again: kwtui offsite push {shell_quoted(path)} TARGET",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    return copy


def folder_of_copies(path: str) -> str:
    """The folder of the copies of a set's database. Raises KwtuiError (USAGE) for no set's path."""
    if parse_set_path(path) is None:
        raise KwtuiError(
            f"{path} is not the path of a backup set.",
            hint="Give it as the target's list shows it: kwtui offsite list TARGET",
            exit_code=ExitCode.USAGE,
        )
    return path.rpartition("/")[0]


def make_fetch_plan(
    extern: Path,
    path: str,
    settings: TargetSettings,
    tables: tuple[TableName, ...],
    identities: tuple[str, ...],
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan of fetching a copy back. Blocking. Raises KwtuiError as `make_push_plan`."""
    zstd_module()
    folder = folder_of_copies(path)
    with opened(settings) as target:
        copy = find_copy(read_contents(target, folder), path)
        address = target.address
    if copy.archive is None:
        raise KwtuiError(f"{path} is no copy.", exit_code=ExitCode.BACKUP_INCOMPLETE)
    files = wanted_files(copy.archive, tables)
    facts = FetchFacts(
        archive=copy.archive,
        target=settings.words,
        address=address,
        problem=copy.problem,
        tables=tables,
        identities=identities,
        read_bytes=read_bytes(copy.archive, files),
        raw_bytes=sum(file.bytes for file in files),
        free_bytes=_free(extern),
        is_here=is_there(inside(extern, path)),
    )
    return plan_fetch(facts, now, plan_id)


def _free(extern: Path) -> int | None:
    try:
        return space_at(extern).free
    except OSError:
        return None


@dataclass(frozen=True)
class PrunePreview:
    """What stays on a target and what goes, with the plan that does it."""

    address: str
    decisions: tuple[CopyDecision, ...]
    plan: Plan


def make_prune_preview(
    settings: TargetSettings,
    database: str | None,
    policy: RetentionPolicy | None,
    now: datetime,
    plan_id: str,
) -> PrunePreview:
    """What retention lets go; without a policy what was cut off. Blocking."""
    with opened(settings) as target:
        contents = read_contents(target)
        address = target.address
    decisions: list[CopyDecision] = []
    if policy is not None:
        decisions = decide_copies(contents.of(database), policy, now)
        goes = {d.copy.path: ", ".join(d.reasons) for d in decisions if not d.keep}
    else:
        left = set(leftovers(contents)) & {copy.path for copy in contents.of(database)}
        goes = dict.fromkeys(sorted(left), "it is not a copy: its upload did not finish")
    findings = tuple(
        Finding(
            Severity.REFUSAL,
            "backup_damaged",
            path,
            "its archive.json cannot be read, so the parts that it needs are unknown",
            "Check that file. Nothing is removed until it is readable or deleted.",
        )
        for path in unreadable_archives(contents)
    )
    removals = []
    for path, why in goes.items():
        names = files_that_go(contents, path)
        size = sum(contents.there[name] for name in names)
        removals.append(Removal(path, contents.find(path).database, len(names), size, why))
        contents = without(contents, path, names)
    plan = plan_prune(removals, settings.words, address, policy, findings, now, plan_id)
    return PrunePreview(address, tuple(decisions), plan)

"""The plans of off-site copies, from what was found. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from kwtui.model.findings import Finding, Severity
from kwtui.model.retention import RetentionPolicy
from kwtui.model.schema import TableName
from kwtui.offsite.archive import Archive, CopyLevel
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.text import human_bytes, plural

_LEVEL_WORDS = {
    CopyLevel.O1: "Every part must exist, with its size.",
    CopyLevel.O2: "Every stored byte is read back and compared; no key is needed.",
}
PUSH_LEVELS = tuple(_LEVEL_WORDS)
"""How far a copy can be proven without a private key."""


@dataclass(frozen=True)
class PushFacts:
    """What is known of a set and a target before it is sent."""

    path: str
    database: str
    target: str
    """As the person named it."""
    address: str
    recipients: tuple[str, ...]
    given_recipients: bool
    """They stood on the command line, and not in the saved target."""
    parts: int
    raw_bytes: int
    """To be read and packed."""
    shared_bytes: int
    """Of the set's bytes what the target has already."""
    free_bytes: int | None
    is_there: bool
    replaces: str = ""
    """What is wrong with a copy that is there."""
    refusals: tuple[Finding, ...] = ()


def plan_push(facts: PushFacts, level: CopyLevel, now: datetime, plan_id: str) -> Plan:
    """Send what is not there, then prove the copy."""
    steps = []
    if not facts.is_there:
        steps.append(_send_step(facts))
    steps.append(
        Step(
            "check",
            StepKind.CHECK_COPY,
            f"Check the copy up to O{int(level)}",
            " ".join(words for each, words in _LEVEL_WORDS.items() if each <= level),
            subject=facts.path,
            params={"level": int(level)},
        )
    )
    return Plan(
        id=plan_id,
        kind=PlanKind.OFFSITE,
        title=f"Send {facts.path} to {facts.address}",
        created_at=now,
        cluster_id="",
        node_id=0,
        database=facts.database,
        path=facts.path,
        steps=tuple(steps),
        findings=(*facts.refusals, *_push_findings(facts)),
        estimated_bytes=0 if facts.is_there else facts.raw_bytes,
        estimate_source="the manifest, before it is compressed",
        request={
            "action": "push",
            "address": facts.address,
            "target": facts.target,
            "databases": [facts.database],
            "recipients": list(facts.recipients),
            "given_recipients": facts.given_recipients,
            "level": int(level),
        },
    )


def _send_step(facts: PushFacts) -> Step:
    words = f"{plural(facts.parts, 'part')} of at most 256 MB"
    words += ", encrypted" if facts.recipients else ""
    shared = human_bytes(facts.shared_bytes)
    words += f"; {shared} are there already" if facts.shared_bytes else ""
    return Step(
        "send",
        StepKind.SEND,
        f"Send {human_bytes(facts.raw_bytes)}, before it is compressed",
        f"{words}. archive.json is written last: without it the folder "
        "is not a copy. Parts that an interrupted run sent are not sent again.",
        subject=facts.path,
    )


def _push_findings(facts: PushFacts) -> Iterable[Finding]:
    if facts.is_there:
        message = f"{facts.address} has a whole copy: it is checked, and nothing is sent."
        yield Finding(Severity.INFO, "copy_there", facts.path, message)
        return
    if facts.replaces:
        message = f"The existing copy is damaged and is sent again: {facts.replaces}."
        yield Finding(Severity.WARNING, "copy_damaged", facts.path, message)
    if not facts.recipients:
        yield Finding(
            Severity.WARNING,
            "not_encrypted",
            "",
            f"The copy is not encrypted: whoever can read {facts.address} reads the data.",
            "Give a public key: --recipient age1… (kwtui offsite keygen FILE makes one)",
        )
    if facts.free_bytes is not None and facts.free_bytes < facts.raw_bytes:
        free = human_bytes(facts.free_bytes)
        yield Finding(
            Severity.WARNING,
            "space_unsure",
            "",
            f"{free} are free on {facts.address}: it fits only if it shrinks enough.",
        )


@dataclass(frozen=True)
class FetchFacts:
    """What is known of a copy and of extern before it is fetched."""

    archive: Archive
    target: str
    address: str
    problem: str
    """Of the copy."""
    tables: tuple[TableName, ...]
    identities: tuple[str, ...]
    """Files of private keys."""
    read_bytes: int
    raw_bytes: int
    free_bytes: int | None
    is_here: bool


def plan_fetch(facts: FetchFacts, now: datetime, plan_id: str) -> Plan:
    """Bring a copy back; refusals are findings."""
    archive = facts.archive
    only = f", only {', '.join(map(str, facts.tables))}" if facts.tables else ""
    return Plan(
        id=plan_id,
        kind=PlanKind.FETCH,
        title=f"Fetch {archive.set_id} from {facts.address}{only}",
        created_at=now,
        cluster_id="",
        node_id=0,
        database=archive.database,
        path=archive.set_id,
        steps=(
            Step(
                "fetch",
                StepKind.FETCH,
                f"Read {human_bytes(facts.read_bytes)}, write {human_bytes(facts.raw_bytes)}",
                "Every file must come out as it was sent. Then all are read back from the disk "
                "and checked up to P2, and only then the manifest is written: until then it is "
                "not a backup.",
                subject=archive.set_id,
            ),
        ),
        findings=tuple(_fetch_findings(facts)),
        estimated_bytes=facts.raw_bytes,
        estimate_source="the copy's archive.json",
        request={
            "action": "fetch",
            "target": facts.target,
            "tables": msgspec.to_builtins(facts.tables),
            "identities": list(facts.identities),
        },
    )


def _fetch_findings(facts: FetchFacts) -> Iterable[Finding]:
    path = facts.archive.set_id
    if facts.is_here:
        message = "its path below extern exists already"
        yield Finding(Severity.REFUSAL, "name_taken", path, message, "See it: kwtui list --all")
    if facts.free_bytes is not None and facts.free_bytes < facts.raw_bytes:
        free, needed = human_bytes(facts.free_bytes), human_bytes(facts.raw_bytes)
        message = f"{free} are free on the disk of extern, and {needed} are needed"
        yield Finding(Severity.REFUSAL, "disk_full", path, message, "Free space there.")
    if facts.archive.recipients and not facts.identities:
        message = "the copy is encrypted"
        remedy = "Give the private key of one of its recipients: --identity FILE"
        yield Finding(Severity.REFUSAL, "key_missing", path, message, remedy)
    if facts.problem:
        yield Finding(Severity.WARNING, "copy_damaged", path, facts.problem)
    if facts.tables:
        words = f"It comes back as a partial backup with {plural(len(facts.tables), 'table')}."
        yield Finding(Severity.INFO, "partial", path, words)


@dataclass(frozen=True)
class Removal:
    """What of a copy goes."""

    path: str
    database: str
    files: int
    bytes: int
    why: str


def plan_prune(
    removals: Sequence[Removal],
    target: str,
    address: str,
    policy: RetentionPolicy | None,
    findings: tuple[Finding, ...],
    now: datetime,
    plan_id: str,
) -> Plan:
    """``policy`` None: what was cut off, and no copy."""
    kept: dict[str, Any] | None = None if policy is None else msgspec.to_builtins(policy)
    steps = tuple(
        Step(
            f"remove-{number}",
            StepKind.REMOVE_COPY,
            f"Remove {removal.path}: {plural(removal.files, 'file')}, {human_bytes(removal.bytes)}",
            f"{removal.why}. Parts that another copy needs stay.",
            subject=removal.path,
        )
        for number, removal in enumerate(removals, 1)
    )
    return Plan(
        id=plan_id,
        kind=PlanKind.OFFSITE,
        title=f"Remove {plural(len(steps), 'copy', 'copies')} from {address}",
        created_at=now,
        cluster_id="",
        node_id=0,
        database="",
        path="",
        steps=steps,
        findings=findings,
        estimated_bytes=sum(removal.bytes for removal in removals),
        estimate_source="the listing of the target",
        request={
            "action": "prune",
            "address": address,
            "target": target,
            "databases": sorted({removal.database for removal in removals}),
            "policy": kept,
        },
    )

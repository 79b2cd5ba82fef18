"""Running a plan about off-site copies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from kwtui.backups.layout.location import find_location
from kwtui.backups.layout.naming import parse_set_path
from kwtui.backups.listing.scanning import describe
from kwtui.config.offsite import find_target
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.evidence.journal import journal_head, keeper
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy
from kwtui.model.schema import TableName
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import CopyCheck, check_copy
from kwtui.offsite.copies import read_archive, read_contents, unreadable_archives
from kwtui.offsite.fetching import fetch
from kwtui.offsite.heads import note_head
from kwtui.offsite.keys import read_identities
from kwtui.offsite.pruning import decide_copies, files_that_go, leftovers
from kwtui.offsite.sending import SendProgress, as_json, prepare, send
from kwtui.offsite.targets.opening import opened
from kwtui.offsite.targets.target import Target
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.offsite.recovery_plan import send_recovery_plan
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.operations.shared.refusals import check_allowed
from kwtui.text import human_bytes, plural, sentences


async def run_offsite(context: RunContext) -> RunResult:
    """Run the plan. Raises KwtuiError; what was sent stays for the next try."""
    check_allowed(context.plan)
    return await _OffsiteRun(context).run()


class _OffsiteRun:
    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._request = context.plan.request
        self._settings = find_target(self._request["target"])
        self._result: dict[str, object] = {"path": context.plan.path} if context.plan.path else {}
        self._summary: list[str] = []
        self._removed: list[str] = []

    async def run(self) -> RunResult:
        executors = {
            kind: self._in_thread(work)
            for kind, work in (
                (StepKind.SEND, self._send),
                (StepKind.CHECK_COPY, self._check),
                (StepKind.FETCH, self._fetch),
                (StepKind.REMOVE_COPY, self._remove),
            )
        }
        await run_steps(self._context.plan, executors, self._context.reporter, self._context.halt)
        if self._request["action"] == "prune":
            self._result["removed"] = self._removed
            self._summary = [f"Removed {plural(len(self._removed), 'copy', 'copies')}."]
        return RunResult(summary=" ".join(self._summary), result=self._result)

    def _in_thread(
        self, work: Callable[[Step], StepOutcome]
    ) -> Callable[[Step], asyncio.Future[StepOutcome]]:
        return lambda step: asyncio.ensure_future(asyncio.to_thread(work, step))

    def _stop_if_told(self) -> None:
        if self._context.halt.requested.is_set():
            raise self._context.halt.reason()

    # -- sending ------------------------------------------------------------------------------

    def _send(self, step: Step) -> StepOutcome:
        context = self._context
        path, recipients = context.plan.path, tuple(self._request["recipients"])
        location = find_location(context.extern, path, context.state)
        proof = describe(context.extern, path, context.state).proof or ProofLevel.P0

        def tell(progress: SendProgress) -> None:
            self._stop_if_told()
            context.reporter.progress(
                step,
                phase="sending",
                bytes=progress.bytes,
                bytes_total=progress.bytes_total,
                basis=f"bytes read, at part {progress.part:,} of {progress.parts:,}",
            )

        with opened(self._settings) as target:
            outgoing = prepare(target, location, recipients)
            sent = send(target, outgoing, proof, context.state, tell)
            note_head(target, keeper(), journal_head(context.state))
            address = target.address
            self._send_plan(target, path, recipients)
        self._result |= as_json(sent) | {"target": address}
        size = human_bytes(sent.stored_bytes)
        kept = f", {sent.parts_kept:,} were there" if sent.parts_kept else ""
        words = f"{plural(sent.parts_sent, 'part')}, {size}{kept}"
        self._summary.insert(0, f"Sent {path} to {address}: {words}.")
        return StepOutcome(summary=words, bytes=sent.stored_bytes)

    def _send_plan(self, target: Target, path: str, recipients: tuple[str, ...]) -> None:
        """The recovery plan that lies beside the set.

        The copy is whole without it: what keeps it from going is told, and fails nothing.
        """
        if parse_set_path(path) is None:
            return
        folder = str(PurePosixPath(path).parent)
        sent: tuple[str, ...] = ()
        try:
            sent = send_recovery_plan(
                target, self._context.extern, folder, recipients, datetime.now(UTC)
            )
        except KwtuiError as error:
            self._summary.append(f"The recovery plan was not sent: {sentences(*error.lines())}")
        self._result["recovery_plan"] = list(sent)

    def _check(self, step: Step) -> StepOutcome:
        context = self._context

        def read(done: int, total: int) -> None:
            self._stop_if_told()
            context.reporter.progress(
                step, phase="checking the copy", bytes=done, bytes_total=total, basis="bytes read"
            )

        with opened(self._settings) as target:
            archive = read_archive(target, context.plan.path)
            check = check_copy(target, archive, CopyLevel(step.params["level"]), read=read)
        refuse_damaged(check)
        self._result["check"] = msgspec.to_builtins(check)
        self._summary.append(f"The copy is {check.summary}.")
        return StepOutcome(summary=check.summary, bytes=check.bytes)

    # -- fetching -----------------------------------------------------------------------------

    def _fetch(self, step: Step) -> StepOutcome:
        context = self._context
        tables = msgspec.convert(self._request["tables"], list[TableName])
        phrase = context.passphrase
        files = [Path(file) for file in self._request["identities"]]
        identities = read_identities(files, None if phrase is None else lambda _: phrase)

        def read(done: int, total: int) -> None:
            self._stop_if_told()
            context.reporter.progress(
                step, phase="fetching", bytes=done, bytes_total=total, basis="bytes fetched"
            )

        with opened(self._settings) as target:
            archive = read_archive(target, context.plan.path)
            fetched = fetch(
                target,
                archive,
                context.extern,
                context.state,
                tables=tables,
                identities=identities,
                read=read,
                verified=context.tell_of(step, "reading files"),
                cancelled=context.halt.requested.is_set,
            )
            address = target.address
        self._result |= msgspec.to_builtins(fetched) | {"target": address}
        words = f"{plural(fetched.files, 'file')}, {human_bytes(fetched.bytes)}"
        level = f"proven to P{int(fetched.proof)}"
        self._summary.append(f"Fetched {fetched.path} from {address}: {words}, {level}.")
        return StepOutcome(summary=f"{words}, {level}", bytes=fetched.bytes)

    # -- removing -----------------------------------------------------------------------------

    def _remove(self, step: Step) -> StepOutcome:
        """Everything is looked at again: what changed since the plan was made stays."""
        path = step.subject
        with opened(self._settings) as target:
            contents = read_contents(target)
            if unreadable_archives(contents):
                raise _changed(f"{unreadable_archives(contents)[0]} cannot be read any more")
            if self._request["policy"] is None:
                goes = path in leftovers(contents)
            else:
                policy = msgspec.convert(self._request["policy"], RetentionPolicy)
                decisions = decide_copies(contents.copies, policy, self._context.plan.created_at)
                goes = any(d.copy.path == path and not d.keep for d in decisions)
            if not goes:
                raise _changed(f"{path} has changed since the plan was made")
            names = files_that_go(contents, path)
            for name in names:
                self._stop_if_told()
                target.delete(name)
        self._removed.append(path)
        size = sum(contents.there[name] for name in names)
        return StepOutcome(summary=f"{plural(len(names), 'file')}, {human_bytes(size)}", bytes=size)


def _changed(why: str) -> KwtuiError:
    return KwtuiError(
        f"Nothing more is removed: {why}.",
        hint="Plan it again.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )


def refuse_damaged(check: CopyCheck) -> None:
    """Raises KwtuiError (BACKUP_DAMAGED) for a copy that is not whole."""
    if check.ok:
        return
    raise KwtuiError(
        f"The copy of {check.path} on {check.address} is damaged: {check.problems[0]}",
        cause=lines_of(*check.problems[1:10]),
        hint="Send the set again if it is still there: kwtui offsite push SET TARGET",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )

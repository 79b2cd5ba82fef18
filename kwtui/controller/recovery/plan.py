"""The recovery plan: gathered from status, sets, server and what a person wrote down."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.commands import CommandLines
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.status import Status, refuse_unknown
from kwtui.controller.storage import Storage
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import sentences

if TYPE_CHECKING:
    from datetime import datetime

    from kwtui.documents.recovery.facts import DatabaseRecovery, Measured, RecoveryFacts
    from kwtui.model.policy import Policy
    from kwtui.protection.facts import DatabaseFacts
    from kwtui.protection.judging import Judgement
    from kwtui.unattended.run_services import FollowUp, Work


class Recovery:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        commands: CommandLines,
        storage: Storage,
        status: Status,
        background: Background,
        state: Path,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._commands = commands
        self._storage = storage
        self._status = status
        self._background = background
        self._state = state

    async def facts(self, databases: Sequence[str] = ()) -> RecoveryFacts:
        """Of these databases, or of all that are known.

        Raises NOT_FOUND for one that is not, EXTERN_NOT_READABLE where only the server is seen.
        """
        import kwtui
        from kwtui.config.contacts import contacts_path, load_contacts
        from kwtui.documents.recovery.facts import RecoveryFacts

        only = databases[0] if len(databases) == 1 else None
        report = await self._status.report(database=only)
        node = await self._status.node()
        refuse_unknown(databases, [fact.name for fact in report.facts])
        if report.facts and report.extern is None:
            raise KwtuiError(
                "The backups cannot be seen: without them there is no recovery plan.",
                cause=" ".join(report.unknown),
                hint="Name their folder with --extern, or run it on their node.",
                exit_code=ExitCode.EXTERN_NOT_READABLE,
            )
        judged = [
            (facts, judgement)
            for facts, judgement in zip(report.facts, report.judgements, strict=True)
            if not databases or facts.name in databases
        ]
        server = self._connection.status.facts if self._connection.is_connected else None
        targets, no_targets = _targets()
        return RecoveryFacts(
            made_at=report.taken_at,
            kwtui_version=kwtui.__version__,
            host=socket.gethostname(),
            options=tuple(self._commands.options()),
            extern=str(report.extern or ""),
            cluster_id=server.cluster_id if server else "",
            server_version=server.version if server else "",
            databases=tuple([await self._database(*each) for each in judged]),
            contacts=load_contacts(),
            contacts_file=str(contacts_path()),
            targets=targets,
            wal_level=node.wal_level,
            nodes=len(server.nodes) or None if server else None,
            unknown=(*report.unknown, *node.unknown, *no_targets),
        )

    async def plan(self, databases: Sequence[str], language: str) -> str:
        """The document (Markdown) in one of `kwtui.documents.recovery.plan.LANGUAGES`."""
        from kwtui.documents.recovery.plan import recovery_plan

        return recovery_plan(await self.facts(databases), language)

    async def keep(self, databases: Sequence[str] = ()) -> list[Path]:
        """Write that of each of these databases, or of all, beside its newest set; the files.

        Raises KwtuiError (NOT_FOUND, DISK_FULL, EXTERN_NOT_READABLE or FAILED).
        """
        # Once for all: to look through the store takes long where much lies there.
        facts = await self.facts(databases)
        found = {each.name: each for each in facts.databases}
        written = []
        for name in databases or found:
            written += await self._keep(replace(facts, databases=(found[name],)))
        return written

    async def renew(self, database: str) -> Renewed:
        """Write it anew, and carry it to each target that holds copies of the database.

        Raises KwtuiError as `keep`; what no target took is told in what is returned.
        """
        files = await self.keep([database])
        extern = self._folders.extern()
        folder = str(files[0].parent.relative_to(extern))
        return await self._background.call(_send, extern, self._state, folder)

    async def keep_missing(self, path: str) -> None:
        """Write it where none lies beside the set at ``path`` yet. Raises KwtuiError as `keep`."""
        from kwtui.backups.layout.naming import parse_set_path
        from kwtui.operations.offsite.recovery_plan import plan_files

        name = parse_set_path(path)
        if name is None:
            return
        folder = str(PurePosixPath(path).parent)
        if not await self._background.call(plan_files, self._folders.extern(), folder):
            await self.keep([name.database])

    async def is_outdated(self, path: str, since: datetime) -> bool:
        """Whether the plan beside a set is older than ``since``; no where none lies there, or where
        no files are seen. One that cannot be looked at is: to renew it then tells why."""
        from kwtui.backups.layout.naming import parse_set_path
        from kwtui.files.foreign.reading import status_of
        from kwtui.operations.offsite.recovery_plan import plan_files

        if self._folders.place is None or parse_set_path(path) is None:
            return False
        folder = str(PurePosixPath(path).parent)
        extern = self._folders.extern()

        def look() -> bool:
            try:
                files = plan_files(extern, folder).values()
                return any(status_of(file).st_mtime < since.timestamp() for file in files)
            except (KwtuiError, OSError):
                return True

        return await self._background.call(look)

    async def _keep(self, facts: RecoveryFacts) -> list[Path]:
        """The plan of one database, in every language."""
        from kwtui.documents.recovery.plan import LANGUAGES, plan_file, recovery_plan
        from kwtui.files.durable import write_file

        (database,) = facts.databases
        if not database.backups:
            raise KwtuiError(
                f"{database.name} has no backup: there is no folder to keep its recovery plan in.",
                exit_code=ExitCode.NOT_FOUND,
            )
        folder = self._folders.extern() / PurePosixPath(database.backups[0].path).parent
        written = []
        for language in LANGUAGES:
            path = folder / plan_file(language)
            text = recovery_plan(facts, language).encode("utf-8", "backslashreplace")
            await self._background.call(write_file, path, text)
            written.append(path)
        return written

    def after_backup(self, policy: Policy, database: str, path: str) -> FollowUp | None:
        """Of each set that a policy made: the plan beside it names the newest one."""
        from kwtui.unattended.run_services import FollowUp

        async def carry_out(_: Work) -> str:
            try:
                await self.keep([database])
            except KwtuiError as error:
                # The backup is made and proven: that its plan is old does not make it worse.
                return f"recovery plan not written: {error.title}"
            return "recovery plan written"

        return FollowUp("the recovery plan", carry_out)

    async def _database(self, facts: DatabaseFacts, judgement: Judgement) -> DatabaseRecovery:
        from kwtui.documents.recovery.facts import BackupLine, DatabaseRecovery

        best = judgement.proven
        drilled = next((run for run in facts.drills if run.succeeded), None)
        proof = None if best is None or best.proof is None else int(best.proof)
        return DatabaseRecovery(
            name=facts.name,
            state=judgement.state.value,
            reason=judgement.reason,
            backups=tuple(
                BackupLine(
                    path=backup.path,
                    at=backup.at,
                    proof=None if backup.proof is None else int(backup.proof),
                    rows=backup.rows,
                    bytes=backup.bytes,
                    damaged=bool(backup.problem),
                )
                for backup in facts.backups
                if backup.whole
            ),
            best=best.path if best else "",
            best_at=best.at if best else None,
            best_proof=proof,
            restore=_measured(facts, judgement),
            last_drill=drilled.began if drilled else None,
            max_age=facts.promise.max_age,
            not_included=await self._not_included(best.path) if best else (),
        )

    async def _not_included(self, path: str) -> tuple[str, ...]:
        manifest = (await self._storage.look_inside(path)).manifest
        return manifest.not_included if manifest is not None else ()


@dataclass(frozen=True)
class Renewed:
    """What became of a plan that was made anew."""

    targets: tuple[str, ...] = ()
    """Where it was carried to, beside the backups."""
    problems: tuple[str, ...] = ()
    """Why it is not there, of each target that did not take it."""


def _send(extern: Path, state: Path, folder: str) -> Renewed:
    from datetime import UTC, datetime

    from kwtui.config.offsite import load_targets
    from kwtui.operations.offsite.recovery_plan import renew_recovery_plan

    sent, problems = [], []
    for name, settings in load_targets().items():
        try:
            if renew_recovery_plan(settings, extern, state, folder, datetime.now(UTC)):
                sent.append(name)
        except KwtuiError as error:
            problems.append(f"{name}: {sentences(*error.lines())}")
    return Renewed(tuple(sent), tuple(problems))


def _targets() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the saved off-site targets, or why they are not known."""
    from kwtui.config.offsite import load_targets

    try:
        return tuple(load_targets()), ()
    except KwtuiError as error:
        return (), (f"Where off-site copies go: {sentences(*error.lines())}",)


def _measured(facts: DatabaseFacts, judgement: Judgement) -> Measured | None:
    from kwtui.documents.recovery.facts import Measured

    if judgement.restore_seconds is None or judgement.restore_spread is None:
        return None
    fastest, slowest = judgement.restore_spread
    times = [run for run in (*facts.drills, *facts.restores) if run.succeeded and run.here]
    return Measured(judgement.restore_seconds, fastest, slowest, len(times))

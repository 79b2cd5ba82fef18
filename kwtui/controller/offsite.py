"""Copies of backup sets elsewhere: sent, listed, checked, fetched back, thinned out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.evidence import Evidence
from kwtui.controller.folders import NodeFolders
from kwtui.controller.storage import Storage
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import new_plan_id
from kwtui.text import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.model.offsite import TargetSettings
    from kwtui.model.policy import Policy
    from kwtui.model.retention import RetentionPolicy
    from kwtui.model.schema import TableName
    from kwtui.offsite.archive import ArchivePart, CopyLevel
    from kwtui.offsite.checking import CopyCheck
    from kwtui.offsite.copies import Contents
    from kwtui.operations.offsite.planning import PrunePreview
    from kwtui.operations.plan import Plan
    from kwtui.unattended.run_services import AfterBackup, FollowUp, Work


class Offsite:
    """A target is named by a person: a saved one, or a URL.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(
        self,
        folders: NodeFolders,
        storage: Storage,
        account_runs: AccountRuns,
        evidence: Evidence,
        background: Background,
        state: Path,
    ) -> None:
        self._folders = folders
        self._storage = storage
        self._account_runs = account_runs
        self._evidence = evidence
        self._background = background
        self._state = state

    def targets(self) -> list[TargetSettings]:
        """The saved ones, in the order of their file."""
        from kwtui.config.offsite import load_targets

        return list(load_targets().values())

    def saved(self, name: str) -> TargetSettings:
        """The saved target of that name. Raises USAGE."""
        from kwtui.config.offsite import saved_target

        return saved_target(name)

    def add(self, target: TargetSettings, key_file: Path | None = None) -> Path:
        """Save a new target; the file that it stands in. Raises NAME_TAKEN, USAGE.

        With ``key_file`` a new private key is written there, and copies are encrypted for its
        public key too.
        """
        from kwtui.config.offsite import add_target, check_free, targets_path

        _check(target)
        if key_file is not None:
            # A key that nothing uses is not left behind.
            check_free(target.name)
            target = self._with_key(target, key_file)
        add_target(target)
        return targets_path()

    def change(self, target: TargetSettings, key_file: Path | None = None) -> None:
        """Put a saved target in the place of the one with its name, as `add`. Raises USAGE."""
        from kwtui.config.offsite import change_target

        _check(target)
        self.saved(target.name)
        change_target(self._with_key(target, key_file) if key_file is not None else target)

    def _with_key(self, target: TargetSettings, key_file: Path) -> TargetSettings:
        return replace(target, recipients=(*target.recipients, self.make_key(key_file)))

    def edit(self) -> bool:
        """The file in the person's editor, which has the terminal meanwhile; whether it changed."""
        from kwtui.config.editor import edit_targets

        return edit_targets(_check)

    def delete(self, name: str) -> None:
        """Forget a saved target; its copies stay. Raises USAGE."""
        from kwtui.config.offsite import delete_target

        delete_target(name)

    def used_by(self, name: str) -> list[str]:
        """What would miss the target, in words: each policy that sends there, or may."""
        from kwtui.config.policies import load_policy, policy_names

        found = []
        for policy in policy_names():
            try:
                offsite = load_policy(policy).offsite
            except KwtuiError:
                found.append(f"the policy {policy} cannot be read: it may send copies there")
                continue
            if offsite is not None and offsite.target == name:
                found.append(f"the policy {policy} sends copies there")
        return found

    def make_key(self, file: Path) -> str:
        """A new private key in a new file; its public key."""
        from kwtui.offsite.keys import make_key

        return make_key(file, datetime.now(UTC))

    async def newest(self, database: str) -> str:
        """The path of a database's newest whole backup that is proven.

        Raises KwtuiError (NOT_FOUND).
        """
        found = [each for each in await self.sets() if each.database == database and not each.only]
        if not found:
            raise KwtuiError(
                f"There is no proven backup of {database} to send.",
                hint="See which backups there are: kwtui list",
                exit_code=ExitCode.NOT_FOUND,
            )
        return found[0].path

    async def sets(self) -> list[BackupEntry]:
        """The proven backups that can be sent, newest first."""
        from kwtui.backups.retention import is_proven
        from kwtui.model.proof import ProofLevel

        listing = await self._storage.listing()
        found = [e for e in listing.entries if not e.copy_of and is_proven(e, ProofLevel.P1)]
        earliest = datetime.min.replace(tzinfo=UTC)
        return sorted(found, key=lambda e: (e.started or earliest, e.path), reverse=True)

    async def push_plan(
        self, path: str, target: str, recipients: tuple[str, ...], level: CopyLevel
    ) -> Plan:
        """What would be sent, and how far the copy is proven then."""
        from kwtui.config.offsite import find_target
        from kwtui.operations.offsite.planning import make_push_plan

        return await self._background.call(
            make_push_plan,
            self._folders.extern(),
            self._state,
            path,
            find_target(target),
            recipients,
            level,
            datetime.now(UTC),
            new_plan_id(),
        )

    async def fetch_plan(
        self,
        path: str,
        target: str,
        tables: tuple[TableName, ...],
        identities: Sequence[Path],
    ) -> Plan:
        """What would come back. Refusals are findings of the plan; `Runs.start` raises them."""
        from kwtui.config.offsite import find_target
        from kwtui.operations.offsite.planning import make_fetch_plan

        return await self._background.call(
            make_fetch_plan,
            self._folders.extern(),
            path,
            find_target(target),
            tables,
            tuple(map(str, identities)),
            datetime.now(UTC),
            new_plan_id(),
        )

    async def contents(self, target: str) -> Contents:
        """Every copy on a target, with its sizes compared."""
        from kwtui.config.offsite import find_target
        from kwtui.offsite.copies import read_contents
        from kwtui.offsite.targets.opening import opened

        def read() -> Contents:
            with opened(find_target(target)) as place:
                return read_contents(place)

        return await self._background.call(read)

    async def check(
        self,
        target: str,
        path: str,
        level: CopyLevel,
        identities: Sequence[Path],
        read: Callable[[int, int], None] = lambda done, total: None,
        seen: set[ArchivePart] | None = None,
        passphrase: str | None = None,
    ) -> CopyCheck:
        """Prove a copy here and now; the outcome stays beside it, and in the evidence journal.

        ``read`` is told how many bytes were read, of how many; ``seen`` is `check_copy`'s.
        ``passphrase`` opens the private keys that are protected; without it the environment and
        the terminal are asked.
        """
        from kwtui.config.offsite import find_target
        from kwtui.offsite.checking import check_copy
        from kwtui.offsite.copies import read_archive
        from kwtui.offsite.keys import read_identities
        from kwtui.offsite.targets.opening import opened

        def check() -> CopyCheck:
            keys = read_identities(identities, None if passphrase is None else lambda _: passphrase)
            with opened(find_target(target)) as place:
                archive = read_archive(place, path)
                return check_copy(place, archive, level, identities=keys, read=read, seen=seen)

        found = await self._background.call(check)
        await self._evidence.record(
            "offsite-check", path=path, ok=found.ok, words=f"{found.summary}, on {found.address}"
        )
        return found

    def is_protected(self, identity: Path) -> bool:
        """Whether a passphrase is needed for this private key."""
        from kwtui.offsite.keys import is_protected

        return is_protected(identity)

    async def start_drill(
        self, target: str, path: str, identities: Sequence[Path], passphrase: str | None = None
    ) -> str:
        """Fetch a copy into a folder of its own and drill it there, in a process of its own.

        ``passphrase`` opens the private keys that are protected; it goes through a pipe.

        The id of its first run, which fetches; the drill is another one. Raises KwtuiError if it
        does not begin.
        """
        from kwtui.operations.plan import PlanKind
        from kwtui.runs.history import list_runs
        from kwtui.unattended.starting import start_command

        def fetching() -> list[str]:
            runs = list_runs(self._account_runs.directory)
            # One that never said that it began has no process yet, as a lost one.
            begun = [run for run in runs if run.started_at is not None]
            return [run.id for run in begun if (run.kind, run.path) == (PlanKind.FETCH, path)]

        keys = [word for each in identities for word in ("--identity", str(each.expanduser()))]
        reading = () if passphrase is None else ("--passphrase-stdin",)
        failure = KwtuiError(
            f"The drill of {path} from {target} did not begin.",
            hint=f"Try it: kwtui offsite drill {shell_quoted(target)} {shell_quoted(path)}",
        )
        before = set(await self._background.call(fetching))
        await self._background.call(
            start_command,
            ["offsite", "drill", target, path, *keys, *reading],
            lambda: bool(set(fetching()) - before),
            failure,
            passphrase,
        )
        return next(iter(set(await self._background.call(fetching)) - before), "")

    def make_workplace(self, parent: Path | None, purpose: str = "drill") -> Path:
        """A new private folder that a copy is fetched into, to be used there. Raises KwtuiError."""
        from kwtui.files.durable import PRIVATE_FOLDER, make_folders

        folder = (parent or self._state / "offsite") / f"{purpose}-{new_plan_id()}"
        make_folders(folder, mode=PRIVATE_FOLDER)
        return folder

    def remove_workplace(self, folder: Path) -> None:
        """With all that is in it. Raises KwtuiError."""
        from kwtui.files.durable import cannot_write
        from kwtui.files.foreign.removing import remove_folder

        try:
            remove_folder(folder)
        except OSError as error:
            raise cannot_write(folder, error) from error

    async def mark_drilled(self, target: str, path: str, *, good: bool) -> None:
        """Write down beside a copy how a drill from there ended."""
        from kwtui.config.offsite import find_target
        from kwtui.offsite.archive import CheckMark, CopyLevel
        from kwtui.offsite.checking import mark_check
        from kwtui.offsite.targets.opening import opened

        def mark() -> str:
            with opened(find_target(target)) as place:
                problems = () if good else ("a drill did not bring it back as it was",)
                outcome = CheckMark(datetime.now(UTC), CopyLevel.O4, good)
                return mark_check(place, path, outcome, problems)

        words = "proven to O4: restored from there" if good else "did not come back as it was"
        await self._evidence.record(
            "offsite-drill", path=path, ok=good, words=f"{words}, on {target}"
        )
        if not await self._background.call(mark):
            raise KwtuiError("nothing may be written there.")

    def after_backup(self, run: Callable[[Plan, Work], Awaitable[str]]) -> AfterBackup:
        """What a policy with a target wants done with each new set: sent, proven, thinned out.

        ``run`` carries a plan out to its end; its summary.
        """

        def step(policy: Policy, database: str, path: str) -> FollowUp | None:
            from kwtui.unattended.run_services import FollowUp

            offsite = policy.offsite
            if offsite is None or policy.unseen:
                return None

            async def carry_out(work: Work) -> str:
                from kwtui.offsite.archive import CopyLevel

                level = CopyLevel(offsite.level)
                plan = await self.push_plan(path, offsite.target, (), level)
                said = [await run(plan, work), await self._thin_out(offsite.target, work, run)]
                return " ".join(filter(None, said))

            return FollowUp(f"the copy to {offsite.target}", carry_out)

        return step

    async def _thin_out(
        self, target: str, work: Work, run: Callable[[Plan, Work], Awaitable[str]]
    ) -> str:
        """By the target's own rules; without any everything stays there."""
        from kwtui.config.offsite import find_target

        policy = find_target(target).retention
        if policy is None:
            return ""
        plan = (await self.prune_preview(target, work.database, policy)).plan
        return await run(plan, work) if plan.steps else ""

    async def prune_preview(
        self, target: str, database: str | None, policy: RetentionPolicy | None
    ) -> PrunePreview:
        """What stays and what goes. Without a policy: what was cut off, and is no copy."""
        from kwtui.config.offsite import find_target
        from kwtui.operations.offsite.planning import make_prune_preview

        return await self._background.call(
            make_prune_preview,
            find_target(target),
            database,
            policy,
            datetime.now(UTC),
            new_plan_id(),
        )


def _check(target: TargetSettings) -> None:
    """Raises KwtuiError (USAGE) for a place or a public key that is none."""
    from kwtui.config.offsite import as_url
    from kwtui.offsite.keys import recipients_of
    from kwtui.offsite.targets.opening import check_url

    check_url(as_url(target.url))
    if target.recipients:
        recipients_of(target.recipients)

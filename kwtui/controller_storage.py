"""The Controller's part that looks after sets: annotate, compare, delete, prune, clean up."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from kwtui.controller_events import StorageChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from kwtui.backups.annotations import Annotation
    from kwtui.backups.contents import SetDetails
    from kwtui.backups.difference import SetDifference
    from kwtui.model import RetentionPolicies, RetentionPolicy, ServerFacts
    from kwtui.node.place import NodePlace
    from kwtui.operations.housekeeping import Leftovers
    from kwtui.operations.known_runs import KnownRun
    from kwtui.operations.plan import Plan
    from kwtui.operations.removal_plan import PrunePreview
    from kwtui.runs.directory import RunsDirectory
    from kwtui.runs.events import AnyEvent
    from kwtui.server.connection import Server


P = ParamSpec("P")
R = TypeVar("R")


class StorageCare:
    """A base of the Controller, which provides what stands last.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    _state: Path
    _place: NodePlace | None

    # -- annotations --------------------------------------------------------------------------

    async def annotate(
        self,
        path: str,
        *,
        pinned: bool | None = None,
        remark: str | None = None,
        label: str | None = None,
    ) -> Annotation:
        """Pin a set, write a remark, change its label; what is not given stays.

        Raises KwtuiError: NOT_FOUND for what is no set and no export.
        """
        from kwtui.backups.annotations import annotate

        await self.open_set(path)
        annotation = await self._blocking(
            annotate,
            self._extern(),
            path,
            self._state,
            now=datetime.now(UTC),
            pinned=pinned,
            remark=remark,
            label=label,
        )
        self._publish(StorageChanged())
        return annotation

    # -- looking ------------------------------------------------------------------------------

    async def free_bytes(self) -> int | None:
        """Free space where extern is, as it is now; None where that cannot be known."""
        from kwtui.node.place import look_again

        if self._place is None:
            return None
        return (await self._blocking(look_again, self._place)).extern.free_bytes

    # -- telling ------------------------------------------------------------------------------

    async def save_report(self, path: str, file: Path) -> None:
        """Write down all that is known of a set as a new private file (Markdown).

        Raises KwtuiError, also when the file is there already.
        """
        from kwtui.backups.report import set_report
        from kwtui.runs.directory import write_private

        text = set_report(await self.open_set(path), datetime.now(UTC))
        await self._blocking(write_private, file, text.encode("utf-8", "backslashreplace"))

    async def run_journal(self, run_id: str) -> list[AnyEvent]:
        """Every event of a run so far. Raises NOT_FOUND for a run of another account."""
        from kwtui.runs.journal import read_events

        files = self._runs_directory().find(run_id)
        return await self._blocking(read_events, files.journal)

    # -- comparing ----------------------------------------------------------------------------

    async def compare_sets(self, before: str, after: str) -> SetDifference:
        """The second set as seen from the first, from what both say of themselves."""
        from kwtui.backups.difference import compare_sets

        return compare_sets(await self.open_set(before), await self.open_set(after))

    # -- removing -----------------------------------------------------------------------------

    async def plan_delete(self, path: str, confirmed: str | None = None) -> Plan:
        """What goes with one set. Refusals are findings of the plan; `start_run` raises them.

        ``confirmed`` is the set's name as a person typed it, for the last proven one.
        """
        from kwtui.operations.housekeeping import make_delete_plan

        return await self._blocking(
            make_delete_plan,
            self._extern(),
            self._state,
            path,
            confirmed,
            await self._known_runs(),
            self.retention_policies(),
            datetime.now(UTC),
            _new_id(),
        )

    def retention_policies(self) -> RetentionPolicies:
        """As saved for each database."""
        from kwtui.retention_config import load_policies

        return load_policies()

    def save_retention(self, database: str | None, policy: RetentionPolicy | None) -> None:
        """Of a database, or of all others (None); without a policy it is forgotten."""
        from kwtui.retention_config import save_policy

        save_policy(database, policy)

    async def preview_prune(
        self, database: str | None = None, policies: RetentionPolicies | None = None
    ) -> PrunePreview:
        """What retention keeps and lets go, as decisions, calendar and plan.

        Without ``policies`` the saved ones. Start the preview's plan to do it.
        """
        from kwtui.operations.housekeeping import make_prune_preview

        return await self._blocking(
            make_prune_preview,
            self._extern(),
            self._state,
            policies or self.retention_policies(),
            database,
            await self._known_runs(),
            datetime.now(UTC),
            _new_id(),
        )

    async def leftovers(self) -> Leftovers:
        """What broken runs left: folders, and with a connection scratch databases too."""
        from dataclasses import replace

        from kwtui.operations.housekeeping import find_folder_leftovers, find_scratch_databases

        runs = await self._known_runs()
        found = await self._blocking(
            find_folder_leftovers, self._extern(), self._state, runs, datetime.now(UTC)
        )
        if not self.is_connected:
            return found
        cluster = self._facts().cluster_id
        async with self._own_connection() as server:
            databases = await find_scratch_databases(server, cluster, runs)
        return replace(found, found=(*found.found, *databases), cluster_id=cluster)

    async def plan_cleanup(self, leftovers: Leftovers, names: Iterable[str] = ()) -> Plan:
        """For the named ones; without names for all that ended runs of this account left."""
        from kwtui.operations.housekeeping import make_cleanup_plan

        return make_cleanup_plan(leftovers, names, datetime.now(UTC), _new_id())

    async def _known_runs(self) -> list[KnownRun]:
        from kwtui.runs.known import known_runs

        return await self._blocking(known_runs, self._runs_directory())

    # -- given by the Controller --------------------------------------------------------------

    async def open_set(self, path: str) -> SetDetails:
        raise NotImplementedError

    def _extern(self) -> Path:
        raise NotImplementedError

    def _runs_directory(self) -> RunsDirectory:
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        raise NotImplementedError

    async def _blocking(
        self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs
    ) -> R:
        raise NotImplementedError

    def _facts(self) -> ServerFacts:
        raise NotImplementedError

    def _own_connection(self) -> AbstractAsyncContextManager[Server]:
        raise NotImplementedError

    def _publish(self, event: object) -> None:
        raise NotImplementedError


def _new_id() -> str:
    return secrets.token_hex(8)

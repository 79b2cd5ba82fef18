"""The Controller's part that looks after sets: annotate, compare, delete, prune, clean up."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.connection import Core
from kwtui.controller.events import StorageChanged
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from kwtui.backups.csv.index import Reading
    from kwtui.backups.csv.page import CsvPage
    from kwtui.backups.difference import SetDifference
    from kwtui.backups.layout.annotations import Annotation
    from kwtui.backups.listing.contents import SetDetails
    from kwtui.backups.listing.entries import BackupEntry, StorageListing
    from kwtui.backups.listing.presence import Presence
    from kwtui.backups.proof.sealing import SealProgress
    from kwtui.backups.proof.verify import VerifyReport
    from kwtui.model.proof import ProofLevel
    from kwtui.model.requests import Dialect
    from kwtui.model.retention import RetentionPolicies, RetentionPolicy
    from kwtui.operations.plan import Plan
    from kwtui.operations.removal.plan import PrunePreview
    from kwtui.operations.removal.planning import Leftovers
    from kwtui.operations.shared.known_runs import KnownRun
    from kwtui.runs.events import AnyEvent


class StorageCare(Core):
    """A base of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    # -- storage ------------------------------------------------------------------------------

    async def storage(self) -> StorageListing:
        """Sets, adopted trees, leftovers and foreign files under extern.

        Of a node that never exported, an empty listing that awaits its first export.
        """
        from kwtui.backups.listing.scanning import scan

        listing = await self._blocking(scan, self._extern(), self._state)
        if listing.problem and not listing.entries and await self._awaits_export():
            return replace(listing, problem="", awaits_export=True)
        return await self._with_writers(listing)

    async def _with_writers(self, listing: StorageListing) -> StorageListing:
        """What a run is making right now is told as that, and not as what a broken one left."""
        from kwtui.backups.listing.entries import EntryKind
        from kwtui.operations.shared.known_runs import with_writers

        if not any(entry.kind is EntryKind.INCOMPLETE for entry in listing.entries):
            return listing
        entries = with_writers(listing.entries, await self._known_runs())
        return replace(listing, entries=entries)

    async def _awaits_export(self) -> bool:
        from kwtui.node.place import look_again

        if self._place is None:
            return False
        return (await self._blocking(look_again, self._place)).extern.pending

    async def open_set(self, path: str) -> SetDetails:
        """What is inside a set or tree; ``path`` is relative to extern."""
        from kwtui.backups.listing.contents import open_set

        details = await self._blocking(open_set, self._extern(), path, self._state)
        self._open_sets[path] = details
        return details

    async def _details(self, entry: BackupEntry) -> SetDetails:
        return self._open_sets.get(entry.path) or await self.open_set(entry.path)

    async def read_text(self, path: str) -> str:
        """A text file inside extern (meta.sql, manifest, plan), decoded, size-limited."""
        from kwtui.backups.listing.library import read_text

        return await self._blocking(read_text, self._extern(), path, self._state)

    async def presence(self, details: SetDetails) -> Presence:
        """What of the set's files is on disk now; no file is read."""
        from kwtui.backups.listing.presence import look_at_presence

        return await self._blocking(look_at_presence, details)

    async def csv_page(
        self,
        entry: BackupEntry,
        file: str,
        start: int,
        count: int,
        reading: Reading | None = None,
    ) -> CsvPage:
        """``count`` records of one CSV file from record ``start`` on; the last for a negative one.

        ``file`` is relative to the set or tree, as in its details. ``reading`` tells how far it is
        on the way to a place that nobody looked at before, which takes a second a gigabyte.
        """
        from kwtui.backups.listing.csv_pages import page_of

        details = await self._details(entry)
        with _stopping(reading):
            return await self._blocking(page_of, details, file, start, count, reading)

    async def record_at_share(
        self, entry: BackupEntry, file: str, share: float, reading: Reading
    ) -> int:
        """The record at this share (0 to 1) of a file, for one whose records nobody counted."""
        from kwtui.backups.listing.csv_pages import record_at_share

        details = await self._details(entry)
        with _stopping(reading):
            return await self._blocking(record_at_share, details, file, share, reading)

    async def find_record(
        self,
        entry: BackupEntry,
        file: str,
        text: str,
        start: int,
        *,
        forward: bool,
        reading: Reading,
    ) -> int | None:
        """The next record behind ``start`` that holds the text, or the last before it."""
        from kwtui.backups.listing.csv_pages import find_in

        details = await self._details(entry)

        def find() -> int | None:
            return find_in(details, file, text, start, forward=forward, reading=reading)

        with _stopping(reading):
            return await self._blocking(find)

    async def verify(
        self,
        path: str,
        level: ProofLevel,
        progress: Callable[[SealProgress], None] | None = None,
        dialect: Dialect | None = None,
    ) -> VerifyReport:
        """Check a set here and now, without a run of its own.

        ``progress`` is called from other threads.
        """
        from threading import Event

        from kwtui.backups.proof.verify import verify

        stop = Event()

        def check() -> VerifyReport:
            return verify(
                self._extern(),
                path,
                level,
                state=self._state,
                dialect=dialect,
                progress=progress,
                cancelled=stop.is_set,
            )

        try:
            return await self._blocking(check)
        finally:
            # A task that is cancelled leaves its thread behind, which must end soon too.
            stop.set()

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
        from kwtui.backups.layout.annotations import annotate

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
        from kwtui.documents.set_report import set_report
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
        """The second set as seen from the first: what both say of themselves, if it is still so."""
        from kwtui.backups.difference import compare_sets

        first, second = await self.open_set(before), await self.open_set(after)
        disks = await self.presence(first), await self.presence(second)
        return compare_sets(first, second, *disks)

    # -- removing -----------------------------------------------------------------------------

    async def plan_delete(self, path: str, confirmed: str | None = None) -> Plan:
        """What goes with one set. Refusals are findings of the plan; `start_run` raises them.

        ``confirmed`` is the set's name as a person typed it, for the last proven one.
        """
        from kwtui.operations.removal.planning import make_delete_plan

        return await self._blocking(
            make_delete_plan,
            self._extern(),
            self._state,
            path,
            confirmed,
            await self._known_runs(),
            self.retention_policies(),
            datetime.now(UTC),
            new_plan_id(),
            self.connection_options(),
        )

    def retention_policies(self) -> RetentionPolicies:
        """As saved for each database."""
        from kwtui.config.retention import load_policies

        return load_policies()

    def save_retention(self, database: str | None, policy: RetentionPolicy | None) -> None:
        """Of a database, or of all others (None); without a policy it is forgotten."""
        from kwtui.config.retention import save_policy

        save_policy(database, policy)

    async def preview_prune(
        self, database: str | None = None, policies: RetentionPolicies | None = None
    ) -> PrunePreview:
        """What retention keeps and lets go, as decisions, calendar and plan.

        Without ``policies`` the saved ones. Start the preview's plan to do it.
        """
        from kwtui.operations.removal.planning import make_prune_preview

        return await self._blocking(
            make_prune_preview,
            self._extern(),
            self._state,
            policies or self.retention_policies(),
            database,
            await self._known_runs(),
            datetime.now(UTC),
            new_plan_id(),
        )

    async def leftovers(self) -> Leftovers:
        """What broken runs left: folders, and with a connection scratch databases too."""
        from kwtui.operations.removal.planning import find_database_leftovers, find_folder_leftovers

        runs = await self._known_runs()
        found = await self._blocking(
            find_folder_leftovers, self._extern(), self._state, runs, datetime.now(UTC)
        )
        if not self.is_connected:
            return found
        cluster = self._facts().cluster_id
        async with self._own_connection() as server:
            databases = await find_database_leftovers(server, cluster, runs)
        return replace(found, found=(*found.found, *databases), cluster_id=cluster)

    async def leftovers_of_run(self, leftovers: Leftovers, run_id: str) -> tuple[str, ...]:
        """The names of those that a run left, or the runs that went on with it.

        Raises KwtuiError: NOT_FOUND for a run of which nothing is known, and what
        ``check_cluster_of`` raises where its databases cannot be seen.
        """
        from kwtui.operations.shared.preflight import check_cluster_of

        files = self._runs_directory().find(run_id)
        plan = await self._blocking(files.read_plan)
        if plan.cluster_id and leftovers.cluster_id:
            check_cluster_of(run_id, plan.cluster_id, leftovers.cluster_id)
        keys = ("scratch", "staging", "sandbox")
        names = {plan.path, plan.database, *(str(plan.request.get(key) or "") for key in keys)}
        return tuple(lo.name for lo in leftovers.found if lo.name in names)

    async def plan_cleanup(self, leftovers: Leftovers, names: Iterable[str] = ()) -> Plan:
        """For the named ones; without names for all that ended runs of this account left."""
        from kwtui.operations.removal.planning import make_cleanup_plan

        return make_cleanup_plan(leftovers, names, datetime.now(UTC), new_plan_id())

    async def _known_runs(self) -> list[KnownRun]:
        from kwtui.runs.known_runs import known_runs

        return await self._blocking(known_runs, self._runs_directory())


@contextmanager
def _stopping(reading: Reading | None) -> Iterator[None]:
    """A task that is cancelled leaves its thread behind, which must end soon too."""
    try:
        yield
    finally:
        if reading is not None:
            reading.stopped = True

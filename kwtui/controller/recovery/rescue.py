"""Rescue: what a folder of backups holds, brought back without anything else being there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.events import Events, StorageChanged
from kwtui.controller.evidence import Evidence
from kwtui.controller.folders import NodeFolders
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from kwtui.backups.listing.contents import SetDetails
    from kwtui.backups.proof.sealing import SealProgress
    from kwtui.backups.proof.verify import VerifyReport
    from kwtui.backups.rescue import Found
    from kwtui.model.requests import ExcerptRequest
    from kwtui.model.schema import TableName


def is_choosy(wanted: ExcerptRequest) -> bool:
    """Whether some rows of the table are wanted, and not all."""
    return bool(wanted.since or wanted.until or wanted.where)


def no_time_series(table: TableName) -> KwtuiError:
    return KwtuiError(
        f"{table} is no time series: it has no time and no devices to choose by.",
        exit_code=ExitCode.USAGE,
    )


class Rescue:
    """It needs no server and no configuration; to restore, a server is named.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(
        self, folders: NodeFolders, evidence: Evidence, background: Background, events: Events
    ) -> None:
        self._folders = folders
        self._evidence = evidence
        self._background = background
        self._events = events

    async def find(self, folder: Path) -> Found:
        """The sets and exports in a folder, the best of each database first."""
        from kwtui.backups.rescue import find_sets

        return await self._background.call(find_sets, folder)

    async def look_inside(self, found: Found, path: str) -> SetDetails:
        from kwtui.backups.listing.contents import open_set

        return await self._background.call(open_set, found.root, path)

    async def plan(self, found: Found, database: str, language: str) -> str:
        """The recovery plan that lies beside the sets of a database (Markdown).

        Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE.
        """
        from kwtui.backups.manifest import read_sidecar

        for file in await self.plans(found, database):
            if file.name == f"RECOVERY.{language}.md":
                return (await self._background.call(read_sidecar, file)).decode("utf-8", "replace")
        raise KwtuiError(
            f"No recovery plan of {database} ({language}) lies in {found.root}.",
            exit_code=ExitCode.NOT_FOUND,
        )

    async def plans(self, found: Found, database: str) -> list[Path]:
        """Its files, beside the sets of a database."""
        from kwtui.operations.offsite.recovery_plan import plan_files

        sets = [PurePosixPath(e.path) for e in found.entries if e.database == database]
        folders = {str(path.parent) for path in sets if len(path.parts) > 1}

        def look() -> list[Path]:
            return [file for each in folders for file in plan_files(found.root, each).values()]

        return await self._background.call(look)

    async def check(
        self, found: Found, path: str, progress: Callable[[SealProgress], None] | None = None
    ) -> VerifyReport:
        """Read and count everything; nothing is written beside the set, which may be evidence."""
        from threading import Event

        from kwtui.backups.proof.verify import verify
        from kwtui.model.proof import ProofLevel

        stop = Event()

        def read() -> VerifyReport:
            return verify(
                found.root,
                path,
                ProofLevel.P2,
                record=False,
                progress=progress,
                cancelled=stop.is_set,
            )

        try:
            return await self._background.call(read)
        finally:
            stop.set()

    async def save_table(
        self, found: Found, path: str, table: str, file: Path, wanted: ExcerptRequest | None = None
    ) -> int:
        """Write a table, or rows of it, as a new CSV file with column names; how many rows."""
        from kwtui.backups.rescue import save_table, table_of
        from kwtui.operations.excerpt.plan import excerpt_of

        details = await self.look_inside(found, path)
        entry = table_of(details, table)
        excerpt = None
        if wanted is not None and is_choosy(wanted):
            spec = details.schema.table(entry.name) if details.schema is not None else None
            if spec is None or not spec.tags:
                raise no_time_series(entry.name)
            excerpt = excerpt_of(wanted, spec)
        rows = await self._background.call(save_table, details, entry, file, excerpt)
        words = f"{entry.name}: {plural(rows, 'row')} saved as {file}"
        await self._evidence.record("rescue", path=path, words=words)
        return rows

    def is_in_place(self, found: Found) -> bool:
        """Whether the folder is the extern of the node that one is connected to."""
        place = self._folders.place
        extern = place.extern.path if place is not None else None
        return extern is not None and extern.resolve() == found.root.resolve()

    async def bring(
        self, found: Found, path: str, tell: Callable[[int, int], None] = lambda done, total: None
    ) -> str:
        """Copy a set into the extern of the node that one is connected to; its path there."""
        from kwtui.backups.rescue import bring

        details = await self.look_inside(found, path)
        brought = await self._background.call(bring, details, self._folders.extern(), tell)
        words = f"copied from {found.root}"
        await self._evidence.record("rescue", path=brought, words=words)
        self._events.publish(StorageChanged())
        return brought

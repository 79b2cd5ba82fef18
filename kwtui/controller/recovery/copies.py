"""Rescue from an off-site target: only what is needed is read, and all that is read is checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwtui.controller.background import Background
from kwtui.controller.events import Events, StorageChanged
from kwtui.controller.evidence import Evidence
from kwtui.controller.folders import NodeFolders
from kwtui.controller.offsite import Offsite
from kwtui.controller.recovery.rescue import Rescue, is_choosy, no_time_series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kwtui.model.requests import ExcerptRequest
    from kwtui.offsite.checking import CopyCheck
    from kwtui.offsite.rescue import FoundCopies


class RescueCopies:
    """It needs no server and no configuration: a target is named by its URL.

    Private keys are read once (`keys`) and handed back to each method that opens a copy. All
    methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(
        self,
        rescue: Rescue,
        offsite: Offsite,
        folders: NodeFolders,
        evidence: Evidence,
        background: Background,
        events: Events,
        state: Path,
    ) -> None:
        self._rescue = rescue
        self._offsite = offsite
        self._folders = folders
        self._evidence = evidence
        self._background = background
        self._events = events
        self._state = state

    async def find(self, target: str) -> FoundCopies:
        """The copies on a target, saved or by its URL, the best of each database first."""
        from kwtui.config.offsite import find_target
        from kwtui.offsite.rescue import find_copies

        return await self._background.call(find_copies, find_target(target))

    async def find_in(self, folder: Path) -> FoundCopies | None:
        """Those in a folder; None where none lies there."""
        from kwtui.offsite.rescue import find_copies_in

        return await self._background.call(find_copies_in, folder)

    async def keys(self, files: Sequence[Path]) -> tuple[Any, ...]:
        """The private keys in these files; asks for a passphrase on a terminal."""
        from kwtui.offsite.keys import read_identities

        return tuple(await self._background.call(read_identities, files))

    async def plan(
        self, found: FoundCopies, database: str, language: str, keys: Sequence[Any]
    ) -> str:
        """The recovery plan of a database that lies there (Markdown)."""
        from kwtui.offsite.rescue import read_found_plan

        return await self._background.call(read_found_plan, found, database, language, keys)

    async def check(
        self,
        found: FoundCopies,
        path: str,
        keys: Sequence[Any],
        read: Callable[[int, int], None] = lambda done, total: None,
    ) -> CopyCheck:
        """Read all of a copy, decrypt and unpack it (O3); nothing is written beside it."""
        from kwtui.offsite.archive import CopyLevel
        from kwtui.offsite.checking import check_copy
        from kwtui.offsite.targets.opening import opened

        def check() -> CopyCheck:
            archive = found.archive(path)
            with opened(found.settings) as target:
                return check_copy(
                    target, archive, CopyLevel.O3, identities=keys, read=read, record=False
                )

        return await self._background.call(check)

    async def save_table(
        self,
        found: FoundCopies,
        path: str,
        table: str,
        file: Path,
        wanted: ExcerptRequest | None = None,
        keys: Sequence[Any] = (),
        read: Callable[[int, int], None] = lambda done, total: None,
    ) -> int:
        """Write a table, or rows of it, as a new CSV file with column names; how many rows.

        Its parts alone are read. They are unpacked and checked beside the file first.
        """
        from kwtui.backups.rescue import Found
        from kwtui.files.new_file import refuse_existing
        from kwtui.model.schema import Engine
        from kwtui.offsite.rescue import table_of, take_table

        archive = found.archive(path)
        name = table_of(archive, table)
        if wanted is not None and is_choosy(wanted) and archive.engine is Engine.RELATIONAL:
            raise no_time_series(name)
        refuse_existing(file)
        work = self._offsite.make_workplace(file.parent, "rescue")
        try:
            await self._background.call(take_table, found, path, name, work, keys, read)
            return await self._rescue.save_table(Found(work, ()), path, str(name), file, wanted)
        finally:
            self._offsite.remove_workplace(work)

    async def bring(
        self,
        found: FoundCopies,
        path: str,
        keys: Sequence[Any] = (),
        read: Callable[[int, int], None] = lambda done, total: None,
    ) -> str:
        """Fetch a copy into the extern of the node that one is connected to; its path there."""
        from kwtui.offsite.rescue import bring_copy

        extern = self._folders.extern()
        brought = await self._background.call(
            bring_copy, found, path, extern, self._state, keys, read
        )
        words = f"fetched from {found.address}"
        await self._evidence.record("rescue", path=brought, words=words)
        self._events.publish(StorageChanged())
        return brought

"""Comparing a restored table with the backup record by record: it is exported again.

That costs an EXPORT and the reading of both sides, much less than a checksum of every row
(live-findings, section 5). The files go below a staging folder in the server's extern, a table at a
time, and are removed when they are compared.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from kwtui.backups.layout.naming import inside
from kwtui.backups.proof.record_comparison import RecordComparison, compare_records
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import folder_status, is_there, space_at
from kwtui.files.foreign.removing import remove_empty, remove_folder
from kwtui.files.foreign.walking import walk
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.operations.restore.expected_content import export_again_sql
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.connection.server import Server
from kwtui.text import human_bytes, sentences

_SPARE = 64 << 20
"""Bytes that stay free beside what is exported."""
_UP_TO_STAGING = 4
"""Folders above the table's own that go too when nothing else is in them: its schema, the folder of
the comparison, the plan's, and that of all staging."""


class NotComparedError(Exception):
    """Why a table cannot be exported again, in words."""


@dataclass
class ExportAgain:
    """Does it for the tables of one restore."""

    server: Server
    backup_extern: Path
    """Below it lie the files of the backup."""
    server_extern: Path
    """Below it the server writes; the same but for a drill on a sandbox."""
    halt: Halt
    _stuck: str = field(default="", init=False)
    """A folder that could not be removed: no other one is made."""

    async def compare(self, database: str, expected: Mapping[str, Any]) -> RecordComparison:
        """Compare one table, as ``expected["again"]`` (`expected_content.again`) says.

        Raises NotComparedError where that cannot be done, and KwtuiError: CANCELLED, or what keeps
        the backup's own files from being read.
        """
        again = expected["again"]
        folder = inside(self.server_extern, again["folder"])
        await asyncio.to_thread(self._check, folder, again["bytes"])
        try:
            await self._export(database, expected)
            return await asyncio.to_thread(self._compare, again, folder)
        finally:
            await asyncio.to_thread(self._remove, folder)

    def _check(self, folder: Path, size: int) -> None:
        if self._stuck:
            raise NotComparedError(f"{self._stuck} could not be removed")
        try:
            claim(self.server_extern)
            owner = folder_status(self.server_extern).st_uid
            free = space_at(self.server_extern).free
        except OSError as error:
            raise NotComparedError(f"{self.server_extern} cannot be read: {error}") from error
        if os.geteuid() not in (0, owner):
            raise NotComparedError("this account could not remove the files that the node writes")
        if free < size + _SPARE:
            raise NotComparedError(
                f"it takes {human_bytes(size)} to export it again, and {human_bytes(free)} are free"
            )
        if is_there(folder):
            raise NotComparedError(f"{folder} is there already")

    async def _export(self, database: str, expected: Mapping[str, Any]) -> None:
        try:
            answer = await run_stoppable(
                self.server, export_again_sql(database, expected), self.halt
            )
        except KwtuiError as error:
            if self.halt.requested.is_set() or error.exit_code is not ExitCode.STATEMENT_REFUSED:
                raise
            why = sentences(error.title, error.cause)
            raise NotComparedError(f"the server refused to export it again: {why}") from error
        if any(row.get("result", "succeed") != "succeed" for row in answer.result.dicts()):
            raise NotComparedError("its export failed on the server")

    def _compare(self, again: Mapping[str, Any], folder: Path) -> RecordComparison:
        here = [inside(self.backup_extern, file) for file in again["files"]]
        there = _csv_files(folder)
        if not there:
            name = f"no file of it was found in {self.server_extern}"
            raise NotComparedError(f"the server exported it, and {name}")

        def tick(size: int) -> None:
            if self.halt.requested.is_set():
                raise self.halt.reason()

        dialect = msgspec.convert(again["dialect"], Dialect)
        return compare_records(here, there, dialect, tick=tick)

    def _remove(self, folder: Path) -> None:
        """Everything that was made for the table, and the folders above it that are empty."""
        try:
            remove_folder(folder)
        except OSError:
            self._stuck = str(folder)
            return
        with suppress(OSError):
            for parent in list(folder.parents)[:_UP_TO_STAGING]:
                remove_empty(parent)


def _csv_files(folder: Path) -> list[Path]:
    """None where the folder is not seen from here."""
    try:
        found = [e.path for e in walk(folder) if e.is_file and e.name.endswith(".csv")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotComparedError(f"{folder} cannot be read: {error}") from error
    return [folder / path for path in found]


def shown(name: TableName, found: RecordComparison) -> tuple[str, ...]:
    """What differs, in words that can be shown in one line."""
    words = []
    for records, where in ((found.only_here, "in the backup"), (found.only_there, "restored")):
        words += [f"only {where}: {_short(record)}" for record in records]
    return tuple(words) or (f"{name} holds other records",)


def _short(record: str) -> str:
    line = record.replace("\n", "\\n")
    return line if len(line) <= 160 else f"{line[:160]}…"

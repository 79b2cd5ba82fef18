"""How fast a node exports and imports: some rows, there and back, in a scratch that is removed.

The scratch is named and placed as that of a drill: what a killed probe leaves, `kwtui cleanup`
finds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from kwtui.backups.layout.staging import make_staging, remove_staging, staging_path
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import names_in, status_of
from kwtui.model.schema import DatabaseSchema, Engine
from kwtui.operations.context import Connect
from kwtui.operations.shared.scratch_dropping import drop_scratch
from kwtui.operations.shared.scratch_names import DRILL_PREFIX
from kwtui.server.connection.server import Server
from kwtui.sql import probe, statements, transfer
from kwtui.text import plural, sentences

ROWS = 40_000
"""About 9 MiB: of much less, the beginning and the end take most of the time."""


@dataclass(frozen=True)
class Probed:
    """What one probe measured; the statements alone, without checking what came of them."""

    engine: Engine
    rows: int
    bytes: int
    """Of the CSV files."""
    export_seconds: float
    import_seconds: float


async def run_probe(
    connect: Connect,
    node_id: int,
    extern: Path,
    engine: Engine,
    *,
    rows: int = ROWS,
    told: Callable[[str], None] = lambda _: None,
) -> Probed:
    """Make a scratch database, export it, import it, and remove all of it, whatever happens.

    ``told`` hears what begins. Cancelled, it ends after the statement at work and clears away. What
    cannot be removed is named in the error. Raises KwtuiError: EXTERN_NOT_READABLE before anything
    is made, STATEMENT_REFUSED, FAILED where rows are missing.
    """
    work = _Probe(connect, node_id, extern, engine, rows, told)
    task = asyncio.ensure_future(work.run())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # A statement that is cut off would still be at work when its scratch is removed.
        work.stopped = True
        with suppress(_Stopped):
            await task
        raise


class _Stopped(Exception):
    """It was cancelled, and everything is cleared away."""


class _Probe:
    def __init__(
        self,
        connect: Connect,
        node_id: int,
        extern: Path,
        engine: Engine,
        rows: int,
        told: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._node = node_id
        self._extern = extern
        self._engine = engine
        self._rows = rows
        self._told = told
        self._name = uuid4().hex[:16]
        self._database = f"{DRILL_PREFIX}{self._name}"
        self._staging = staging_path(self._name)
        self.stopped = False

    async def run(self) -> Probed:
        await asyncio.to_thread(make_staging, self._extern, self._staging, ())
        try:
            found = await self._measure()
        except BaseException as error:
            left = await self._clear()
            if left and isinstance(error, KwtuiError):
                error.hint = sentences(error.hint, left)
            elif left:
                raise self._not_removed(left) from error
            raise
        left = await self._clear()
        if left:
            raise self._not_removed(left)
        return found

    async def _measure(self) -> Probed:
        server = await self._connect()
        try:
            await self._fill(server)
            self._told("Probing: EXPORT")
            uri = transfer.nodelocal(self._node, f"{self._staging}/rows")
            columns = probe.COLUMNS
            sent = transfer.export_select(uri, self._database, probe.SOURCE, columns)
            exported = await self._timed(server, sent)
            names, size = await asyncio.to_thread(self._files)
            self._told("Probing: IMPORT")
            series = self._engine is Engine.TIME_SERIES
            uris = [uri] if series else [f"{uri}/{name}" for name in names]
            options = transfer.ImportOptions(time_series=series)
            back = transfer.import_into(self._database, probe.TARGET, uris, options=options)
            imported = await self._timed(server, back)
            await self._check(server)
        finally:
            await server.close()
        return Probed(self._engine, self._rows, size, exported, imported)

    async def _fill(self, server: Server) -> None:
        self._told(f"Probing: {plural(self._rows, 'row')} into {self._database}")
        schema = DatabaseSchema(self._database, self._engine, "")
        made = [
            statements.create_database(schema),
            statements.use_database(self._database),
            *(probe.create_table(self._engine, t) for t in (probe.SOURCE, probe.TARGET)),
        ]
        since = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=self._rows)
        for sql in [*made, *probe.inserts(self._database, self._rows, since)]:
            await self._timed(server, sql)

    async def _timed(self, server: Server, sql: str) -> float:
        """The seconds that a statement took."""
        if self.stopped:
            raise _Stopped
        begun = time.monotonic()
        await server.execute(sql)
        return time.monotonic() - begun

    def _files(self) -> tuple[list[str], int]:
        folder = self._extern / self._staging / "rows"
        try:
            names = sorted(name for name in names_in(folder) if name.endswith(".csv"))
            return names, sum(status_of(folder / name).st_size for name in names)
        except OSError as error:
            raise KwtuiError(
                f"What node {self._node} exported is not in {self._extern}.",
                cause=f"{folder}: {error.strerror}. Is this the folder of another node?",
                hint=f"Remove {self._staging} in the extern folder of node {self._node}.",
                exit_code=ExitCode.EXTERN_NOT_READABLE,
            ) from error

    async def _check(self, server: Server) -> None:
        answer = await server.query(statements.count_rows(self._database, probe.TARGET))
        found = int(answer.scalar() or 0)
        if found != self._rows:
            raise KwtuiError(
                f"The probe brought back {found:,} of {plural(self._rows, 'row')}.",
                cause="A speed measured while rows are lost is meaningless.",
                hint="Drill a backup: kwtui drill SET shows what this node loses.",
                exit_code=ExitCode.FAILED,
            )

    async def _clear(self) -> str:
        """What could not be removed, in words; empty when all is gone."""
        left = []
        try:
            await drop_scratch(self._connect, self._database)
        except KwtuiError as error:
            left.append(f"The database {self._database} was not dropped: {error.title}")
        try:
            await asyncio.to_thread(remove_staging, self._extern, self._staging)
        except KwtuiError as error:
            left.append(f"The folder {self._staging} was not removed: {error.title}")
        return sentences(*left, "Remove it with kwtui cleanup." if left else "")

    def _not_removed(self, left: str) -> KwtuiError:
        return KwtuiError("The probe left something behind.", hint=left, exit_code=ExitCode.FAILED)

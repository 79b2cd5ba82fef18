"""The data of a sandbox node: one DuckDB file under the store, and the catalogue in it.

A relation's rows are in the DuckDB table ``t<relation id>``, its columns named ``c<column id>``,
so that a rename touches the catalogue alone. Rows and catalogue commit in one transaction: a
process that is killed leaves a file that opens again with everything that was committed.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import duckdb

from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, SchemaDef, UserDef
from kwtui.sandbox.catalog.store import from_json, to_json
from kwtui.sandbox.engine.clock import Clock
from kwtui.sandbox.engine.cluster import Cluster
from kwtui.sandbox.engine.jobs import open_registry
from kwtui.sandbox.engine.macros import create_macros
from kwtui.sandbox.engine.snapshots import Snapshots
from kwtui.sandbox.identity import NODE_ID


class Running(Protocol):
    """A statement that a client is waiting for."""

    @property
    def id(self) -> str: ...


class Client(Protocol):
    """A session, as the data knows it."""

    transaction: duckdb.DuckDBPyConnection | None
    user: str

    @property
    def query(self) -> Running | None: ...

    def executing(self, cursor: duckdb.DuckDBPyConnection) -> None: ...

    def executed(self, cursor: duckdb.DuckDBPyConnection) -> None: ...

    def close(self) -> None: ...


Writes = dict[tuple[int, int], tuple[int, int]]
"""By relation and part: when it was last written, and how often."""


class Engine:
    """The SQL engine of one node. Safe to use from several threads."""

    def __init__(
        self, store: Path, extern: Path | None = None, *, others: Sequence[Path] = ()
    ) -> None:
        """Opens the data under ``store``, or makes them. ``extern`` defaults to its folder there.

        ``others`` are the stores of the nodes 2, 3, … of a cluster. Raises duckdb.IOException if
        another process has the data open.
        """
        self.store = store
        self.extern = extern if extern is not None else store / "extern"
        self.cluster = Cluster(dict(enumerate((store, *others), start=1)))
        self.certificates: Path | None = None
        """The folder of the certificates, where the nodes are in secure mode."""
        self.clock = Clock()
        self.started_at = self.clock.now()
        self.lock = threading.RLock()
        """Held while rows or the catalogue are changed. Reading takes no lock."""
        self.sessions: dict[str, Client] = {}
        self._open: duckdb.DuckDBPyConnection | None = None
        """The cursor of the change that the holder of the lock is making."""
        self.last_row_id = 0
        """The last value of unique_rowid()."""
        self.counted_parts: dict[tuple[str, int, int | None, int], tuple[int, int]] = {}
        """Rows and bytes of parts of tables as ``range_stats`` has counted them."""
        self._writes: tuple[int, Writes] = (-1, {})
        self.described: dict[str, tuple[str, ...]] = {}
        """DuckDB's types of the columns of queries, by their text; of this catalogue alone."""
        self.retyped = False
        """Whether the change that is being made may give a column of DuckDB's another type."""
        folder = store / "sql"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "data.duckdb"
        self.database = duckdb.connect(
            str(path),
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                # Threads of its own cost small queries more than they bring.
                "threads": 1,
            },
        )
        os.chmod(path, 0o600)
        self.jobs = open_registry(folder / "jobs.jsonl", self.clock)
        self.catalog = self._open_catalog()
        self.snapshots = Snapshots(self)
        create_macros(self.database)

    def _open_catalog(self) -> Catalog:
        self.database.execute("CREATE TABLE IF NOT EXISTS kw_catalog (document VARCHAR)")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS kw_sequence_values (id BIGINT, last_value BIGINT)"
        )
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS kw_touched (relation BIGINT, part BIGINT, moment BIGINT)"
        )
        # Writers only append to it, so that they never get into each other's way.
        self.database.execute(
            "CREATE OR REPLACE TABLE kw_touched AS SELECT relation, part, max(moment) AS moment"
            " FROM kw_touched GROUP BY ALL"
        )
        stored = self.database.execute("SELECT document FROM kw_catalog").fetchone()
        if stored is not None:
            return self._with_sequence_values(from_json(stored[0]))
        catalog = _fresh_catalog(self.clock.now())
        self.database.execute("INSERT INTO kw_catalog VALUES (?)", [to_json(catalog)])
        return catalog

    def _with_sequence_values(self, catalog: Catalog) -> Catalog:
        values = self.database.execute("SELECT id, last_value FROM kw_sequence_values").fetchall()
        for relation_id, value in values:
            relation = catalog.relations.get(relation_id)
            if relation is not None and relation.sequence is not None:
                relation.sequence.last_value = value
        return catalog

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the data: its own transaction, its own results."""
        return self.database.cursor()

    def extern_of(self, node_id: int) -> Path:
        """The folder of exports of a node."""
        return self.extern if node_id == NODE_ID else self.cluster.stores[node_id] / "extern"

    @contextmanager
    def writing(self, session: Client | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A change of rows, all of it or nothing: the cursor to make it with.

        Inside the session's own transaction the change is kept when that commits, inside another
        change when that ends.
        """
        with self.lock:
            if session is not None and session.transaction is not None:
                yield session.transaction
                return
            if self._open is not None:
                yield self._open
                return
            self.snapshots.before_write()
            cursor = self._open = self.cursor()
            try:
                cursor.execute("BEGIN TRANSACTION")
                if session is not None:
                    session.executing(cursor)
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                roll_back(cursor)
                raise
            finally:
                self._open = None
                if session is not None:
                    session.executed(cursor)
                cursor.close()
            self.snapshots.committed()

    @contextmanager
    def change(self, session: Client | None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A change of the catalogue, and of rows with it.

        After a failure the catalogue is read again as it was.
        """
        with self.lock:
            try:
                with self.writing(session) as cursor:
                    yield cursor
                    self._write_catalog(cursor)
            except BaseException:
                self.reload_catalog()
                raise
            finally:
                if self.retyped:
                    self.described.clear()
                    self.retyped = False

    def save_catalog(self) -> None:
        """Keeps the catalogue as it is now in memory."""
        with self.change(None):
            pass

    def _write_catalog(self, cursor: duckdb.DuckDBPyConnection) -> None:
        cursor.execute("UPDATE kw_catalog SET document = ?", [to_json(self.catalog)])

    def reload_catalog(self) -> None:
        """Takes the catalogue back to what was committed."""
        self.described.clear()
        stored = self.database.execute("SELECT document FROM kw_catalog").fetchone()
        if stored is not None:
            self.catalog = self._with_sequence_values(from_json(stored[0]))

    def keep_sequence_value(self, relation_id: int, value: int) -> None:
        """Keeps the last value of a sequence. Sequences do not roll back."""
        with self.lock:
            cursor = self.cursor()
            try:
                cursor.execute("BEGIN TRANSACTION")
                cursor.execute("DELETE FROM kw_sequence_values WHERE id = ?", [relation_id])
                cursor.execute("INSERT INTO kw_sequence_values VALUES (?, ?)", [relation_id, value])
                cursor.execute("COMMIT")
            finally:
                cursor.close()

    def writes(self) -> Writes:
        """The writes that were committed, of every part of a table; read once after a commit."""
        seen = self.snapshots.last_commit
        if self._writes[0] != seen:
            cursor = self.cursor()
            rows = cursor.execute(
                "SELECT relation, part, max(moment), count(*) FROM kw_touched GROUP BY ALL"
            ).fetchall()
            cursor.close()
            self._writes = seen, {(row[0], row[1]): (row[2], row[3]) for row in rows}
        return self._writes[1]

    def announce(self, session: Client, *descriptions: str, garbage: bool = False) -> None:
        """Keeps the jobs of a schema change that has been made (SHOW JOBS, recordings 05, 06).

        ``garbage`` tells that each leaves a "GC for …" job, in reverse order.
        """
        statement = session.query.id if session.query is not None else ""
        for description in descriptions:
            self.jobs.schema_change(description, session.user, statement=statement)
        for description in reversed(descriptions) if garbage else ():
            self.jobs.collect_garbage(description, session.user)

    def close(self) -> None:
        """Ends every session and closes the file."""
        for session in list(self.sessions.values()):
            session.close()
        self.snapshots.close()
        self.database.close()


def roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """Ends a transaction without keeping it, whether or not DuckDB has already given it up."""
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException:
        return


def _fresh_catalog(now: int) -> Catalog:
    """The databases and users of a new node (recording 01)."""
    catalog = Catalog(cluster_id=str(uuid.uuid4()), next_id=76)
    for database_id, name in ((1, "system"), (50, "defaultdb"), (51, "postgres")):
        catalog.databases[name] = DatabaseDef(
            database_id, name, schemas={"public": SchemaDef(29, "public")}, created_at=now
        )
    catalog.users["admin"] = UserDef("admin", is_role=True, options=["CREATEROLE"])
    catalog.users["root"] = UserDef("root", options=["CREATEROLE"], member_of={"admin": True})
    return catalog

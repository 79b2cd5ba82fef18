"""An engine with a handful of canned answers, for tests of the wire layer alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.sandbox.answers.answer import Answer, Column, Notice, Row, SqlError, StatementCancelled
from kwtui.sandbox.catalog.objects import Catalog, UserDef
from kwtui.sandbox.catalog.users import hash_password
from kwtui.sandbox.engine.cluster import Cluster

RESULT = Column("result", 25)

EVERY_TYPE: tuple[tuple[str, int, str], ...] = (
    ("i2", 21, "-7"),
    ("i4", 23, "2147483647"),
    ("i8", 20, "9223372036854775807"),
    ("f4", 700, "1.5"),
    ("f8", 701, "-2.25"),
    ("bo", 16, "t"),
    ("s", 25, "it's 张伟"),
    ("vc", 1043, "vc"),
    ("b", 17, "\\x00ff10"),
    ("u", 2950, "63616665-6630-3064-6465-616462656566"),
    ("ts", 1114, "2024-02-29 23:59:59.999999"),
    ("tz", 1184, "2024-02-29 12:00:00.5+00:00"),
    ("da", 1082, "2024-02-29"),
    ("d", 1700, "-12345.678900"),
    ("names", 1009, '{a,"b,c",NULL}'),
    ("nothing", 25, ""),
)


@dataclass
class FakeVariables:
    """Session variables in a dict."""

    values: dict[str, str] = field(
        default_factory=lambda: {
            "server_version": "9.5.0",
            "client_encoding": "UTF8",
            "timezone": "UTC",
            "integer_datetimes": "on",
            "standard_conforming_strings": "on",
        }
    )

    def get(self, name: str) -> str:
        return self.values.get(name, "")


class FakeSession:
    """Answers by looking the text up."""

    def __init__(self, engine: FakeEngine, user: str, database: str, application_name: str) -> None:
        self.session_id = "18ea50390c8974c40000000000000001"
        self.user = user
        self.binary_results = False
        self.database = database
        self.transaction_status = "I"
        self.variables = FakeVariables()
        self.variables.values["application_name"] = application_name
        self.closed = threading.Event()
        self._engine = engine

    def execute(self, sql: str, extended: bool = False) -> Iterator[Answer]:
        self._engine.seen.append((sql, extended))
        for statement in filter(None, (part.strip() for part in sql.split(";"))):
            yield self._answer(statement)

    def describe(self, sql: str) -> tuple[Column, ...] | None:
        return self._answer(sql).columns

    def close(self) -> None:
        self.closed.set()

    def _answer(self, sql: str) -> Answer:
        word = sql.split()[0].upper()
        if word == "BEGIN":
            self.transaction_status = "T"
            return Answer("BEGIN")
        if word == "SET":
            _, name, _, value = sql.split(maxsplit=3)
            self.variables.values[name.strip('"')] = value.strip("'")
            return Answer("SET")
        if word == "FAIL":
            raise SqlError('at or near "FAIL": syntax error', "42601", "source SQL:\nFAIL", "try")
        if word == "CANCELLED":
            raise StatementCancelled
        if word == "WAIT":
            self._engine.waiting.set()
            assert self.closed.wait(20), "nobody closed the session of a client that left"
            raise StatementCancelled
        if word == "COUNT":
            return Answer("SELECT", (Column("n", 20),), self._count(int(sql.split()[1])))
        if word == "TYPES":
            columns = tuple(Column(name, oid) for name, oid, _ in EVERY_TYPE)
            row: Row = tuple(value or None for _, _, value in EVERY_TYPE)
            return Answer("SELECT 1", columns, [row])
        if word == "EXPORT":
            earlier: list[tuple[Column, ...]] = [(RESULT,), (RESULT,)]
            notice = Notice("table b failed", sqlstate="XXUUU")
            return Answer("EXPORT 1", (RESULT,), [("succeed",)], [notice], earlier)
        return Answer("SELECT 1", (RESULT,), [(sql,)])

    @staticmethod
    def _count(limit: int) -> Iterator[Row]:
        for number in range(limit):
            yield (str(number),)
        if limit == 13:
            raise SqlError("the thirteenth row", "XX000")


class FakeEngine:
    """A node's databases that are not there."""

    def __init__(self) -> None:
        self.catalog = Catalog("ca164d7c-fd84-4cd8-86e2-836b7e9b32a5")
        self.catalog.users = {
            "root": UserDef("root", password=hash_password("secret")),
            "op": UserDef("op", password=hash_password("it's")),
            "old": UserDef(
                "old", password=hash_password("x"), valid_until="2020-01-01 00:00:00+00:00"
            ),
            "nologin_user": UserDef("nologin_user", options=["NOLOGIN"]),
        }
        self.cluster = Cluster({1: Path("/nowhere")})
        self.certificates: Path | None = None
        self.sessions: list[FakeSession] = []
        self.seen: list[tuple[str, bool]] = []
        self.waiting = threading.Event()

    def session(
        self,
        user: str,
        database: str,
        application_name: str,
        client_address: str,
        node_id: int = 1,
    ) -> FakeSession:
        self.sessions.append(FakeSession(self, user, database, application_name))
        return self.sessions[-1]

    def save_catalog(self) -> None:
        """Nothing to keep."""

    def close(self) -> None:
        """Nothing to close."""

"""A node, kwtui in this very process, and hands that can reach in between two steps of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from kwtui.backups.layout.naming import inside
from kwtui.backups.proof.verify import VerifyReport, verify
from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupRequest, DrillRequest, ExcerptRequest, RestoreRequest
from kwtui.model.schema import DatabaseSchema, TableName
from kwtui.model.server import Survey
from kwtui.operations.backup.run import run_backup
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.drill.run import run_drill
from kwtui.operations.excerpt.run import run_excerpt
from kwtui.operations.plan import Plan, PlanKind, Step
from kwtui.operations.restore.run import run_restore
from kwtui.operations.runner import Halt, StepOutcome
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target, resolve_target
from tests.conftest import SandboxNode

_EXECUTE = {
    PlanKind.BACKUP: run_backup,
    PlanKind.RESTORE: run_restore,
    PlanKind.EXCERPT: run_excerpt,
    PlanKind.DRILL: run_drill,
}

Row = tuple[str | None, ...]
Hook = Callable[[Step], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What the bare statement said, in the server's own text."""

    tag: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    notices: tuple[str, ...] = ()
    error: str = ""

    @property
    def dicts(self) -> list[dict[str, str | None]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def import_words(self) -> tuple[str | None, int]:
        """Status and rows of an IMPORT."""
        (row,) = self.dicts
        return row["status"], int(row["rows"] or 0)


@dataclass
class Story:
    """What a run told while it ran. ``hooks`` are called when a step of that id prefix begins."""

    hooks: dict[str, Hook] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Step and title of each failure."""
    done: dict[str, StepOutcome] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """Of each step that is done."""

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None:
        for prefix, hook in self.hooks.items():
            if step.id.startswith(prefix):
                hook(step)

    def progress(self, step: Step, **values: Any) -> None:
        """Nobody looks at it here."""

    def notice(self, step: Step, severity: str, message: str) -> None:
        self.notices.append(message)

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None:
        self.done[step.id] = outcome
        self.seconds[step.id] = seconds

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None:
        self.failed.append((step.id, error.title))


@dataclass(frozen=True)
class Made:
    """A run that succeeded."""

    plan: Plan
    result: RunResult
    story: Story

    @property
    def path(self) -> str:
        return self.plan.path

    def __getitem__(self, key: str) -> Any:
        return self.result.result[key]


@dataclass(frozen=True)
class Bench:
    """One node and a state directory of one's own."""

    node: SandboxNode
    state: Path

    @property
    def extern(self) -> Path:
        return self.node.extern

    @property
    def target(self) -> Target:
        target = resolve_target(dsn=self.node.dsn, environ={})
        return replace(
            target,
            store=str(self.node.store),
            extern=str(self.node.extern),
            logs=str(self.node.logs),
        )

    # -- the bare statements -----------------------------------------------------------------

    def say(self, sql: str, database: str = "defaultdb") -> Answer:
        """One statement as a SQL client sends it; errors are answers too."""
        return self.session([sql], database)[-1]

    def session(self, statements: list[str], database: str = "defaultdb") -> list[Answer]:
        """Statements of one session, one after the other."""
        with psycopg.connect(
            self.node.dsn, dbname=database, autocommit=True, prepare_threshold=None
        ) as connection:
            notices: list[str] = []
            connection.add_notice_handler(lambda d: notices.append(d.message_primary or ""))
            connection.execute("SET TIME ZONE 'UTC'")
            return [_answer(connection, sql, notices) for sql in statements]

    def do(self, *statements: str, database: str = "defaultdb") -> None:
        """Statements that must succeed."""
        for sql, answer in zip(statements, self.session(list(statements), database), strict=True):
            assert not answer.error, f"{sql}: {answer.error}"

    def rows(self, sql: str, database: str = "defaultdb") -> list[Row]:
        answer = self.say(sql, database)
        assert not answer.error, f"{sql}: {answer.error}"
        return list(answer.rows)

    def one(self, sql: str, database: str = "defaultdb") -> str | None:
        ((value,),) = self.rows(sql, database)
        return value

    def databases(self) -> set[str | None]:
        return {row[0] for row in self.rows("SHOW DATABASES")}

    def tables(self, database: str) -> set[str | None]:
        return {row[0] for row in self.rows(f'SHOW TABLES FROM "{database}"')}

    def import_words(self, sql: str, database: str = "defaultdb") -> tuple[str | None, int]:
        answer = self.say(sql, database)
        assert not answer.error, answer.error
        return answer.import_words

    # -- kwtui -------------------------------------------------------------------------------

    def survey(self, database: str) -> Survey:
        async def ask(controller: Controller) -> Survey:
            return await controller.server.survey(database)

        return asyncio.run(self._with_controller(ask))

    def findings(self, database: str) -> dict[str, str]:
        """Codes of the survey's findings with their subjects."""
        return {f.code: f.subject for f in self.survey(database).findings}

    def schema(self, database: str) -> DatabaseSchema:
        return self.survey(database).schema

    def plan_backup(self, database: str, **options: Any) -> Plan:
        async def ask(controller: Controller) -> Plan:
            return await controller.plans.backup(BackupRequest(database, **options))

        return asyncio.run(self._with_controller(ask))

    def plan_and_know(self, database: str, **options: Any) -> tuple[Plan, bytes]:
        """The plan of a backup, and what a run that begins at once takes over of its reading."""

        async def ask(controller: Controller) -> tuple[Plan, bytes]:
            plan = await controller.plans.backup(BackupRequest(database, **options))
            return plan, controller.planned.take(plan.id)

        return asyncio.run(self._with_controller(ask))

    def plan_restore(self, source: str, **options: Any) -> Plan:
        async def ask(controller: Controller) -> Plan:
            return await controller.plans.restore(RestoreRequest(source, **options))

        return asyncio.run(self._with_controller(ask))

    def plan_drill(self, request: DrillRequest) -> Plan:
        async def ask(controller: Controller) -> Plan:
            return await controller.plans.drill(request)

        return asyncio.run(self._with_controller(ask))

    def backup(
        self, database: str, *, hooks: dict[str, Hook] | None = None, **options: Any
    ) -> Made:
        """Raises KwtuiError as a run that failed does."""
        return self.run(self.plan_backup(database, **options), hooks)

    def restore(self, source: str, *, hooks: dict[str, Hook] | None = None, **options: Any) -> Made:
        """Raises KwtuiError as a run that failed does."""
        return self.run(self.plan_restore(source, **options), hooks)

    def plan_excerpt(self, source: str, table: str, into: str, **options: Any) -> Plan:
        names = TableName("public", table), TableName("public", into)

        async def ask(controller: Controller) -> Plan:
            return await controller.plans.excerpt(ExcerptRequest(source, *names, **options))

        return asyncio.run(self._with_controller(ask))

    def excerpt(
        self,
        source: str,
        table: str,
        into: str,
        *,
        hooks: dict[str, Hook] | None = None,
        **options: Any,
    ) -> Made:
        """Raises KwtuiError as a run that failed does."""
        return self.run(self.plan_excerpt(source, table, into, **options), hooks)

    def run(self, plan: Plan, hooks: dict[str, Hook] | None = None, *, known: bytes = b"") -> Made:
        """``known`` is what `plan_and_know` tells beside the plan."""
        return asyncio.run(self._run(plan, hooks or {}, known))

    def verify(self, path: str, level: ProofLevel = ProofLevel.P2) -> VerifyReport:
        return verify(self.extern, path, level, state=self.state)

    def data_files(self, path: str) -> dict[str, Path]:
        """The CSV files of a set or tree by their path in it."""
        root = inside(self.extern, path)
        return {str(p.relative_to(root)): p for p in sorted(root.rglob("*.csv"))}

    async def _run(self, plan: Plan, hooks: dict[str, Hook], known: bytes) -> Made:
        async def connect() -> Server:
            return await Server.open(self.target)

        story = Story(hooks)
        context = RunContext(
            plan=plan,
            run_id="20261122T080000Z-abcd",
            connect=connect,
            extern=self.extern,
            state=self.state,
            reporter=story,
            halt=Halt(),
            known=known,
        )
        return Made(plan, await _EXECUTE[plan.kind](context), story)

    async def _with_controller(self, ask: Callable[[Controller], Awaitable[T]]) -> T:
        controller = Controller(state=self.state)
        try:
            await controller.connection.connect(self.target)
            return await ask(controller)
        finally:
            await controller.close()


def _answer(
    connection: psycopg.Connection[tuple[Any, ...]], sql: str, notices: list[str]
) -> Answer:
    del notices[:]
    cursor = connection.cursor()
    try:
        cursor.execute(sql.encode())
    except psycopg.Error as error:
        return Answer(notices=tuple(notices), error=str(error).strip())
    while cursor.nextset():
        # A time-series export sends empty results first; the last one counts.
        pass
    result = cursor.pgresult
    assert result is not None
    columns = tuple((result.fname(i) or b"").decode() for i in range(result.nfields))
    rows = tuple(tuple(_texts(result, i)) for i in range(result.ntuples))
    return Answer(cursor.statusmessage or "", columns, rows, tuple(notices))


def _texts(result: Any, row: int) -> Iterator[str | None]:
    """The server's own text of each value, undecoded into anything else."""
    for column in range(result.nfields):
        value = result.get_value(row, column)
        yield None if value is None else value.decode()

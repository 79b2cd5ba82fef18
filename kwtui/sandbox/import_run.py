"""What the parts of one IMPORT share: its job, its transaction, the words of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox import jobs
from kwtui.sandbox.answer import Answer, Column, SqlError
from kwtui.sandbox.copy_parse import ImportStatement
from kwtui.sandbox.engine import NODE_ID
from kwtui.sandbox.errors import from_duckdb
from kwtui.sandbox.import_options import ImportOptions
from kwtui.sandbox.nodelocal import Extern, locate

if TYPE_CHECKING:
    from kwtui.sandbox.session import Session

IMPORT_COLUMNS = (
    Column("job_id", 25),
    Column("status", 25),
    Column("fraction_completed", 701),
    Column("rows", 20),
    Column("abandon_rows", 25),
    Column("reject_rows", 25),
    Column("note", 25),
)
_REJECT_NOTE = "There is a REJECT FILE, please read and resolve it"


@dataclass(frozen=True)
class ImportRun:
    """One IMPORT that has passed its checks."""

    session: Session
    extern: Extern
    statement: ImportStatement
    options: ImportOptions

    def locate(self, uri: str) -> str:
        """The path under ``extern`` that a URI names."""
        return locate(uri, NODE_ID)

    @contextmanager
    def job(self, full_name: str = "") -> Iterator[jobs.Job]:
        """The job row around the work; closed by the outcome, left alone when cancelled."""
        registry = self.session.engine.jobs
        description = self.statement.describe(full_name)
        job = registry.start(jobs.IMPORT, description, "", self.session.user)
        try:
            yield job
        except (SqlError, duckdb.Error) as err:
            error = from_duckdb(err) if isinstance(err, duckdb.Error) else err
            if not registry.get(job.id).cancel_requested:
                registry.finish(job, jobs.FAILED, error.message)
            raise error from err
        registry.finish(job, jobs.SUCCEEDED)

    def progress(self, job: jobs.Job, done: int, total: int) -> None:
        """Note how far the work is. Raises where CANCEL JOB or CANCEL QUERY asks to stop."""
        self.session.check_interrupt()
        self.session.engine.jobs.progress(job, done / total if total else 1.0)


def relational_answer(job: jobs.Job, rows: int) -> Answer:
    """The answer of a relational import."""
    return _answer(str(job.id), rows, 0)


def series_answer(rows: int, rejected: int) -> Answer:
    """The answer of a time-series import, which names no job (facts.md, 2.4)."""
    return _answer("-", rows, rejected)


def _answer(job_id: str, rows: int, rejected: int) -> Answer:
    note = _REJECT_NOTE if rejected else "None"
    row = (job_id, "succeeded", "1", str(rows), "0", str(rejected), note)
    return Answer("IMPORT 1", IMPORT_COLUMNS, [row])


@contextmanager
def one_transaction(session: Session) -> Iterator[None]:
    """Statements that are kept together or not at all."""
    session.begin()
    try:
        yield
    except BaseException:
        session.end(keep=False)
        raise
    session.end(keep=True)


@contextmanager
def prefixed(step: str) -> Iterator[None]:
    """Errors of an inner statement begin with its name, as in ``import-create-table: …``."""
    try:
        yield
    except SqlError as err:
        raise SqlError(f"{step}: {err.message}", err.sqlstate, err.detail, err.hint) from err

"""What the parts of one IMPORT share: its job, its transaction, the words of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.answers.answer import Answer, Column, SqlError, StatementCancelled
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.imports.options import ImportOptions
from kwtui.sandbox.transfer.copy_failure import reported
from kwtui.sandbox.transfer.copy_parse import ImportStatement
from kwtui.sandbox.transfer.nodelocal import Extern, locate

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

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
    """Of the node that the first URI names."""
    statement: ImportStatement
    options: ImportOptions

    def locate(self, uri: str) -> str:
        """The path under ``extern`` that a URI names. Raises SqlError."""
        return locate(uri, self.session.engine.cluster, reading=True).path

    def file(self, uri: str) -> Path:
        """The file that a URI names, on whichever node it lies. Raises SqlError."""
        place = locate(uri, self.session.engine.cluster, reading=True)
        return Extern(self.session.engine.extern_of(place.node_id)).readable(place.path)

    @contextmanager
    def job(self, full_name: str = "") -> Iterator[jobs.Job]:
        """The job row around the work, closed by its outcome.

        A job that CANCEL JOB has stopped is left to whoever puts its table back.
        """
        registry = self.session.engine.jobs
        description = self.statement.describe(full_name)
        job = registry.start(jobs.IMPORT, description, "", self.session.user)
        try:
            with self._told():
                yield job
        except SqlError as err:
            if not registry.get(job.id).cancel_requested:
                registry.finish(job, jobs.FAILED, err.message)
            raise
        except StatementCancelled:
            registry.finish(job, jobs.CANCELED, jobs.CANCELED_BY_USER)
            raise
        registry.finish(job, jobs.SUCCEEDED)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SqlError, duckdb.Error) as err:
            raise reported(self.session, err) from err

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
    """Statements that are kept together or not at all. Nothing else changes in the meantime."""
    with session.engine.lock:
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

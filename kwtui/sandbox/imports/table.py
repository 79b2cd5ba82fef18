"""IMPORT TABLE and IMPORT INTO (recordings 06, 07, 09, 10, 13 and 16)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.objects import ColumnDef, Relation, RelationKind
from kwtui.sandbox.ddl.interleave import check_importable
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.engine.names import find_relation, place_for
from kwtui.sandbox.imports.load import (
    append_rows,
    data_transaction,
    fill_computed,
    is_empty,
    let_the_last_row_win,
    refuse_duplicates,
)
from kwtui.sandbox.imports.meta_file import MetaFile, check_wanted, read_table_file
from kwtui.sandbox.imports.new_tables import block_name, create_hidden, later, publish, run_grants
from kwtui.sandbox.imports.rows import RowParser, parsed_rows
from kwtui.sandbox.imports.run import ImportRun, one_transaction, relational_answer, series_answer
from kwtui.sandbox.imports.series import SeriesParser, SeriesReport, series_rows
from kwtui.sandbox.language.lexer import quote_identifier
from kwtui.sandbox.query.sources import table_name
from kwtui.sandbox.rows.devices import enter_devices
from kwtui.sandbox.rows.touched import touch_all

ADOPTED_SECONDS = 0.5
"""Until then a cancelled job is ``cancel-requested`` (recording 10), then ``reverting``."""
PUT_BACK_SECONDS = 5.0
"""How long a table stays away after CANCEL JOB (recording 10 saw it still away when it ended)."""
PUT_BACK_VARIABLE = "KWTUI_SANDBOX_PUT_BACK"
"""The environment of the sandbox's process may name other seconds (up to a minute was seen), or a
file: while that exists, tables stay away."""
_LOOK_AGAIN_SECONDS = 0.1


def import_using(run: ImportRun) -> Answer:
    """``IMPORT TABLE CREATE USING 'meta.sql' [CSV DATA (…)]``."""
    path = run.locate(run.statement.create_file)
    file = read_table_file(run.extern.read_text(path))
    series = any(token.value in ("tags", "attributes") for token in file.create.tokens)
    check_wanted(
        [file],
        comment=run.options.comment,
        privileges=run.options.privileges,
        one_table=not series,
    )
    return _import_new(run, file, strips_apostrophes=True)


def import_definition(run: ImportRun) -> Answer:
    """``IMPORT TABLE t (…) CSV DATA (…)``."""
    name = ".".join(map(quote_identifier, run.statement.name))
    file = read_table_file(f"CREATE TABLE {name} {run.statement.definition}")
    return _import_new(run, file, strips_apostrophes=False)


def _import_new(run: ImportRun, file: MetaFile, *, strips_apostrophes: bool) -> Answer:
    session = run.session
    parts = run.statement.name or (file.table_name,)
    database, schema, name = place_for(session, parts)
    with run.job(f"{database}.{schema}.{quote_identifier(name)}") as job:
        with one_transaction(session):
            relation = create_hidden(session, file, database, schema)
        if relation.kind is RelationKind.TIME_SERIES:
            publish(session, [(relation, file)], comment=run.options.comment)
            _tag_indexes_and_grants(run, file)
            return _load_series(run, relation, None) if run.statement.files else series_answer(0, 0)
        try:
            rows = load_relational(
                run, job, relation, run.statement.files, None, strips_apostrophes=strips_apostrophes
            )
            publish(session, [(relation, file)], comment=run.options.comment)
            if run.options.privileges:
                run_grants(session, [file])
        except BaseException:
            block_name(session, relation)
            raise
    return relational_answer(job, rows)


def _tag_indexes_and_grants(run: ImportRun, file: MetaFile) -> None:
    for statement in file.indexes:
        run.session.run(statement)
    if run.options.privileges:
        run_grants(run.session, [file])


def import_into(run: ImportRun) -> Answer:
    """``IMPORT INTO t [(…)] CSV DATA (…)``."""
    session = run.session
    relation = find_relation(session, run.statement.name)
    if relation.kind not in (RelationKind.TABLE, RelationKind.TIME_SERIES):
        raise SqlError(f'"{relation.name}" is not a table', "42809")
    columns = _target_columns(relation, run.statement.columns)
    full_name = f"{relation.database}.{relation.schema}.{quote_identifier(relation.name)}"
    if relation.kind is RelationKind.TIME_SERIES:
        with run.job(full_name):
            return _load_series(run, relation, columns)
    if any(column.default is not None and not column.hidden for column in relation.columns):
        raise SqlError(
            "cannot IMPORT INTO a table with a DEFAULT expression for any of its columns"
        )
    check_importable(session.engine.catalog, relation)
    with run.job(full_name) as job, _taken_offline(run, job, relation):
        rows = load_relational(
            run, job, relation, run.statement.files, columns, strips_apostrophes=False
        )
    return relational_answer(job, rows)


def _target_columns(relation: Relation, names: Sequence[str] | None) -> list[ColumnDef]:
    visible = [column for column in relation.columns if not column.hidden]
    if names is None:
        return visible
    known = {column.name: column for column in visible}
    chosen: dict[str, ColumnDef] = {}
    for name in names:
        if name not in known:
            raise SqlError(f"target column {name} is not in table {relation.name}")
        if name in chosen:
            raise SqlError(f"multiple assignments to the same column {name}")
        chosen[name] = known[name]
    return list(chosen.values())


@contextmanager
def _taken_offline(run: ImportRun, job: jobs.Job, relation: Relation) -> Iterator[None]:
    """Nobody sees the table while rows go into it. A cancelled import puts it back slowly.

    Afterwards its foreign keys and checks count as unvalidated (live-findings, row 18).
    """
    engine = run.session.engine

    def show(*, unvalidated: bool = False) -> None:
        with engine.change(None):
            current = engine.catalog.relations.get(relation.id)
            if current is None:
                return
            current.offline = False
            if unvalidated:
                _mark_unvalidated(current)

    def put_back() -> None:
        show()
        engine.jobs.finish(job, jobs.CANCELED, jobs.CANCELED_BY_USER)

    with engine.change(None):
        engine.catalog.relations[relation.id].offline = True
    try:
        yield
    except BaseException:
        if engine.jobs.get(job.id).cancel_requested:
            later(ADOPTED_SECONDS, lambda: engine.jobs.revert(job.id))
            _when_it_is_time(put_back)
        else:
            show()
        raise
    show(unvalidated=True)


def _when_it_is_time(put_back: Callable[[], None]) -> None:
    named = os.environ.get(PUT_BACK_VARIABLE, "")
    if not named.startswith("/"):
        later(float(named or PUT_BACK_SECONDS), put_back)
        return

    def look() -> None:
        if Path(named).exists():
            later(_LOOK_AGAIN_SECONDS, look)
        else:
            put_back()

    look()


def _mark_unvalidated(relation: Relation) -> None:
    for key in relation.foreign_keys:
        key.validated = False
    for check in relation.checks:
        check.validated = False


def load_relational(
    run: ImportRun,
    job: jobs.Job,
    relation: Relation,
    uris: Sequence[str],
    columns: Sequence[ColumnDef] | None,
    *,
    strips_apostrophes: bool,
) -> int:
    """Read files into a relational table, all rows or none; returns their number."""
    session, registry = run.session, run.session.engine.jobs
    targets = list(columns) if columns is not None else _target_columns(relation, None)
    zone = session.variables.get("timezone")
    parser = RowParser(targets, run.options, zone, strips_apostrophes=strips_apostrophes)
    files = [(run.file(uri), uri) for uri in uris]
    if relation.primary is not None and relation.primary.buckets and uris:
        shard, _ = relation.primary.columns[0]
        raise SqlError(f'{uris[0]}: make row inserter: missing "{shard}" primary key column')

    def between() -> None:
        session.check_interrupt()
        if registry.get(job.id).cancel_requested:
            registry.progress(job, 0.0)

    rows = 0
    with data_transaction(session) as cursor:
        was_empty = is_empty(cursor, relation)
        for done, (path, uri) in enumerate(files, start=1):
            incoming = parsed_rows(path, uri, run.options, parser, run.options.skip)
            rows += append_rows(session, cursor, relation, targets, incoming, between)
            run.progress(job, done, len(files))
        fill_computed(session, cursor, relation, targets)
        refuse_duplicates(cursor, relation, was_empty=was_empty)
        touch_all(session.engine, cursor, relation)
    return rows


def _load_series(run: ImportRun, relation: Relation, columns: Sequence[ColumnDef] | None) -> Answer:
    """Only the first URI counts, and it names a folder (facts.md, 2.5)."""
    uri = run.statement.files[0]
    folder = run.locate(uri)
    files = series_files(run, folder, uri)
    if not files:
        raise SqlError(f"{uri} is not a dir or has no csv files")
    into = columns is not None
    report = load_series(run, relation, folder, files, columns, into=into)
    return series_answer(report.rows, report.rejected)


def series_files(run: ImportRun, folder: str, uri: str) -> list[tuple[Path, str]]:
    """The CSV files of a folder, with the URIs that errors name."""
    names = [name for name in run.extern.names(folder) if name.endswith(".csv")]
    base = uri.rstrip("/")
    return [(run.extern.path(f"{folder}/{name}"), f"{base}/{name}") for name in names]


def load_series(
    run: ImportRun,
    relation: Relation,
    folder: str,
    files: Sequence[tuple[Path, str]],
    columns: Sequence[ColumnDef] | None,
    *,
    into: bool,
) -> SeriesReport:
    """Read files into a time-series table; bad rows go into a reject file in the same folder.

    What was read before an error stays (facts.md, 2.8).
    """
    session = run.session
    targets = list(columns) if columns is not None else _target_columns(relation, None)
    parser = SeriesParser(targets, session.variables.get("timezone"), into=into)
    report = SeriesReport()
    rows = series_rows(files, run.options, parser, report, _oldest(relation))
    failure: SqlError | None = None
    with data_transaction(session) as cursor:
        try:
            append_rows(session, cursor, relation, targets, rows, session.check_interrupt)
        except SqlError as err:
            failure = err
        enter_devices(cursor, relation, table_name(relation))
        let_the_last_row_win(cursor, relation)
    if failure is not None:
        raise failure
    if report.rejects:
        lines = (f"{line}\n".encode() for line in report.rejects)
        run.extern.write_whole(f"{folder}/reject.n{run.session.node_id}.0.txt", *lines)
    return report


def _oldest(relation: Relation) -> str | None:
    if not relation.retention_seconds:
        return None
    moment = datetime.now(UTC) - timedelta(seconds=relation.retention_seconds)
    return moment.strftime("%Y-%m-%d %H:%M:%S")

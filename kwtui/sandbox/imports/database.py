"""IMPORT DATABASE (recordings 05, 07, 08, 09 and 14)."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.imports.meta_file import (
    MetaFile,
    apply_database_comment,
    check_wanted,
    read_database_file,
    read_table_file,
    schema_name,
)
from kwtui.sandbox.imports.new_tables import create_hidden, in_database, publish, run_grants
from kwtui.sandbox.imports.run import (
    ImportRun,
    one_transaction,
    prefixed,
    relational_answer,
    series_answer,
)
from kwtui.sandbox.imports.table import load_relational, load_series, series_files
from kwtui.sandbox.language.lexer import quote_identifier, split_statements
from kwtui.sandbox.transfer import meta_text

_META = "meta.sql"


@dataclass(frozen=True)
class _TableFolder:
    """A table's folder in the tree of a relational export."""

    schema: str
    entry: str
    file: MetaFile


def import_database(run: ImportRun) -> Answer:
    """``IMPORT DATABASE CSV DATA ('root of an export')``."""
    uris = run.statement.files
    if len(uris) > 1:
        shown = " ".join(f'"{uri}"' for uri in uris)
        raise SqlError(f"Database import does not support multiple file paths，[{shown}]")
    root = run.locate(uris[0])
    text = run.extern.read_text(f"{root}/{_META}")
    name, head, tables = read_database_file(text)
    if meta_text.is_time_series(text):
        return _import_series(run, root, name, head, tables)
    return _import_relational(run, root, name, head)


def _import_relational(run: ImportRun, root: str, name: str, head: MetaFile) -> Answer:
    """Everything or nothing: a failure drops the database again."""
    schemas = [entry for entry in run.extern.names(root) if entry != _META]
    folders = [
        _TableFolder(schema, entry, read_table_file(_table_text(run, root, schema, entry)))
        for schema in schemas
        for entry in run.extern.names(f"{root}/{schema}")
        if entry != _META
    ]
    if not folders:
        raise SqlError("cannot import an empty database")
    files = [head, *(folder.file for folder in folders)]
    check_wanted(files, comment=run.options.comment, privileges=False)
    session = run.session
    with run.job() as job, in_database(session, name):
        relations = _create(run, name, schemas, folders)
        try:
            rows = 0
            for folder, relation in zip(folders, relations, strict=True):
                uris = _csv_uris(run, root, folder)
                rows += load_relational(run, job, relation, uris, None, strips_apostrophes=True)
            made = list(zip(relations, (folder.file for folder in folders), strict=True))
            publish(session, made, comment=run.options.comment)
            _comment_on_database(run, name, head)
            if run.options.privileges:
                run_grants(session, [folder.file for folder in folders])
        except BaseException:
            _take_back(run, name)
            raise
    return relational_answer(job, rows)


def _take_back(run: ImportRun, name: str) -> None:
    """Drops the database of a failed import; no import holds its tables any more."""
    engine = run.session.engine
    with engine.change(None):
        for relation in engine.catalog.relations_in(name):
            relation.offline = False
    _run(run, f"DROP DATABASE {quote_identifier(name)} CASCADE")


def _table_text(run: ImportRun, root: str, schema: str, entry: str) -> str:
    return run.extern.read_text(f"{root}/{schema}/{entry}/{_META}")


def _create(
    run: ImportRun, name: str, schemas: list[str], folders: list[_TableFolder]
) -> list[Relation]:
    """Database, schemas and tables in one transaction, in the order of their names.

    No table can refer to another: they are not there before all rows are (row 6).
    """
    session = run.session
    with one_transaction(session):
        with prefixed("import-create-database"):
            _run(run, f"CREATE DATABASE {quote_identifier(name)}")
        for entry in schemas:
            if entry != "public":
                with prefixed("import-create-schema"):
                    _run(run, f"CREATE SCHEMA {quote_identifier(schema_name(entry))}")
        return [create_hidden(session, f.file, name, f.schema) for f in folders]


def _csv_uris(run: ImportRun, root: str, folder: _TableFolder) -> list[str]:
    """The data of one table; a folder without CSV files leaves it empty (live-findings, row 2)."""
    base = f"{run.statement.files[0].rstrip('/')}/{folder.schema}/{folder.entry}/"
    names = run.extern.names(f"{root}/{folder.schema}/{folder.entry}")
    return [f"{base}/{name}" for name in names if name.endswith(".csv")]


def _import_series(
    run: ImportRun, root: str, name: str, head: MetaFile, tables: list[MetaFile]
) -> Answer:
    """Nothing is undone when it fails. Retention and partitioning of the database are not set."""
    check_wanted([head, *tables], comment=run.options.comment, privileges=run.options.privileges)
    if not tables:
        raise SqlError("cannot import an empty database")
    session = run.session
    rows = rejected = 0
    with run.job(), in_database(session, name):
        with prefixed("import-create-database"):
            _run(run, f"CREATE TS DATABASE {quote_identifier(name)}")
        relations = []
        for file in tables:
            with one_transaction(session):
                relations.append(create_hidden(session, file, name, "public"))
            publish(session, [(relations[-1], file)], comment=run.options.comment)
            for statement in file.indexes:
                session.run(statement)
        _comment_on_database(run, name, head)
        if run.options.privileges:
            run_grants(session, [head, *tables])
        for file, relation in zip(tables, relations, strict=True):
            folder = f"{root}/public/{file.table_name}"
            uri = f"{run.statement.files[0].rstrip('/')}/public/{file.table_name}"
            files = series_files(run, folder, uri)
            report = load_series(run, relation, folder, files, None, into=False)
            rows += report.rows
            rejected += report.rejected
    return series_answer(rows, rejected)


def _comment_on_database(run: ImportRun, name: str, head: MetaFile) -> None:
    if run.options.comment and head.comments:
        with run.session.engine.change(None):
            apply_database_comment(head, run.session.engine.catalog.databases[name])


def _run(run: ImportRun, sql: str) -> None:
    run.session.run(split_statements(sql)[0])

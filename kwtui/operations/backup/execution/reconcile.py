"""Holding four sources against each other: catalogue, result rows, notices, files. Pure but for
looking at the files.

Each function gives what is wrong, in words that name the table; nothing is wrong when they give
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.naming import table_folder
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.walking import walk
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.operations.backup.execution.exporting import ExportAnswer, csv_files, table_of_subject
from kwtui.operations.backup.execution.state import TableExport
from kwtui.text import plural


def data_folder(table: TableName, method: BackupMethod) -> str:
    """Where a table's files are below ``data``: our own name, or KWDB's raw one."""
    if method is BackupMethod.DATABASE:
        return f"{table.schema}/{table.name}"
    return table_folder(table)


def check_word(answer: ExportAnswer, subject: str) -> None:
    """A time-series export answers ``succeed`` or ``fail`` and no error (facts.md, 1.5)."""
    if answer.failed:
        raise KwtuiError(
            f"The export of {subject} failed.",
            cause="The server returned fail; its notices give the reason.",
            hint="Check the notices of this run and the node's log.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )


def check_whose_extern(
    answer: ExportAnswer, location: SetLocation, node: int, folder: Path
) -> None:
    """For an export of which no file is to be seen in ``folder``: the first one tells, not the
    last.

    Raises KwtuiError (EXTERN_NOT_FOUND, EXTERN_NOT_READABLE) if the server says that it wrote some.
    """
    if any(answer.files.values()):
        raise no_file_seen(location, node, folder)


def no_file_seen(location: SetLocation, node: int, folder: Path) -> KwtuiError:
    """Why nothing of what a node wrote is to be seen: the folder is closed, or another one."""
    try:
        for _ in walk(folder):
            pass
    except PermissionError as error:
        return _closed(location, node, Path(error.filename or folder), error)
    except OSError:
        pass  # It is not there: the node wrote elsewhere.
    return KwtuiError(
        f"Node {node} exported, but none of its files are in {location.extern}.",
        cause="This is not the folder that the node exports to: it belongs to another node, is "
        "an old one, or its disk is not mounted.",
        hint="Give the node's own folder with --extern or --store, or in the profile; kwtui "
        "doctor says what it finds. If that folder is not visible from here, back up with "
        "--unseen and prove it on that node with kwtui seal. In that folder "
        f"{location.path} is not a backup and can be removed.",
        exit_code=ExitCode.EXTERN_NOT_FOUND,
    )


def _closed(location: SetLocation, node: int, path: Path, error: OSError) -> KwtuiError:
    rights = (
        "kwtui accesses extern as the account that owns it, even when run as root, but the node "
        "writes as a different account"
        if os.geteuid() == 0
        else "The node writes as a different account than this one"
    )
    return KwtuiError(
        f"Node {node} exported, but the files it wrote to {location.extern} cannot be read.",
        cause=f"{path}: {error.strerror or error}. {rights}.",
        hint="Make the account that the node runs as the owner of extern, and run kwtui as that "
        "account or as root; or let the node create files that others can read (its "
        f"umask). {location.path} is not a backup and can be removed.",
        exit_code=ExitCode.EXTERN_NOT_READABLE,
    )


def take_database_answer(
    answer: ExportAnswer, tables: Mapping[TableName, TableExport], statement: str
) -> None:
    """Give each table the rows that the server says it wrote; none is said of an empty table."""
    for export in tables.values():
        export.statement = statement
        if not answer.time_series:
            export.rows_reported = export.files_reported = 0
    for subject, rows in answer.rows.items():
        name = table_of_subject(subject)
        export_of = tables.get(name) if name else None
        if export_of is None:
            raise KwtuiError(
                f"The server exported {subject}, which is not in the catalogue.",
                hint="Plan the backup again.",
                exit_code=ExitCode.BACKUP_INCOMPLETE,
            )
        export_of.rows_reported = rows
        export_of.files_reported = answer.files.get(subject, 0)


def catalogue_differences(
    before: DatabaseSchema, after: DatabaseSchema, names: Iterable[TableName], *, whole: bool
) -> Iterator[str]:
    """Tables that were added, removed or changed while the backup ran."""
    wanted = set(names)
    lost = {table.name: table.why for table in after.unread}
    for name in sorted(wanted):
        one, two = before.table(name), after.table(name)
        if two is None and name in lost:
            yield f"{name} can no longer be read: {lost[name]}"
        elif two is None:
            yield f"{name} was dropped while the backup ran"
        elif one is not None and _definition(one) != _definition(two):
            yield f"{name} was changed while the backup ran"
    if whole:
        for table in after.tables:
            if table.name not in wanted:
                yield f"{table.name} was created while the backup ran"


def _definition(table: TableSpec) -> tuple[object, ...]:
    return (table.create_statement, table.columns, table.foreign_keys, table.check_constraints)


def missing_files(
    data: Path, tables: Iterable[TableExport], *, header: bool = False
) -> Iterator[str]:
    """Tables whose files are not as many as the server said that it wrote.

    With a line of column names a node also writes a file when it has no rows, and says nothing of
    it (recording 03, `db_names`); the records in the files are counted afterwards.
    """
    for export in tables:
        found = len(csv_files(data / export.folder))
        said = export.files_reported
        if said is not None and (found < said or (found > said and not header)):
            yield (
                f"{export.spec.name}: the server wrote {plural(said, 'file')} and {found} are there"
            )


def differing_counts(
    counted: Mapping[TableName, int], tables: Iterable[TableExport]
) -> Iterator[str]:
    """Tables whose files hold other numbers of records than the server said (rows 1, 23, 29)."""
    for export in tables:
        rows = counted.get(export.spec.name, 0)
        if export.rows_reported is not None and rows != export.rows_reported:
            yield (
                f"{export.spec.name}: the server says {plural(export.rows_reported, 'row')}, "
                f"the files hold {rows:,}"
            )

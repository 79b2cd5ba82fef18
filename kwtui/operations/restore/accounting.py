"""What of a foreign export is restored, and what of it is not: nothing is left out unsaid. Pure.

A comparison after a restore sees the tables that were made. So every file that may hold rows is
accounted for before: it is restored, it is named by a refusal, or a person left it out.
"""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.operations.restore.source import RestoreSource, SourceTable, UndefinedTable
from kwtui.operations.restore.target import TargetFacts, refusal
from kwtui.text import plural, shell_quoted

_NAMED = 20
"""So many files or tables are named one by one; of more a person reads the number."""


def accounting_findings(
    source: RestoreSource,
    tables: tuple[SourceTable, ...],
    request: RestoreRequest,
    facts: TargetFacts,
) -> Iterator[Finding]:
    if not source.adopted:
        return
    with_data = request.strategy is not RestoreStrategy.SCHEMA_ONLY
    yield from _undefined(source, request)
    if not tables and not source.undefined:
        yield refusal(
            "no_table",
            source.path,
            "This export holds no table, so there is nothing to restore.",
            "List its contents: kwtui show",
        )
    if not with_data:
        return
    yield from _unread(source)
    yield from _damaged(source)
    yield from _without_files(source, tables, request)
    if source.doubt:
        yield refusal(
            "dialect_unsure",
            source.path,
            f"The format of the files is unknown: {source.doubt}",
            "Say it: --delimiter, --null-text, --charset.",
        )
    if request.strategy is RestoreStrategy.DATA_ONLY and not any(t.files for t in tables):
        yield refusal(
            "no_rows",
            source.path,
            "No file holds rows, so none can be restored.",
            "The export holds only definitions, or its tables were empty.",
        )
    yield from _changed_by_others(source, tables, facts)


def _undefined(source: RestoreSource, request: RestoreRequest) -> Iterator[Finding]:
    for table in source.undefined[:_NAMED]:
        yield _no_definition(source, table, request)
    more = len(source.undefined) - _NAMED
    if more > 0:
        yield refusal(
            "no_definition",
            source.path,
            f"{plural(more, 'more table')} of it have no definition.",
            "List all: kwtui verify",
        )


def _no_definition(
    source: RestoreSource, table: UndefinedTable, request: RestoreRequest
) -> Finding:
    leave = f"or leave it out: --leave-out {table.folder}" if table.folder else ""
    if table.problem:
        return refusal(
            "meta_damaged",
            str(table.name),
            f"{table.problem} So the table cannot be created.",
            f"Repair the file{', ' + leave if leave else ''}.",
        )
    has = f"{table.name} has {plural(table.files, 'data file')} and no definition (meta.sql)"
    if request.strategy is RestoreStrategy.DATA_ONLY:
        return refusal(
            "not_found",
            str(table.name),
            f"{has}, and there is no such table to put its rows into.",
            "Name the table that they belong to (--tables NAME), if the export is of one table; "
            f"make it first; {leave or 'or restore another export'}.",
        )
    return refusal(
        "no_definition",
        str(table.name),
        f"{has}, so no table can be created from it.",
        f"Load its rows into an existing table: --strategy data-only --as DATABASE; {leave}".strip(
            "; "
        )
        + ".",
    )


def _unread(source: RestoreSource) -> Iterator[Finding]:
    for file in source.unread[:_NAMED]:
        yield refusal(
            "unread_file",
            f"{source.path}/{file.path}",
            f"{source.path}/{file.path} {file.why}, so its rows would be lost.",
            f"{file.remedy} Or leave it out: --leave-out {file.path}",
        )
    more = len(source.unread) - _NAMED
    if more > 0:
        yield refusal(
            "unread_file",
            source.path,
            f"{plural(more, 'more file')} cannot be read either.",
            "List all: kwtui verify",
        )


def without_files(source: RestoreSource, tables: tuple[SourceTable, ...]) -> tuple[TableName, ...]:
    """Tables of a foreign export of which nothing but the definition is there.

    EXPORT writes no file for a table without rows, so nothing in the export tells which of them had
    none and which lost theirs. Those whose lost file is known are named by it.
    """
    if not source.adopted:
        return ()
    lost = {f"{source.path}/{file.path}".rpartition("/")[0] for file in source.unread}
    return tuple(t.name for t in tables if not t.files and t.folder not in lost)


def _without_files(
    source: RestoreSource, tables: tuple[SourceTable, ...], request: RestoreRequest
) -> Iterator[Finding]:
    found = without_files(source, tables)
    for name in found:
        if name in request.empty:
            yield Finding(
                Severity.WARNING,
                "said_to_be_empty",
                str(name),
                f"{name} has no data file. It comes back without rows, as declared.",
            )
    left = [name for name in found if name not in request.empty]
    nothing_at_all = not any(table.files for table in tables)
    if left and not (nothing_at_all and request.strategy is RestoreStrategy.DATA_ONLY):
        yield _no_data_file(source, left)
    for name in request.empty:
        if name not in found:
            yield refusal(
                "not_empty",
                str(name),
                f"{name} is not a table of this export that lacks a data file.",
                "List its contents: kwtui show",
            )


def _no_data_file(source: RestoreSource, left: list[TableName]) -> Finding:
    some = ", ".join(str(name) for name in left[:_NAMED])
    more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
    has, each = ("have", "each") if len(left) > 1 else ("has", "it")
    option = f"--empty {shell_quoted(','.join(name.as_option for name in left))}"
    return refusal(
        "no_data_file",
        source.path,
        f"{some}{more} {has} no data file: {each} was empty, or its file is lost. EXPORT writes "
        "none for an empty table, and KWDB's own IMPORT reports no error for a lost one.",
        "Look for the rows in the database that was exported, or in another copy. If there were "
        f"none: {option}. For the definitions alone: --strategy schema-only",
    )


def _damaged(source: RestoreSource) -> Iterator[Finding]:
    for misfit in source.misfits[:_NAMED]:
        where = f"{source.path}/{misfit.path}"
        yield refusal(
            "backup_damaged",
            where,
            f"{where}, record {misfit.record:,}: {misfit.reason}.",
            "Compare it with another copy of the export. List all problems: kwtui verify",
        )


def _changed_by_others(
    source: RestoreSource, tables: tuple[SourceTable, ...], facts: TargetFacts
) -> Iterator[Finding]:
    """What spreadsheets and editors did to files. It is undone in copies, where these can be."""
    for table in tables:
        for file, form in table.forms.items():
            yield Finding(
                Severity.WARNING,
                "file_changed",
                file,
                f"{file} {form.words}, which is not data and is corrected during the restore.",
                "If its first record is a row all the same: --no-header" if form.header else "",
            )
        if table.must_be_copied and not facts.may_stage:
            yield refusal(
                "extern_not_readable",
                str(table.name),
                "KWDB's IMPORT must read changed copies of its files, and this account may not "
                "make a staging folder in extern.",
                "Run kwtui as the database's own account.",
            )
    if source.dialect.header:
        yield Finding(
            Severity.WARNING,
            "header",
            source.path,
            "Every file begins with the column names: that line is not a row.",
            "If it is a row all the same: --no-header",
        )

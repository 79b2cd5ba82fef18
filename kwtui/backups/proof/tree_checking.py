"""The check of an export without a manifest: every file that may hold rows is accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.backups.csv.alterations import PLAIN
from kwtui.backups.csv.dialect import Certainty
from kwtui.backups.csv.record_scan import FileScan
from kwtui.backups.csv.values import NOT_NULL
from kwtui.backups.layout.tree import FileRole, role_of
from kwtui.backups.listing.contents import SetDetails, TableDetails, with_dialect
from kwtui.backups.listing.definitions import LARGEST_META, Definitions
from kwtui.backups.manifest import FileEntry
from kwtui.backups.proof.checking import (
    Check,
    FileReader,
    check_metas,
    check_records,
    report_stray,
    scan_or_report,
)
from kwtui.backups.proof.findings import Fault, TableCheck
from kwtui.backups.proof.sealing import ScanJob
from kwtui.errors import KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect
from kwtui.text import human_count, plural


def check_tree(
    details: SetDetails,
    dialect: Dialect | None,
    level: ProofLevel,
    reader: FileReader,
    *,
    first_is_row: bool = False,
    optional: bool = False,
    definitions: Iterable[Definitions] = (),
) -> Check:
    """Check what can be checked of an export without a manifest. It reaches P0 at most.

    ``dialect`` is how a person says that the files are written; ``definitions`` are its meta.sql
    files, which must be readable unless they are ``optional``.

    Raises KwtuiError (CANCELLED).
    """
    check = Check(level)
    details = _with_said_dialect(details, dialect, check, first_is_row=first_is_row)
    check.unknown = list(details.unknown)
    check.dialect = _dialect(details, check)
    root = details.location.root
    jobs = {
        file.path: _job(root, file, table, details, check.dialect)
        for table in details.tables
        for file in table.files
    }
    jobs |= {f.path: ScanJob(root / f.path, f.bytes) for f in details.others if _is_owned(f)}
    scans = scan_or_report(jobs, reader, check)
    around = _Around(
        unread={file.path.rpartition("/")[0] for file in details.unread},
        defined=any(table.columns for table in details.tables),
    )
    for table in details.tables:
        _check_table(table, details, scans, check, around)
    _report_misfits(details, check)
    _report_others(details, check)
    check_metas(details, check, optional=optional, definitions=definitions)
    check.files, check.bytes = len(scans), sum(s.bytes for s in scans.values())
    check.reached = None if check.refused() else ProofLevel.P0
    return check


def _with_said_dialect(
    details: SetDetails, dialect: Dialect | None, check: Check, *, first_is_row: bool
) -> SetDetails:
    if dialect is None and not first_is_row:
        return details
    try:
        return with_dialect(details, details.location.root, dialect, first_is_row=first_is_row)
    except KwtuiError as error:
        check.fault(Fault.UNREADABLE, details.entry.path, error.title)
        return details


def _dialect(details: SetDetails, check: Check) -> Dialect | None:
    """The one that the files are checked by: where none fits all of them, the nearest."""
    guess = details.dialect
    if guess is None or (guess.dialect is None and not guess.misfits):
        message = guess.reason if guess else "the format of its files could not be detected"
        check.fault(Fault.MALFORMED, details.entry.path, message)
        return guess.nearest if guess else None
    if guess.dialect is not None and guess.certainty is not Certainty.CERTAIN:
        check.unknown.append(f"The exact format of the files. {guess.reason}")
    return guess.dialect or guess.nearest


def _is_owned(file: FileEntry) -> bool:
    """Whether EXPORT writes files of this name; a meta.sql that is too large is not read at all."""
    role = role_of(file.path.rpartition("/")[2])
    return role is FileRole.STATEMENTS or (role is FileRole.META and file.bytes <= LARGEST_META)


def _job(
    root: Path,
    file: FileEntry,
    table: TableDetails,
    details: SetDetails,
    dialect: Dialect | None,
) -> ScanJob:
    job = ScanJob(root / file.path, file.bytes, dialect)
    if dialect is None:
        return job
    form = details.forms.get(file.path, PLAIN)
    columns = tuple(
        (column.name, column.type if column.nullable else column.type + NOT_NULL)
        for column in table.columns
    )
    return replace(job, fields=len(columns) or None, form=form, columns=columns)


@dataclass(frozen=True)
class _Around:
    """What is asked of the whole tree for each of its tables."""

    unread: set[str]
    """Folders of files that are not read."""
    defined: bool
    """Whether any table has a definition."""


def _check_table(
    table: TableDetails,
    details: SetDetails,
    scans: Mapping[str, FileScan],
    check: Check,
    around: _Around,
) -> None:
    found = {f.path: scans[f.path] for f in table.files if f.path in scans}
    for path, scan in found.items():
        check_records(path, scan, None, check)
    _report_forms(table.files, details, check)
    if not table.files:
        if table.folder not in around.unread:
            message = "has no data file: it was empty, or its file is lost"
            check.fault(Fault.MISSING, str(table.name), message, Severity.WARNING)
    elif not table.columns:
        _report_undefined(table, check, among_others=around.defined)
    _report_odd_files(found, check)
    blanks = sum(s.blanks for s in found.values())
    if blanks and check.dialect and not check.dialect.null_text:
        message = (
            f"{plural(blanks, 'row')} of NULL alone: KWDB's IMPORT loses them, kwtui's restore "
            "inserts them"
        )
        check.fault(Fault.IMPORT, str(table.name), message, Severity.WARNING)
    rows = sum(s.records or 0 for s in found.values())
    check.tables.append(
        TableCheck(
            name=table.name,
            rows_expected=None,
            rows_found=rows if check.dialect else None,
            files=len(found),
            bytes=sum(s.bytes for s in found.values()),
            ok=check.refused_subjects.isdisjoint({*found, str(table.name)}),
        )
    )


def _report_odd_files(found: Mapping[str, FileScan], check: Check) -> None:
    """EXPORT does not write the same file twice."""
    first: dict[str, str] = {}
    for path, scan in found.items():
        if not scan.bytes:
            continue  # Named among what is not read.
        if scan.sha256 in first:
            message = f"is the same as {first[scan.sha256]}: a copy, whose rows would come twice"
            check.fault(Fault.STRAY, path, message, Severity.WARNING)
        else:
            first[scan.sha256] = path


def _report_forms(files: Iterable[FileEntry], details: SetDetails, check: Check) -> None:
    for file in files:
        form = details.forms.get(file.path)
        if form is not None:
            message = (
                f"{form.words}: kwtui's restore puts that right, KWDB's own IMPORT takes it for "
                "data"
            )
            check.fault(Fault.FORM, file.path, message, Severity.WARNING)


def _report_undefined(table: TableDetails, check: Check, *, among_others: bool) -> None:
    """A whole export without definitions is a form of its own; a table among others lost its."""
    if table.problem:
        return  # Its damaged meta.sql is named.
    severity = Severity.REFUSAL if among_others else Severity.WARNING
    message = (
        "has data but no definition (meta.sql), so it can only be restored into an existing "
        "table (--strategy data-only)"
    )
    check.fault(Fault.UNDEFINED, str(table.name), message, severity)


def _report_misfits(details: SetDetails, check: Check) -> None:
    """What the scan did not find: it counts fields, and knows no types."""
    bad = set(check.refused_subjects)
    for misfit in details.dialect.misfits if details.dialect else ():
        if misfit.path not in bad:
            check.fault(
                Fault.MALFORMED,
                misfit.path,
                f"record {human_count(misfit.record)}: {misfit.reason}",
            )


def _report_others(details: SetDetails, check: Check) -> None:
    unread = {file.path for file in details.unread}
    for file in details.unread:
        check.fault(Fault.UNREAD, file.path, f"{file.why}, so its rows are not read. {file.remedy}")
    for other in details.others:
        if not _is_owned(other) and other.path not in unread:
            report_stray(other.path, check)

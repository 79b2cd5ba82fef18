"""The checks of a set behind `kwtui.backups.proof.verify`: manifest, records, meta.sql."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.backups.csv.record_scan import FileScan
from kwtui.backups.csv.values import MOST_COUNTED
from kwtui.backups.layout.naming import DATA_FOLDER, EXTRA_FOLDERS, INSERTS_FOLDER
from kwtui.backups.layout.tree import META_FILE, FileRole, TreeFile, is_folder, role_of, walk
from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.definitions import Definitions, DefinitionsReader
from kwtui.backups.listing.presence import FOLDERS
from kwtui.backups.manifest import SIDECAR_FILES, FileEntry, Manifest, TableEntry
from kwtui.backups.metasql.meta_file import import_refusals
from kwtui.backups.proof.findings import Fault, TableCheck, VerifyFinding
from kwtui.backups.proof.sealing import ScanJob, SealProgress, scan_files
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import cannot_read, first_hole, open_regular
from kwtui.files.foreign.walking import Entry, entries_in
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect
from kwtui.text import human_count, plural

_BYTE_FAULTS = (Fault.MISSING, Fault.TRUNCATED, Fault.GROWN, Fault.CHANGED, Fault.UNREADABLE)


@dataclass(frozen=True)
class FileReader:
    """How files are read: by how many processes, who watches, who may stop it."""

    workers: int | None = None
    progress: Callable[[SealProgress], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def scan(self, jobs: Sequence[ScanJob]) -> list[FileScan]:
        return scan_files(
            jobs, workers=self.workers, progress=self.progress, cancelled=self.cancelled
        )


@dataclass
class Check:
    """Collects what one check finds."""

    wanted: ProofLevel
    files: int = 0
    bytes: int = 0
    tables: list[TableCheck] = field(default_factory=list)
    findings: list[VerifyFinding] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    dialect: Dialect | None = None
    reached: ProofLevel | None = None
    refused_subjects: set[str] = field(default_factory=set)
    """What has a refusal."""

    def fault(
        self,
        fault: Fault,
        subject: str,
        message: str,
        severity: Severity = Severity.REFUSAL,
    ) -> None:
        self.findings.append(VerifyFinding(severity, fault, subject, message))
        if severity is Severity.REFUSAL:
            self.refused_subjects.add(subject)

    def refused(self, *faults: Fault) -> bool:
        """Whether there is a refusal, of one of these faults if any are named."""
        return any(
            f.severity is Severity.REFUSAL and (not faults or f.fault in faults)
            for f in self.findings
        )


def check_set(
    details: SetDetails, manifest: Manifest, level: ProofLevel, reader: FileReader
) -> Check:
    """Compare a set's files with its manifest; from P2 on read their records too.

    Raises KwtuiError (CANCELLED, and NOT_FOUND for a manifest whose paths lead out of the set).
    """
    check = Check(level, dialect=manifest.dialect)
    present = _present_files(details, check)
    _compare_sizes(manifest, present, check)
    scans = _read_entries(details, manifest, present, level, reader, check)
    _compare_bytes(manifest, scans, check)
    if level >= ProofLevel.P2:
        _compare_records(manifest, scans, check)
        check_metas(details, check, optional=details.schema is not None)
        _check_schema(details, manifest, check)
    for table in manifest.tables:
        check.tables.append(_table_check(table, scans, check))
    check.files, check.bytes = len(scans), sum(s.bytes for s in scans.values())
    if check.refused(*_BYTE_FAULTS):
        check.reached = ProofLevel.P0
    elif check.refused() or level is ProofLevel.P1:
        check.reached = ProofLevel.P1
    else:
        check.reached = min(level, ProofLevel.P2)
    return check


def _present_files(details: SetDetails, check: Check) -> dict[str, TreeFile]:
    """The files of the set by their paths in the manifest; those that do not belong are strays."""
    location = details.location
    present: dict[str, TreeFile] = {}
    for name in (DATA_FOLDER, *EXTRA_FOLDERS):
        folder = location.root / name
        if is_folder(folder):
            present |= {f"{name}/{f.path}": f for f in walk(folder)}
    inserts = location.sidecars / INSERTS_FOLDER
    if is_folder(inserts):
        present |= {f"{INSERTS_FOLDER}/{f.path}": f for f in walk(inserts)}
    expected = {f.path for f in _entries(details.manifest)}
    for path in [p for p in present if p not in expected]:
        report_stray(path, check)
        del present[path]
    _look_beside(details, present, check)
    return present


def _look_beside(details: SetDetails, present: dict[str, TreeFile], check: Check) -> None:
    """The sidecars, and what else lies in the set's own folder."""
    folders = {details.location.sidecars, details.location.root}
    for folder in folders:
        for child in _children(folder):
            if child.name in SIDECAR_FILES and (child.is_file or child.is_link):
                present[child.name] = TreeFile(
                    child.name, FileRole.STRAY, child.bytes, child.modified, child.is_file
                )
            elif child.name not in FOLDERS or not child.is_folder:
                report_stray(child.name, check)


def _children(folder: Path) -> list[Entry]:
    try:
        return entries_in(folder) if is_folder(folder) else []
    except OSError as error:
        raise cannot_read(folder, error) from error


def report_stray(path: str, check: Check) -> None:
    name = path.rpartition("/")[2]
    if role_of(name) is FileRole.DATA:
        message = "not a data file of this backup; an IMPORT of the folder would read it"
        check.fault(Fault.STRAY, path, message)
        return
    message = "does not belong to the backup"
    if path.startswith(DATA_FOLDER + "/") and path.count("/") < 3:
        message += "; KWDB's own IMPORT DATABASE fails on it (kwtui's restore does not)"
    check.fault(Fault.STRAY, path, message, Severity.WARNING)


def _entries(manifest: Manifest | None) -> list[FileEntry]:
    if manifest is None:
        return []
    return [*manifest.files, *(f for t in manifest.tables for f in t.files)]


def _compare_sizes(manifest: Manifest, present: dict[str, TreeFile], check: Check) -> None:
    for entry in _entries(manifest):
        file = present.get(entry.path)
        if file is None:
            check.fault(Fault.MISSING, entry.path, "is not there")
        elif not file.regular:
            check.fault(Fault.CHANGED, entry.path, "was replaced by a link")
        elif file.bytes != entry.bytes:
            fault = Fault.TRUNCATED if file.bytes < entry.bytes else Fault.GROWN
            sizes = f"{human_count(file.bytes)} bytes instead of {human_count(entry.bytes)}"
            check.fault(fault, entry.path, f"has {sizes}")


_SOME_BYTES = 64 << 20


def _read_entries(
    details: SetDetails,
    manifest: Manifest,
    present: dict[str, TreeFile],
    level: ProofLevel,
    reader: FileReader,
    check: Check,
) -> dict[str, FileScan]:
    """Read every file that is there.

    One of another size is read for its record count alone, and only if it has not grown out of all
    proportion: its size has told already that it is not the set's.
    """
    counted = {
        file.path: len(table.columns) or None for table in manifest.tables for file in table.files
    }
    jobs: dict[str, ScanJob] = {}
    for entry in _entries(manifest):
        if entry.path not in present or not present[entry.path].regular:
            continue
        path, size = _own_file(details, entry.path, check), present[entry.path].bytes
        if path is None:
            continue
        counts = entry.path in counted and level >= ProofLevel.P2
        if size != entry.bytes and not (counts and size <= 2 * entry.bytes + _SOME_BYTES):
            continue
        if counts:
            jobs[entry.path] = ScanJob(path, size, manifest.dialect, counted[entry.path])
        else:
            jobs[entry.path] = ScanJob(path, size)
    return scan_or_report(jobs, reader, check)


def _own_file(details: SetDetails, entry: str, check: Check) -> Path | None:
    """A file of the set, unless one of its folders is a link that leads out of the set."""
    try:
        return details.location.absolute(entry)
    except KwtuiError:
        message = "is reached through a link that leads out of the backup: others may change it"
        check.fault(Fault.CHANGED, entry, message)
        return None


def scan_or_report(
    jobs: dict[str, ScanJob], reader: FileReader, check: Check
) -> dict[str, FileScan]:
    """Scan all; a file that cannot be read is a finding, and the others are still read."""
    readable = {}
    for path, job in jobs.items():
        try:
            with open_regular(job.path) as file:
                hole = first_hole(file)
        except OSError as error:
            check.fault(Fault.UNREADABLE, path, f"cannot be read: {error.strerror or error}")
            continue
        if hole is None:
            readable[path] = job
        else:
            # Text has no zeros, and a hole may be read for days.
            told = f"holds nothing from byte {hole} on: that part was never written, or is lost"
            check.fault(Fault.CHANGED, path, told)
    try:
        return dict(zip(readable, reader.scan(list(readable.values())), strict=True))
    except KwtuiError as error:
        _pass_on_cancel(error)
    # A disk error in the middle: read one by one, to name every file that has one.
    scans = {}
    for path, job in readable.items():
        try:
            (scans[path],) = reader.scan([job])
        except KwtuiError as error:
            _pass_on_cancel(error)
            check.fault(Fault.UNREADABLE, path, f"cannot be read: {error.cause}")
    return scans


def _pass_on_cancel(error: KwtuiError) -> None:
    if error.exit_code is ExitCode.CANCELLED:
        raise error


def _compare_bytes(manifest: Manifest, scans: dict[str, FileScan], check: Check) -> None:
    for entry in _entries(manifest):
        scan = scans.get(entry.path)
        if scan and scan.bytes == entry.bytes and scan.sha256 != entry.sha256:
            check.fault(Fault.CHANGED, entry.path, "has changed since the backup was sealed")


def _compare_records(manifest: Manifest, scans: dict[str, FileScan], check: Check) -> None:
    for table in manifest.tables:
        for entry in table.files:
            if entry.path in scans:
                check_records(entry.path, scans[entry.path], entry.records, check)
        if table.rows_reported is not None and table.rows_counted != table.rows_reported:
            check.fault(
                Fault.RECORDS,
                str(table.name),
                f"the files held {plural(table.rows_counted, 'record')} when they were sealed,"
                f" the server said {human_count(table.rows_reported)}",
            )


def check_records(path: str, scan: FileScan, expected: int | None, check: Check) -> None:
    if expected is not None and scan.records != expected:
        counts = f"{plural(scan.records, 'record')} instead of {human_count(expected)}"
        check.fault(Fault.RECORDS, path, f"holds {counts}")
    for words in _malformed(scan):
        check.fault(Fault.MALFORMED, path, words)


def _malformed(scan: FileScan) -> Iterator[str]:
    """What is wrong with records, each once: one byte may make a record wrong in several ways."""
    first = scan.problems[0] if scan.malformed and scan.problems else ""
    if scan.open_quote:
        # A quote too many or too few turns all those behind it round.
        where = first or f"record {scan.records:,}: it was cut"
        yield f"ends inside a quoted value: {where}"
        return
    cut = f"record {scan.records:,}" if scan.torn_end else ""
    if cut:
        yield f"ends inside {cut}: it was cut"
    others = scan.malformed - (bool(cut) and _record(first) == cut)
    if others:
        yield f"has {plural(scan.malformed, 'malformed record')}: {first}"
    known = {cut, _record(first)} - {""}
    if scan.misfits > 1 or (scan.misfits and _record(scan.misfit) not in known):
        more = f", and {scan.misfits - 1:,} more records like it" if scan.misfits > 1 else ""
        more = ", as in most records" if scan.misfits >= MOST_COUNTED else more
        yield f"{scan.misfit}{more}"


def _record(words: str) -> str:
    """Which one is meant: ``record 7`` of ``record 7: 2 fields instead of 3``."""
    return words.partition(":")[0]


def check_metas(
    details: SetDetails, check: Check, *, optional: bool, definitions: Iterable[Definitions] = ()
) -> None:
    """Every meta.sql parses. With a schema.json beside it a set does not depend on them.

    ``definitions`` are those that were read already.
    """
    root, reader = details.location.root, DefinitionsReader()
    known = {read.path: read for read in definitions}
    for file in details.others:
        if file.path.rpartition("/")[2] != META_FILE:
            continue
        read = known.get(file.path) or reader.read(root / file.path, file.path)
        if read.meta is None and optional:
            message = "KWDB's own IMPORT cannot use it; kwtui's restore does not need it"
            check.fault(Fault.META, file.path, f"{read.problem} {message}", Severity.WARNING)
        elif read.meta is None:
            check.fault(Fault.META, file.path, read.problem)
        else:
            for finding in import_refusals(read.meta):
                message = f"{finding.subject}: {finding.message} {finding.remedy}"
                check.fault(Fault.IMPORT, file.path, message, Severity.WARNING)


def _check_schema(details: SetDetails, manifest: Manifest, check: Check) -> None:
    if details.schema is None:
        check.fault(Fault.META, "schema.json", "is missing or damaged")
        return
    for table in manifest.tables:
        spec = details.schema.table(table.name)
        if spec is None:
            check.fault(Fault.META, "schema.json", f"does not know the table {table.name}")
        elif spec.visible_columns != table.columns:
            message = f"names other columns of {table.name} than the manifest"
            check.fault(Fault.META, "schema.json", message)


def _table_check(table: TableEntry, scans: dict[str, FileScan], check: Check) -> TableCheck:
    found = [scans[f.path] for f in table.files if f.path in scans]
    subjects = {*(f.path for f in table.files), str(table.name)}
    rows = None
    if check.wanted >= ProofLevel.P2:
        rows = sum(s.records or 0 for s in found)
    return TableCheck(
        name=table.name,
        rows_expected=table.rows_counted,
        rows_found=rows,
        files=len(found),
        bytes=sum(s.bytes for s in found),
        ok=check.refused_subjects.isdisjoint(subjects),
    )

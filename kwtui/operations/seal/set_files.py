"""Writing what makes an export a backup set: schema, runbook, and the manifest last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from kwtui.backups.csv.batches import checked_records
from kwtui.backups.csv.device_clashes import first_clash
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.manifest import (
    CHECKSUMS_FILE,
    CHINESE_GUIDE,
    FileEntry,
    Manifest,
    totals_of,
    write_manifest,
)
from kwtui.backups.proof.sealing import (
    SealedTree,
    SealProgress,
    seal_extras,
    seal_sidecars,
    seal_tree,
)
from kwtui.backups.schema_file import write_schema
from kwtui.documents.restore_script import checksum_lines, restore_sh
from kwtui.documents.restoring.page import restore_md
from kwtui.documents.runbook import restore_sql
from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.files.durable import make_folders, write_file
from kwtui.model.requests import Dialect
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.model.server import ServerFacts
from kwtui.operations.restore.runbook import runbook_of
from kwtui.operations.restore.source import RestoreSource, SourceTable


def read_tree(
    data: Path,
    folders: Mapping[TableName, str],
    fields: Mapping[TableName, int],
    dialect: Dialect,
    progress: Callable[[SealProgress], None],
    cancelled: Callable[[], bool],
    known: Mapping[str, FileEntry] | None = None,
) -> SealedTree:
    """Hash, count and sync every file of a set; every record must fit its table. Blocking.

    Files that are ``known`` were read already: they are not read again.

    Raises KwtuiError: BACKUP_INCOMPLETE for a record or a file that does not belong there, and as
    `seal_tree`.
    """
    tree = seal_tree(
        data,
        folders,
        dialect,
        fields=fields,
        progress=progress,
        cancelled=cancelled,
        known=known or {},
    )
    problems = [problem for table in tree.tables for problem in table.problems]
    if problems:
        raise KwtuiError(
            f"The backup is not complete: {problems[0]}.",
            cause=lines_of(*problems[1:20]),
            hint="A full disk or a node that died truncates files without an error. Back up again.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    if tree.strays:
        raise KwtuiError(
            f"{tree.strays[0]} lies in the backup's folder but no export writes such a file.",
            cause=lines_of(*tree.strays[1:]),
            hint="Another program writes there. Back up again.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    return tree


def write_set(
    location: SetLocation,
    schema: DatabaseSchema,
    manifest: Manifest,
    facts: ServerFacts,
    *,
    chinese: bool = False,
) -> Manifest:
    """Sidecars first, the manifest last: a folder without one is no backup. Blocking.

    ``chinese``: RESTORE.md comes in Chinese too.

    The manifest as it was written. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE).
    """
    folder = location.sidecars
    make_folders(folder)
    write_schema(location.schema, schema)
    source = _source(location, schema, manifest)
    runbook = runbook_of(source, facts, manifest.node_id)
    data = [file for table in manifest.tables for file in table.files]
    texts = {
        "restore.sql": (restore_sql(manifest, runbook, manifest.database), 0o640),
        "restore.sh": (restore_sh(manifest, runbook), 0o750),
        "RESTORE.md": (restore_md(manifest, schema, runbook), 0o640),
        CHECKSUMS_FILE: (checksum_lines((*data, *manifest.files)), 0o640),
    }
    if chinese:
        texts[CHINESE_GUIDE] = (restore_md(manifest, schema, runbook, "zh"), 0o640)
    for name, (text, mode) in texts.items():
        write_file(folder / name, text.encode(), mode=mode)
    files = (*manifest.files, *seal_extras(location.root), *seal_sidecars(folder))
    manifest = replace(manifest, files=files, totals=totals_of(manifest.tables, files))
    write_manifest(location.manifest, manifest)
    return manifest


def _source(location: SetLocation, schema: DatabaseSchema, manifest: Manifest) -> RestoreSource:
    specs = {table.name: table for table in schema.tables}
    root = location.path
    tables = []
    for entry in manifest.tables:
        spec, files = specs[entry.name], [f.path for f in entry.files if f.path.endswith(".csv")]
        paths = [location.root / file for file in files]
        tables.append(
            SourceTable(
                spec=spec,
                folder=f"{root}/{DATA_FOLDER}/{entry.folder}",
                files=tuple(f"{root}/{file}" for file in files),
                rows=entry.rows_counted,
                bytes=entry.bytes,
                checksum=entry.checksum,
                windows=entry.windows,
                samples=entry.samples,
                clashing=_has_clashing_devices(spec, paths, manifest.dialect),
            )
        )
    return RestoreSource(
        root,
        schema,
        tuple(tables),
        manifest.dialect,
        adopted=False,
        text_settings=manifest.text_settings,
    )


def _has_clashing_devices(spec: TableSpec, files: Sequence[Path], dialect: Dialect) -> bool:
    positions = spec.primary_tag_positions
    if not positions:
        return False
    fields = len(spec.visible_columns)
    records = (checked_records(file, dialect, fields) for file in files)
    return first_clash(chain.from_iterable(records), positions) is not None

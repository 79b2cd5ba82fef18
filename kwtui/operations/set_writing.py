"""Writing what makes an export a backup set: schema, runbook, and the manifest last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from kwtui.backups.durable import make_folders, write_file
from kwtui.backups.location import SetLocation
from kwtui.backups.manifest import Manifest, totals_of, write_manifest, write_schema
from kwtui.backups.naming import DATA_FOLDER
from kwtui.backups.runbook import restore_md, restore_sh, restore_sql
from kwtui.backups.sealing import SealedTree, SealProgress, seal_extras, seal_sidecars, seal_tree
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import DatabaseSchema, Dialect, ServerFacts, TableName
from kwtui.operations.restore_runbook import runbook_steps
from kwtui.operations.restore_source import RestoreSource, SourceTable


def read_tree(
    data: Path,
    folders: Mapping[TableName, str],
    fields: Mapping[TableName, int],
    dialect: Dialect,
    progress: Callable[[SealProgress], None],
    cancelled: Callable[[], bool],
) -> SealedTree:
    """Hash, count and sync every file of a set; every record must fit its table. Blocking.

    Raises KwtuiError: BACKUP_INCOMPLETE for a record or a file that does not belong there, and as
    `seal_tree`.
    """
    tree = seal_tree(data, folders, dialect, fields=fields, progress=progress, cancelled=cancelled)
    problems = [problem for table in tree.tables for problem in table.problems]
    if problems:
        raise KwtuiError(
            f"The backup is not complete: {problems[0]}.",
            cause="\n".join(problems[1:20]),
            hint="A full disk or a node that died cuts files without an error. Back up again.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    if tree.strays:
        raise KwtuiError(
            f"{tree.strays[0]} lies in the backup's folder and no export writes such a file.",
            cause="\n".join(tree.strays[1:]),
            hint="Somebody else writes there. Back up again.",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    return tree


def write_set(
    location: SetLocation, schema: DatabaseSchema, manifest: Manifest, facts: ServerFacts
) -> Manifest:
    """Sidecars first, the manifest last: a folder without one is no backup. Blocking.

    The manifest as it was written. Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE).
    """
    folder = location.sidecars
    make_folders(folder)
    write_schema(location.schema, schema)
    steps = runbook_steps(_source(location.path, schema, manifest), facts, manifest.node_id)
    texts = {
        "restore.sql": (restore_sql(manifest, steps, manifest.database), 0o640),
        "restore.sh": (restore_sh(manifest, steps), 0o750),
        "RESTORE.md": (restore_md(manifest, schema, steps), 0o640),
    }
    for name, (text, mode) in texts.items():
        write_file(folder / name, text.encode(), mode=mode)
    files = (*manifest.files, *seal_extras(location.root), *seal_sidecars(folder))
    manifest = replace(manifest, files=files, totals=totals_of(manifest.tables, files))
    write_manifest(location.manifest, manifest)
    return manifest


def _source(root: str, schema: DatabaseSchema, manifest: Manifest) -> RestoreSource:
    specs = {table.name: table for table in schema.tables}
    tables = tuple(
        SourceTable(
            spec=specs[entry.name],
            folder=f"{root}/{DATA_FOLDER}/{entry.folder}",
            files=tuple(f"{root}/{f.path}" for f in entry.files if f.path.endswith(".csv")),
            rows=entry.rows_counted,
            bytes=entry.bytes,
            checksum=entry.checksum,
        )
        for entry in manifest.tables
    )
    return RestoreSource(root, schema, tables, manifest.dialect, adopted=False)

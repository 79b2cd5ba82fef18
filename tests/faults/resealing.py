"""A copy of a set whose data files hold something else, sealed as if it had always been so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

from kwtui.backups.layout.location import find_location
from kwtui.backups.manifest import (
    MANIFEST_FILE,
    TableEntry,
    read_manifest,
    totals_of,
    write_manifest,
)
from kwtui.backups.proof.sealing import seal_tree
from tests.faults.bench import Bench


def reseal(bench: Bench, path: str, to: str, change: Callable[[str], str]) -> None:
    """Copy the set at ``path`` to ``to``, change the text of its CSV files, write a manifest.

    What is known of the content beyond that (the server's checksums) is taken out.
    """
    source, target = find_location(bench.extern, path, bench.state), bench.extern / to
    shutil.copytree(source.root, target)
    (target / MANIFEST_FILE).unlink()
    for file in target.rglob("*.csv"):
        file.write_text(change(file.read_text()))
    manifest = read_manifest(source.manifest)
    folders = {table.name: table.folder for table in manifest.tables}
    tree = seal_tree(target / "data", folders, manifest.dialect)
    sealed = {table.name: table for table in tree.tables}

    def entry(old: TableEntry) -> TableEntry:
        new = sealed[old.name]
        return replace(
            old, files=new.files, rows_counted=new.rows, rows_reported=new.rows, checksum=None
        )

    tables = tuple(entry(table) for table in manifest.tables)
    write_manifest(
        target / MANIFEST_FILE,
        replace(manifest, set_id=to, tables=tables, totals=totals_of(tables, manifest.files)),
    )

"""What a comparison expects of a table's content, and the statements that ask for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kwtui.backups.csv.multiset import splits
from kwtui.backups.layout.naming import table_folder
from kwtui.model.checks import WindowReadings
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.operations.restore.source import SourceTable
from kwtui.sql import content, statements, transfer
from kwtui.sql.statements import Part

NOTHING_KNOWN: dict[str, Any] = {"checksum": None, "windows": None, "samples": [], "again": None}
"""Of a table of which other rows than the backup's are expected."""
COMPARED_FOLDER = "compared"
"""Below a staging folder: what was restored, exported again."""


def expected_content(table: SourceTable) -> dict[str, Any]:
    """What is known of a table's content, for its line of the comparison's params.

    A checksum of everything is enough by itself.
    """
    if table.checksum is not None:
        return {"checksum": msgspec.to_builtins(table.checksum)}
    kinds = {column.name: column.type for column in table.spec.columns}
    return {
        "checksum": None,
        "windows": msgspec.to_builtins(table.windows) if table.windows else None,
        "samples": [
            {**msgspec.to_builtins(sample), "type": kinds[sample.column]}
            for sample in table.samples
            if sample.column in kinds
        ],
    }


def again(table: SourceTable, dialect: Dialect, node_id: int, root: str) -> dict[str, Any]:
    """How the restored table is exported again, to be compared record by record; nothing where a
    checksum of everything is known, or its files are not as EXPORT writes them.

    ``root`` is a staging folder, relative to extern; empty where there is none.
    """
    files = [file for file in table.files if file.endswith(".csv")]
    able = root and splits(dialect) and files and not table.must_be_copied
    if table.checksum is not None or not able:
        return {}
    folder = f"{root}/{COMPARED_FOLDER}/{table_folder(table.name)}"
    return {
        "again": {
            "folder": folder,
            "uri": transfer.nodelocal(node_id, folder),
            "files": files,
            "bytes": table.bytes or 0,
            "dialect": msgspec.to_builtins(dialect),
        }
    }


def export_again_sql(database: str, expected: Mapping[str, Any]) -> str:
    """The EXPORT of a restored table, in the dialect of the backup."""
    name, again = TableName(expected["schema"], expected["table"]), expected["again"]
    options = transfer.ExportOptions(msgspec.convert(again["dialect"], Dialect))
    return transfer.export_select(
        again["uri"], database, name, expected["columns"], options=options
    )


def content_sql(database: str, expected: Mapping[str, Any]) -> Iterator[str]:
    """The statements that compare it."""
    name = TableName(expected["schema"], expected["table"])
    if expected["checksum"]:
        yield statements.content_checksum(database, name, expected["columns"])
        return
    if expected.get("windows"):
        wanted = msgspec.convert(expected["windows"], WindowReadings)
        yield content.window_aggregates(
            database,
            name,
            wanted.aggregates,
            time_column=wanted.column or None,
            width=wanted.width,
        )
    else:
        yield statements.count_rows(database, name)
    if expected.get("again"):
        yield export_again_sql(database, expected)
    for sample in expected.get("samples", ()):
        yield statements.content_checksum(
            database, name, expected["columns"], part=sample_part(sample)
        )


def sample_part(sample: Mapping[str, Any]) -> Part:
    return Part(sample["column"], sample["type"], sample["since"], sample["until"])

"""What a comparison expects of a table's content, and the statements that ask for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from kwtui.model.checks import WindowReadings
from kwtui.model.schema import TableName
from kwtui.operations.restore.source import SourceTable
from kwtui.sql import content, statements
from kwtui.sql.statements import Part


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
    for sample in expected.get("samples", ()):
        yield statements.content_checksum(
            database, name, expected["columns"], part=sample_part(sample)
        )


def sample_part(sample: Mapping[str, Any]) -> Part:
    return Part(sample["column"], sample["type"], sample["since"], sample["until"])

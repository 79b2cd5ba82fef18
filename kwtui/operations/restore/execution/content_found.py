"""What a restored table holds, compared with what was read of the table that was backed up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from kwtui.backups.readings import differences, short
from kwtui.model.checks import RECORDS, CheckLevel, WindowReadings
from kwtui.model.proof import ContentChecksum
from kwtui.model.schema import TableName, TableSpec
from kwtui.operations.restore.execution.export_again import (
    ExportAgain,
    NotComparedError,
    shown,
)
from kwtui.operations.restore.expected_content import sample_part
from kwtui.operations.runner import Halt
from kwtui.operations.shared.checksums import read_checksum
from kwtui.operations.shared.window_reading import Asked, read_windows
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.server import Server
from kwtui.sql import statements

_WEAKER = (CheckLevel.COUNTS, CheckLevel.AGGREGATES, CheckLevel.SAMPLE)
COMPARED_BY = (*_WEAKER, RECORDS, CheckLevel.FULL)
"""Every way to compare a table, the weakest first."""
_NAMED = 5
"""Differences that are named."""


@dataclass(frozen=True)
class ContentFound:
    """The rows that are there, by what they were compared, and in words what differs."""

    rows: int
    check: str = CheckLevel.COUNTS
    """A level, or `RECORDS`."""
    differing: tuple[str, ...] = ()
    reason: str = ""
    """Why it was not compared record by record, where that was meant."""

    @property
    def word(self) -> str:
        if self.differing:
            return "different"
        return "not known" if self.check == CheckLevel.COUNTS else "the same"


async def compare_content(
    server: Server,
    database: str,
    expected: Mapping[str, Any],
    again: ExportAgain,
    known: ContentChecksum | None = None,
) -> ContentFound:
    """Compare by everything that ``expected`` (`expected_content`) knows of the content.

    ``known`` is the checksum of all that is there, where it was read already. Raises KwtuiError
    where the server does not answer.
    """
    name, halt = TableName(expected["schema"], expected["table"]), again.halt
    if expected["checksum"] is not None:
        sql = statements.content_checksum(database, name, expected["columns"])
        found = known or await read_checksum(server, sql, halt)
        same = found == msgspec.convert(expected["checksum"], ContentChecksum)
        return ContentFound(found.rows, CheckLevel.FULL, () if same else ("its checksum",))
    rows, level, differing = await _windows(server, database, name, expected, halt)
    for sample in expected.get("samples", ()):
        level = CheckLevel.SAMPLE
        sql = statements.content_checksum(
            database, name, expected["columns"], part=sample_part(sample)
        )
        if await read_checksum(server, sql, halt) != _checksum(sample):
            differing += (f"its rows from {short(sample['since'])} on",)
    if not expected.get("again"):
        return ContentFound(rows, level, differing)
    try:
        compared = await again.compare(database, expected)
    except NotComparedError as error:
        return ContentFound(rows, level, differing, reason=str(error))
    if not compared.same:
        differing += shown(name, compared)
    return ContentFound(rows, RECORDS, differing)


async def _windows(
    server: Server, database: str, name: TableName, expected: Mapping[str, Any], halt: Halt
) -> tuple[int, str, tuple[str, ...]]:
    if not expected.get("windows"):
        return await catalogue.count_rows(server, database, name), CheckLevel.COUNTS, ()
    wanted = msgspec.convert(expected["windows"], WindowReadings)
    found = (await read_windows(server, _asked(database, name, wanted), halt)).windows
    words = tuple(islice((each.words for each in differences(wanted, found)), _NAMED))
    return found.rows, found.level, words


def _asked(database: str, name: TableName, wanted: WindowReadings) -> Asked:
    spec = TableSpec(name, (), "", "", time_column=wanted.column or None)
    return Asked(database, spec, aggregates=wanted.aggregates, width=wanted.width)


def _checksum(sample: Mapping[str, Any]) -> ContentChecksum:
    return msgspec.convert(sample["checksum"], ContentChecksum)

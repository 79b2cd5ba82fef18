"""Putting back the devices that no import brings (live-findings, rows 14 and 33)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kwtui.backups.csv.batches import checked_records
from kwtui.backups.layout.naming import inside
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.operations.plan import Step
from kwtui.operations.runner import Halt
from kwtui.server.catalogue.devices import Tags, in_order
from kwtui.server.connection.server import Server
from kwtui.sql import inspection, statements


async def put_back_devices(
    server: Server, step: Step, extern: Path, expiring: Mapping[str, int], halt: Halt
) -> int:
    """Insert the tags of each device that is not there; the number of them.

    ``expiring`` are rows that the retention took, by table: their devices are in the files. Raises
    KwtuiError: BACKUP_DAMAGED for a record that does not parse, CANCELLED.
    """
    total = 0
    for params in step.params["tables"]:
        name = TableName(params["schema"], params["table"])
        wanted = [tuple(device) for device in params["devices"]]
        if expiring.get(str(name)):
            wanted += await asyncio.to_thread(_in_files, params, extern)
        if wanted:
            database = step.params["database"]
            total += await _insert_missing(server, database, name, params, wanted, halt)
    return total


async def _insert_missing(
    server: Server,
    database: str,
    name: TableName,
    params: Mapping[str, Any],
    wanted: Sequence[Tags],
    halt: Halt,
) -> int:
    tags = [(tag, kind) for tag, kind in params["tags"]]
    sql = inspection.tag_values(database, name)
    answer = await server.query(sql, within=None)
    places = params["primary"]
    there = {_key(device, tags, places) for device in in_order(answer, [n for n, _ in tags])}
    missing = {key: device for device in wanted if (key := _key(device, tags, places)) not in there}
    rows, batch = list(missing.values()), params["batch"]
    for start in range(0, len(rows), batch):
        if halt.requested.is_set():
            raise halt.reason()
        part = rows[start : start + batch]
        await server.execute(statements.insert_rows(database, name, tags, part))
    return len(rows)


def _key(device: Tags, tags: Sequence[tuple[str, str]], places: Sequence[int]) -> Tags:
    """What tells a device, the same whether the server told it or a file holds it."""
    return tuple(_same_bool(device[place], tags[place][1]) for place in places)


def _same_bool(value: str | None, kind: str) -> str | None:
    """A file has true where the server's text is t."""
    return value[:1] if value is not None and kind.upper() == "BOOL" else value


def _in_files(params: Mapping[str, Any], extern: Path) -> list[Tags]:
    """Each device of the table's files once. Blocking."""
    names = [name for name, _ in params["columns"]]
    places = [names.index(tag) for tag, _ in params["tags"]]
    dialect = msgspec.convert(params["dialect"], Dialect)

    def devices() -> Iterator[Tags]:
        for file in params["files"]:
            for record in checked_records(inside(extern, file), dialect, len(names)):
                yield tuple(record[place] for place in places)

    return list(dict.fromkeys(devices()))

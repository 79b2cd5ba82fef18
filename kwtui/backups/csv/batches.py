"""Reading the records of a backup's files for a restore: whole batches, and ages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from kwtui.backups.csv.alterations import PLAIN, FileForm, open_plain
from kwtui.backups.csv.reading import MalformedRecord, Record, read_records
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import cannot_read
from kwtui.model.requests import Dialect
from kwtui.text import plural


async def batches(
    path: Path, dialect: Dialect, fields: int, size: int, form: FileForm = PLAIN
) -> AsyncIterator[list[Record]]:
    """The records in lists of ``size``. Raises KwtuiError (BACKUP_DAMAGED, EXTERN_NOT_READABLE)."""
    records = checked_records(path, dialect, fields, form)
    while batch := await asyncio.to_thread(lambda: list(islice(records, size))):
        yield batch


def checked_records(
    path: Path, dialect: Dialect, fields: int, form: FileForm = PLAIN
) -> Iterator[Record]:
    """Every record, without the header; each has as many values as the table has columns."""
    try:
        with open_plain(path, form) as file:
            found = islice(read_records(file, dialect), 1 if dialect.header else 0, None)
            for number, record in enumerate(found, 1):
                if len(record) != fields:
                    words = (
                        f"record {number} has {len(record)} values, the table "
                        f"{plural(fields, 'column')}"
                    )
                    raise damaged(path, words)
                yield record
    except (MalformedRecord, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error
    except OSError as error:
        raise cannot_read(path, error) from error


def count_older(
    path: Path,
    dialect: Dialect,
    fields: int,
    seconds: int,
    now: datetime,
    form: FileForm = PLAIN,
) -> int:
    """How many rows of a time-series file are older than the retention.

    Exports print times in one form (``2024-05-01 00:00:00.123+00:00``), so that they sort as text.
    """
    cutoff = (now.astimezone(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    return sum(
        record[0] is not None and record[0] < cutoff
        for record in checked_records(path, dialect, fields, form)
    )


def damaged(path: Path, problem: str) -> KwtuiError:
    return KwtuiError(
        f"{path} cannot be read.",
        cause=problem,
        hint="Check the backup: kwtui verify",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )

"""Scripts of INSERT statements in a set: the rows of time series that IMPORT stores wrong.

KWDB's IMPORT takes micro- and nanosecond times for milliseconds (live-findings, row 13), a line of
column names for a row (row 20), and some devices for one (`kwtui.backups.csv.device_clashes`).
A person without kwtui could make INSERT statements of the CSV files only with a program that reads
quotes, line ends and NULLs right: so they are made when the set is sealed, from the very files that
were just counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.csv.batches import damaged
from kwtui.backups.csv.device_clashes import without_clashes
from kwtui.backups.csv.reading import MalformedRecord, Record, parse_block, read_blocks
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write, make_folders
from kwtui.files.foreign.making import new_file, sync_folder
from kwtui.files.foreign.reading import cannot_read, open_regular
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.sql.insert_script import insert_head, row_text, rows_of_block, statements_of
from kwtui.sql.quoting import literal
from kwtui.text import human_count

_TELL_ROWS = 50_000
"""After so many rows a script says how far it is."""


@dataclass(frozen=True)
class InsertScript:
    """A script to be written."""

    path: Path
    table: TableName
    columns: tuple[tuple[str, str], ...]
    """Names and types of the visible columns, in the order of the files."""
    files: tuple[Path, ...]
    dialect: Dialect
    rows: int | None = None
    tags: tuple[int, ...] = ()
    """Where the primary tags are, if devices must be kept apart (`backups.csv.device_clashes`)."""


def write_insert_script(
    script: InsertScript, tell: Callable[[int], None], cancelled: Callable[[], bool]
) -> int:
    """Write the script and put it on disk; how many rows it holds. Blocking, memory constant.

    ``tell`` is told the rows so far. Raises KwtuiError: BACKUP_DAMAGED for a record that does not
    parse, CANCELLED, DISK_FULL, EXTERN_NOT_READABLE.
    """
    make_folders(script.path.parent)
    done, due = 0, _TELL_ROWS
    try:
        with new_file(script.path, 0o640) as file:
            for text, rows in _statements(script):
                if cancelled():
                    raise KwtuiError("Stopped writing.", exit_code=ExitCode.CANCELLED)
                file.write(text.encode("utf-8", "surrogateescape"))
                done += rows
                if done >= due:
                    file.write(_progress(script, done).encode())
                    tell(done)
                    due = done + _TELL_ROWS
            file.flush()
            os.fsync(file.fileno())
        sync_folder(script.path.parent)
    except OSError as error:
        raise cannot_write(script.path, error) from error
    return done


def _statements(script: InsertScript) -> Iterator[tuple[str, int]]:
    head = insert_head(script.table, [name for name, _ in script.columns])
    kinds = [kind for _, kind in script.columns]
    for path in script.files:
        for block in _blocks(path, script.dialect):
            for part in _apart(block, script):
                yield from statements_of(head, _rows(path, part, kinds, script.dialect))


def _apart(block: str | list[Record], script: InsertScript) -> Iterator[str | list[Record]]:
    if not script.tags:
        yield block
        return
    records = parse_block(block, script.dialect) if isinstance(block, str) else block
    yield from without_clashes(records, script.tags)


def _blocks(path: Path, dialect: Dialect) -> Iterator[str | list[Record]]:
    """Without the line of column names, if the files begin with one."""
    header = dialect.header
    try:
        with open_regular(path) as file:
            for block in read_blocks(file, dialect):
                if header:
                    records = parse_block(block, dialect) if isinstance(block, str) else block
                    yield records[1:]
                    header = not records
                else:
                    yield block
    except MalformedRecord as error:
        raise damaged(path, str(error)) from error
    except OSError as error:
        raise cannot_read(path, error) from error


def _rows(path: Path, block: str | list[Record], kinds: list[str], dialect: Dialect) -> list[str]:
    if isinstance(block, str):
        rows = rows_of_block(block, kinds, dialect.delimiter, dialect.null_text)
        if rows is not None:
            return rows
        block = parse_block(block, dialect)
    for record in block:
        if len(record) != len(kinds):
            words = f"a record has {len(record)} values, the table {len(kinds)} columns"
            raise damaged(path, words)
    return [row_text(record, kinds) for record in block]


def _progress(script: InsertScript, done: int) -> str:
    of = f" of {human_count(script.rows)}" if script.rows else ""
    words = f"{script.table}: {human_count(done)}{of} rows"
    return f"SELECT {literal(words)} AS doing;\n"

"""What the parts of one EXPORT share: where it writes, how, and for whom."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from kwtui.sandbox.answers.answer import Column, Notice, Row, SqlError
from kwtui.sandbox.engine.cluster import RANGE_ROWS
from kwtui.sandbox.exports.files import Destination, write_chunks
from kwtui.sandbox.exports.options import ExportOptions
from kwtui.sandbox.exports.values import csv_formatter, sql_formatter
from kwtui.sandbox.language.lexer import quote_identifier
from kwtui.sandbox.transfer.csv_writer import CsvWriter, Formatter
from kwtui.sandbox.transfer.nodelocal import Extern
from kwtui.sandbox.values.sql_type import SqlType

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

EXPORT_COLUMNS = (
    Column("filename", 25),
    Column("rows", 20),
    Column("node_id", 20),
    Column("file_num", 20),
)
_CHECK_EVERY = 1000


@dataclass(frozen=True)
class Source:
    """Rows to export: columns with their types, and the values as they are read."""

    columns: Sequence[tuple[str, SqlType]]
    rows: Generator[Sequence[Any]]


@dataclass(frozen=True)
class Written:
    """What one node wrote of a table."""

    node_id: int
    rows: int
    files: int


@dataclass(frozen=True)
class ExportRun:
    """One EXPORT that has passed its checks. ``format`` is ``csv`` or ``sql``."""

    session: Session
    extern: Extern
    folder: str
    format: str
    options: ExportOptions
    node_id: int
    """On which node ``extern`` lies."""

    @property
    def meta_row(self) -> Row:
        """The result row of a ``meta.sql``: the node that the client talks to wrote it."""
        return ("meta.sql", "1", str(self.session.node_id), "1")

    def write_data(
        self, folder: str, source: Source, table: str, relation_id: int = 0
    ) -> list[Written]:
        """Write the rows of one table or query into ``folder``; returns who wrote how many.

        ``table`` is the name that EXPORT INTO SQL puts into its statements. The source is closed
        afterwards, for what it reads from may be waited for.
        """
        try:
            return self._write_data(folder, source, table, relation_id)
        finally:
            source.rows.close()

    def _write_data(
        self, folder: str, source: Source, table: str, relation_id: int
    ) -> list[Written]:
        names = [name for name, _ in source.columns]
        zone = self.session.variables.get("timezone")
        formatter = sql_formatter if self.format == "sql" else csv_formatter
        formatters = [formatter(sql_type, zone) for _, sql_type in source.columns]
        rows = () if self.options.loses_every_row else self._checked(source.rows)
        if self.format == "sql":
            return self._write_lines(
                folder, _inserts(table, names, rows, formatters), "", relation_id
            )
        writer = CsvWriter(self.options.dialect)
        header = writer.line(names) if self.options.column_name else ""
        lines = (writer.row(row, formatters) for row in rows)
        return self._write_lines(folder, lines, header, relation_id)

    def _write_lines(
        self, folder: str, lines: Iterator[str], header: str, relation_id: int
    ) -> list[Written]:
        """Let each leaseholder write its share."""
        writers = self.session.engine.cluster.leaseholders(relation_id)
        written = []
        for node_id in writers:
            last = node_id == writers[-1]
            share = lines if last else islice(lines, RANGE_ROWS)
            remote = node_id != self.node_id
            destination = Destination(
                self.extern, folder, node_id, self.format, self.options.charset, remote
            )
            rows, files = write_chunks(destination, share, self.options.chunk_rows, header)
            written.append(Written(node_id, rows, files))
        return [one for one in written if one.rows]

    def write_meta(self, folder: str, text: str) -> None:
        """Write the ``meta.sql`` of a folder."""
        self.extern.write_whole(posixpath.join(folder, "meta.sql"), text.encode())

    def _checked(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """The rows; stops with StatementCancelled when somebody cancels the query."""
        for number, row in enumerate(rows):
            if number % _CHECK_EVERY == 0:
                self.session.check_interrupt()
            yield row


def _inserts(
    table: str,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    formatters: Sequence[Formatter],
) -> Iterator[str]:
    head = f"INSERT INTO {table}({','.join(names)}) VALUES ("
    for row in rows:
        values = [
            "NULL" if value is None else formatter(value)
            for value, formatter in zip(row, formatters, strict=True)
        ]
        yield f"{head}{','.join(values)});\n"


def data_rows(label: str, written: Sequence[Written]) -> list[Row]:
    """The result rows of a table or query: one for each node that wrote rows."""
    return [(label, str(one.rows), str(one.node_id), str(one.files)) for one in written]


def full_label(database: str, schema: str, name: str) -> str:
    """``TABLE db.schema.name`` as the result rows of a database export show it."""
    return f"TABLE {'.'.join(map(quote_identifier, (database, schema, name)))}"


def swallowed(error: SqlError) -> Notice:
    """The NOTICE that an error on one table of a database export becomes."""
    return Notice(error.message, sqlstate=error.sqlstate)

"""A result of a statement as a CSV file (RFC 4180), written row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kwtui.files.new_file import NewFile


class CsvFile(NewFile):
    """NULL is an empty field and the empty text is ``""``, so that both come back as they were."""

    def __enter__(self) -> CsvFile:
        super().__enter__()
        return self

    def columns(self, names: Sequence[str]) -> None:
        self._line(map(_field, names))

    def row(self, values: Sequence[str | None]) -> None:
        self._line("" if value is None else _field(value) for value in values)

    def rows(self, rows: Iterable[Sequence[str | None]]) -> None:
        for row in rows:
            self.row(row)

    def _line(self, fields: Iterable[str]) -> None:
        self.write(f"{','.join(fields)}\r\n".encode())


def _field(value: str) -> str:
    if value == "" or any(mark in value for mark in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value

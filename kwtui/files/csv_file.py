"""A result of a statement as a CSV file (RFC 4180), written row by row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TextIO

from kwtui.errors import ExitCode, KwtuiError


class CsvFile:
    """A new private file. It is removed when writing it ends in an error.

    NULL is an empty field and the empty text is ``""``, so that both come back as they were.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> CsvFile:
        """Raises KwtuiError when the file is there already or cannot be made."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise _cannot(self._path, error) from error
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        return self

    def columns(self, names: Sequence[str]) -> None:
        self._write(",".join(map(_field, names)))

    def row(self, values: Sequence[str | None]) -> None:
        self._write(",".join("" if value is None else _field(value) for value in values))

    def rows(self, rows: Iterable[Sequence[str | None]]) -> None:
        for row in rows:
            self.row(row)

    def _write(self, line: str) -> None:
        if self._file is None:
            raise ValueError("the file is not open")
        try:
            self._file.write(f"{line}\r\n")
        except OSError as error:
            raise _cannot(self._path, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as failure:
            self._path.unlink(missing_ok=True)
            raise _cannot(self._path, failure) from failure
        if error is not None:
            self._path.unlink(missing_ok=True)


def _field(value: str) -> str:
    if value == "" or any(mark in value for mark in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def _cannot(path: Path, error: OSError) -> KwtuiError:
    there = isinstance(error, FileExistsError)
    return KwtuiError(
        f"{path} is there already." if there else f"{path} cannot be written.",
        cause="" if there else error.strerror or str(error),
        hint="Choose another name." if there else "Choose another folder.",
        exit_code=ExitCode.USAGE if there else ExitCode.FAILED,
    )

"""Reading the meta.sql files of one export, within bounds that hold for all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.csv.signatures import LONGEST, what_it_is
from kwtui.backups.metasql.meta_file import MetaFile, parse_meta
from kwtui.backups.metasql.statements import MOST_SECONDS, Clock
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import read_regular

LARGEST_META = 64 << 20
"""Bytes of one file: a hundred thousand tables of a time-series database take 40 MiB."""
LARGEST_TOGETHER = 256 << 20
"""Bytes of all files of an export: where each table has one of its own, they are small."""


@dataclass(frozen=True)
class Definitions:
    """A meta.sql as it was read, or why it cannot be."""

    path: str
    """Relative to the export."""
    meta: MetaFile | None
    text: str | None = None
    """Also where it does not parse."""
    error: KwtuiError | None = None

    @property
    def problem(self) -> str:
        """Why it cannot be read, in words; empty if it can."""
        return self.error.title if self.error else ""


class DefinitionsReader:
    """Reads file by file; what is beyond a bound is refused with the bound."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._left = LARGEST_TOGETHER

    def read(self, path: Path, shown: str) -> Definitions:
        """The file at the path; ``shown`` names it in messages. Never raises for what it holds."""
        text = None
        try:
            text = self._text(path, shown)
            return Definitions(shown, parse_meta(text, shown, self._clock), text)
        except KwtuiError as error:
            return Definitions(shown, None, text, error)

    def _text(self, path: Path, shown: str) -> str:
        if self._clock.is_over:
            told = f"reading those before it took {MOST_SECONDS} seconds already"
            raise _unreadable(shown, told, ExitCode.META_DAMAGED)
        try:
            data = read_regular(path, min(LARGEST_META, self._left))
        except OSError as error:
            why = error.strerror or str(error)
            raise _unreadable(shown, why, ExitCode.EXTERN_NOT_READABLE) from error
        self._left -= len(data)
        if why := what_it_is(data[:LONGEST]):
            raise _unreadable(shown, f"it {why}", ExitCode.META_DAMAGED)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            told = f"it is not UTF-8 text from byte {error.start} on"
            raise _unreadable(shown, told, ExitCode.META_DAMAGED) from error


def _unreadable(shown: str, why: str, code: ExitCode) -> KwtuiError:
    return KwtuiError(f"{shown} cannot be read: {why}.", exit_code=code)

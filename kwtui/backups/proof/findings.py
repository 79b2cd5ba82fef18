"""What a check of a set can find, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kwtui.model.findings import Severity
from kwtui.model.schema import TableName


class Fault(StrEnum):
    """What can be wrong with a file or table; stable, for scripts."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    GROWN = "grown"
    CHANGED = "changed"
    STRAY = "stray"
    UNREADABLE = "unreadable"
    RECORDS = "records"
    """Not as many records as the manifest, or the server, says."""
    MALFORMED = "malformed"
    """A record does not parse or has not as many fields as the table has columns."""
    META = "meta"
    """A meta.sql, or the schema, does not parse."""
    UNDEFINED = "undefined"
    """A table's data without the definition that says what they are."""
    UNREAD = "unread"
    """What may hold rows, in a form that neither IMPORT nor kwtui reads."""
    FORM = "form"
    """Other programs changed how the file is written: a byte order mark, line ends, a header."""
    IMPORT = "import"
    """KWDB's own IMPORT would refuse it; kwtui's restore may still work."""


@dataclass(frozen=True)
class VerifyFinding:
    """Something wrong. REFUSAL: the set is damaged; WARNING: it is whole but takes care."""

    severity: Severity
    fault: Fault
    subject: str
    """The file (relative to the set) or the table."""
    message: str


@dataclass(frozen=True)
class TableCheck:
    name: TableName
    rows_expected: int | None
    rows_found: int | None
    files: int
    bytes: int
    ok: bool

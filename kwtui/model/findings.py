"""The words that every layer shares, as plain data: names, schemas, dialects, findings, proof.

Everything here is immutable, knows no I/O and goes to and from JSON with msgspec: the survey of a
database is at the same time the content of a backup's ``schema.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    REFUSAL = "refusal"
    """The operation does not start while this stands."""


@dataclass(frozen=True)
class Finding:
    """Something that the person must know before a run, and what kwtui does about it."""

    severity: Severity
    code: str
    """Stable, for scripts: ``default_needs_sequence``, ``view_not_exported``, ..."""
    subject: str
    """The object it is about, e.g. ``shop.public.orders``; empty for the whole database."""
    message: str
    remedy: str = ""

"""What a person should know before they go on, as plain data."""

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

"""What a status says: of each database, of the folder, of what could not be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kwtui.protection.facts import DatabaseFacts
from kwtui.protection.judging import Judgement
from kwtui.runs.history import RunSummary


@dataclass(frozen=True)
class StatusReport:
    """What was judged, and what could not be known."""

    taken_at: datetime
    verdict: str
    judgements: tuple[Judgement, ...]
    facts: tuple[DatabaseFacts, ...]
    extern: Path | None
    extern_bytes: int | None
    """What all entries of the listing take, each file counted once."""
    free_bytes: int | None
    running: tuple[RunSummary, ...]
    unknown: tuple[str, ...] = ()
    """What nobody could be asked, in words."""

"""The evidence: what was done with backups, and whether its journal still is what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background

if TYPE_CHECKING:
    from kwtui.evidence.chain import Entry, Flaw, Head


@dataclass(frozen=True)
class EvidenceCheck:
    """``flaws`` is empty for a journal that is whole."""

    path: Path
    head: Head
    flaws: tuple[Flaw, ...]


class Evidence:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(self, account_runs: AccountRuns, background: Background, state: Path) -> None:
        self._account_runs = account_runs
        self._background = background
        self._state = state

    async def entries(self) -> list[Entry]:
        """Oldest first; what is no entry is left out, and named by `check`."""
        from kwtui.evidence.chain import entries_of
        from kwtui.evidence.journal import read_journal

        return entries_of(await self._background.call(read_journal, self._state))

    async def check(self, heads: tuple[Head, ...] = ()) -> EvidenceCheck:
        """The chain, against the heads that were noted elsewhere, and against the runs' own."""
        from kwtui.evidence.chain import entries_of, flaws_of, head_of
        from kwtui.evidence.journal import journal_path, read_journal
        from kwtui.runs.history import list_runs
        from kwtui.runs.recording import flaws_against_runs

        runs = await self._background.call(list_runs, self._account_runs.directory)
        content = await self._background.call(read_journal, self._state)
        flaws = (*flaws_of(content, heads), *flaws_against_runs(entries_of(content), runs))
        return EvidenceCheck(journal_path(self._state), head_of(content), flaws)

    async def noted(self, target: str) -> tuple[Head, ...]:
        """The heads that off-site copies left on a target, saved or by its URL."""
        from kwtui.config.offsite import find_target
        from kwtui.evidence.journal import keeper
        from kwtui.offsite.heads import noted_heads
        from kwtui.offsite.targets.opening import opened

        def read() -> tuple[Head, ...]:
            with opened(find_target(target)) as place:
                return noted_heads(place, keeper())

        return await self._background.call(read)

    async def head(self) -> Head:
        """What to note elsewhere, so that lines cut off the end are found."""
        from kwtui.evidence.journal import journal_head

        return await self._background.call(journal_head, self._state)

    async def record(
        self, action: str, *, path: str = "", database: str = "", ok: bool = True, words: str
    ) -> None:
        """Something that was done without a run: a check, a pin, an approval.

        Without ``database`` it is that of the set at ``path``. Raises KwtuiError (DISK_FULL,
        EXTERN_NOT_READABLE or FAILED).
        """
        await self._background.call(
            self.record_now, action, path=path, database=database, ok=ok, words=words
        )

    def record_now(
        self, action: str, *, path: str = "", database: str = "", ok: bool = True, words: str
    ) -> None:
        """As `record`, here and now: for what is done in one step with a small file."""
        from kwtui.backups.layout.naming import parse_set_path
        from kwtui.evidence.chain import Entry, Outcome
        from kwtui.evidence.journal import host, record, who

        named = parse_set_path(path) if path and not database else None
        entry = Entry(
            at=datetime.now(UTC),
            who=who(),
            host=host(),
            action=action,
            outcome=Outcome.SUCCEEDED if ok else Outcome.FAILED,
            database=named.database if named is not None else database,
            path=path,
            words=words,
        )
        record(self._state, entry)

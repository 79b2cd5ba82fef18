"""The runs of this account, as every service finds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background

if TYPE_CHECKING:
    from kwtui.operations.shared.known_runs import KnownRun
    from kwtui.runs.directory import RunFiles, RunsDirectory


class AccountRuns:
    """The runs whose files lie in the state directory."""

    def __init__(self, state: Path, background: Background) -> None:
        self._state = state
        self._background = background

    @property
    def directory(self) -> RunsDirectory:
        from kwtui.runs.directory import RunsDirectory

        return RunsDirectory(self._state)

    def find(self, run_id: str) -> RunFiles:
        """By id or an unambiguous part of it. Raises KwtuiError (NOT_FOUND)."""
        return self.directory.find(run_id)

    async def known(self) -> list[KnownRun]:
        """What is known of each run, to tell what it makes or left from anything else."""
        from kwtui.runs.known_runs import known_runs

        return await self._background.call(known_runs, self.directory)

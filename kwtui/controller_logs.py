"""The Controller's part for the node's logs, and what runs have to do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from kwtui.node.logs import LogFile
    from kwtui.node.logstream import LogStream
    from kwtui.runs.directory import RunsDirectory
    from kwtui.runs.history import RunSummary
    from kwtui.runs.runlog import RunLog

P = ParamSpec("P")
R = TypeVar("R")


class NodeLogs:
    """A base of the Controller, which provides what stands last.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    async def log_files(self) -> list[LogFile]:
        """The log files of the node by family, current first."""
        from kwtui.node.logs import find_logs

        return await self._blocking(find_logs, [self._folder("logs")])

    async def open_log(self, files: Sequence[LogFile]) -> LogStream:
        """The files as one stream, families merged by time, opened at the end; close it at last."""
        from kwtui.node.logbook import stream_of

        stream = stream_of(files)
        await stream.open()
        return stream

    async def save_log(
        self, stream: LogStream, path: Path, first: int | None = None, last: int | None = None
    ) -> int:
        """Save what is shown, or the lines from one to another, to a new file; how many bytes."""
        from kwtui.node.logsave import save_log

        return await self._blocking(save_log, path, stream.set.twin().chunks(first, last))

    async def run_log(self, run_id: str) -> RunLog:
        """What to look for in the node's log to see what a run did there."""
        from kwtui.runs.journal import read_events
        from kwtui.runs.runlog import run_log

        files = self._runs_directory().find(run_id)
        return run_log(run_id, files.read_plan(), read_events(files.journal))

    async def runs_at(self, when: datetime) -> list[RunSummary]:
        """The runs that went on at a time, the latest first."""
        from kwtui.runs.runlog import runs_at

        return runs_at(await self.runs(), when)

    async def runs(self) -> list[RunSummary]:
        raise NotImplementedError

    async def _blocking(
        self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs
    ) -> R:
        raise NotImplementedError

    def _folder(self, kind: str) -> Path:
        raise NotImplementedError

    def _runs_directory(self) -> RunsDirectory:
        raise NotImplementedError

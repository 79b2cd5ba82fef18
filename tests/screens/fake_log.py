"""Log files of a node that tests let grow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from kwtui.controller.background import Background
from kwtui.controller.logs import Logs
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.stream import LogStream
from tests.screens.staged import NOW

POLL_SECONDS = 0.1
"""Longer than tests wait for what is due soon: they would wait for each look at the file."""


class FakeLog:
    """A file that a log screen reads, whatever its name is on the screen."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._folder = TemporaryDirectory()
        self.path = Path(self._folder.name) / "kwbase.log"
        self.path.touch()
        self.streams: list[LogStream] = []
        self.grow(*lines)

    def grow(self, *lines: str) -> None:
        with self.path.open("a", errors="surrogateescape") as file:
            file.writelines(f"{line}\n" for line in lines)

    @property
    def bytes(self) -> int:
        return self.path.stat().st_size

    def open(self, files: Sequence[LogFile]) -> LogStream:
        """What a screen reads when it opens files of these families."""
        from dataclasses import replace

        from kwtui.node.logs.opening import stream_of

        own = []
        for file in files:
            path = self.path if file.current else self.path.with_name(file.path.name)
            if not path.exists():
                path.write_text("")
            own.append(replace(file, path=path, link=None))
        stream = stream_of(own, poll_seconds=POLL_SECONDS)
        self.streams.append(stream)
        return stream


def log_lines(count: int) -> list[str]:
    """Every tenth a warning, every fiftieth an error with two lines of stack."""
    lines = []
    for number in range(count):
        letter = "E" if number % 50 == 49 else "W" if number % 10 == 9 else "I"
        lines.append(
            f"{letter}261122 08:19:{number % 60:02d}.000000 1 server/node.go:{number}  [n1]"
            f" {number} node event happened"
        )
        if letter == "E":
            lines += ["goroutine 1 [running]:", "\tmain.main()"]
    return lines


class FakeLogs(Logs):
    def __init__(self) -> None:
        self._background = Background(True)
        self.log = FakeLog(log_lines(200))
        self.by_ssh = False

    def reached_by_ssh(self, profile: str | None) -> bool:
        return self.by_ssh

    async def files(self, node: int | None = None, profile: str | None = None) -> list[LogFile]:
        folder = Path("/var/lib/kaiwudb/logs")
        return [
            LogFile(
                folder / "kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log",
                LogFamily.MAIN,
                self.log.bytes,
                NOW,
                current=True,
                link=folder / "kwbase.log",
                created=NOW - timedelta(hours=4),
            ),
            LogFile(folder / "TsEngine.2026-11-22T08_19_53.log", LogFamily.TS_ENGINE, 5_120, NOW),
        ]

    async def open(
        self,
        files: Sequence[LogFile],
        *,
        since: datetime | None = None,
        enough: int | None = None,
    ) -> LogStream:
        stream = self.log.open(files)
        await stream.open()
        return stream

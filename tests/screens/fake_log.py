"""Log files of a node that tests let grow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.stream import LogStream


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
        stream = stream_of(own, poll_seconds=0.02)
        self.streams.append(stream)
        return stream

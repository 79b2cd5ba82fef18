"""A node's log folder while the node works: it grows, rotates and loses files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import find_logs
from kwtui.node.logs.stream import LogStream

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def line(seconds: float, text: str, severity: str = "I", source: str = "a/b.go:1") -> str:
    when = START + timedelta(seconds=seconds)
    return f"{severity}{when:%y%m%d %H:%M:%S.%f} 7 {source}  [n1] {text}\n"


class GrowingFolder:
    """Names and links as the node makes them (facts.md, 5.1)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._count = 0

    def new_file(self, *lines: str, program: str = "kwbase") -> Path:
        """A new file that the link points to from now on."""
        self._count += 1
        name = f"{program}.n.u.2026-11-22T08_{self._count:02}_00Z.000001.log"
        path = self.folder / name
        path.write_text("".join(lines))
        aside = self.folder / "aside"
        aside.symlink_to(name)
        aside.replace(self.folder / f"{program}.log")
        return path

    def write(self, *lines: str, program: str = "kwbase") -> None:
        with (self.folder / f"{program}.log").open("a") as file:
            file.write("".join(lines))


def joined(folder: Path, *families: LogFamily) -> list[JoinedLog]:
    files = find_logs([folder])
    chosen = families or tuple(dict.fromkeys(f.family for f in files))

    def again(family: LogFamily) -> list[object]:
        return [f for f in find_logs([folder]) if f.family is family]

    return [
        JoinedLog(
            [f for f in files if f.family is family],
            poll_seconds=0.01,
            relist=again,  # type: ignore[arg-type]
        )
        for family in chosen
    ]


@asynccontextmanager
async def streaming(folder: Path, *families: LogFamily) -> AsyncIterator[LogStream]:
    stream = LogStream(joined(folder, *families))
    await stream.open()
    try:
        yield stream
    finally:
        await stream.close()


SILENCE = 30


async def until(stream: LogStream, condition: Callable[[], bool]) -> None:
    """Wait for changes until the condition holds; a stream that is silent for so long is stuck.

    What is limited is the silence, not the way there, which takes its time on a busy machine.
    """
    more = asyncio.Event()
    stream.changed = more.set
    while not condition():
        await asyncio.wait_for(more.wait(), SILENCE)
        more.clear()


def texts(stream: LogStream, count: int = 1000) -> list[str]:
    """The messages that are shown."""
    return [x.text.rpartition("] ")[2] for x in stream.lines.tail(count)]

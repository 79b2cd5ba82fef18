"""kwtui logs: the end of a node's log, and what comes after it."""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
from typing import TYPE_CHECKING

from kwtui.commands.common import find_files, usage
from kwtui.commands.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.node.logformat import LogSeverity
    from kwtui.node.logs import LogFile, LogFollower, LogLine

_BATCH = 500


async def logs(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    severity, pattern = _severity(args.severity), _pattern(args.search)
    await find_files(controller, args)
    files = await controller.log_files()
    if args.files:
        return _show_files(files, output)
    chosen = _choose(files, args.family)
    follower = controller.follow_log(chosen.link or chosen.path)
    await follower.open()
    try:
        await _Tail(follower, args, output, severity, pattern).run()
    finally:
        await follower.close()
    return 0


def _show_files(files: list[LogFile], output: Output) -> int:
    from kwtui.text import human_bytes

    if output.json:
        output.object("log-files", {"files": files})
        return 0
    rows = [("FAMILY", "FILE", "SIZE", "")]
    rows += [
        (f.family.value, f.path.name, human_bytes(f.bytes), "current" if f.current else "")
        for f in files
    ]
    for line in table(rows, right=frozenset({2})):
        output.line(line)
    return 0


def _choose(files: list[LogFile], family: str | None) -> LogFile:
    for file in files:
        if family is None or file.family.value.lower() == family.lower():
            return file
    known = ", ".join(dict.fromkeys(f.family.value for f in files))
    raise KwtuiError(
        f"There is no log of the family {family!r}." if family else "There are no log files.",
        hint=f"There are: {known}" if known else "",
        exit_code=ExitCode.NOT_FOUND,
    )


class _Tail:
    """Prints the last lines that fit, then new ones."""

    def __init__(
        self,
        follower: LogFollower,
        args: argparse.Namespace,
        output: Output,
        severity: LogSeverity | None,
        pattern: re.Pattern[str] | None,
    ) -> None:
        self._follower = follower
        self._args = args
        self._output = output
        self._severity = severity
        self._pattern = pattern
        self._entry_fits = severity is None

    async def run(self) -> None:
        lines = self._last_lines()
        if self._args.follow:
            lines = [line for line in lines if not line.partial]
        last = self._print(lines)
        if not self._args.follow:
            return
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        following = asyncio.ensure_future(self._follow(last))
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (following, stopped):
            task.cancel()
        results = await asyncio.gather(following, stopped, return_exceptions=True)
        for result in results:
            if isinstance(result, KwtuiError):
                raise result

    async def _follow(self, offset: int) -> None:
        from kwtui.node.logs import LogEvent

        async for event in self._follower.changes():
            if event is LogEvent.RESTARTED:
                self._output.note(f"-- {self._follower.state.note or 'the log begins anew'} --")
                offset = 0
            if event in (LogEvent.GREW, LogEvent.RESTARTED):
                while lines := self._follower.after(offset, _BATCH):
                    whole = [line for line in lines if not line.partial]
                    if not whole:
                        break
                    offset = self._print([line for line in whole if self._fits(line)], whole[-1])

    def _last_lines(self) -> list[LogLine]:
        """As many of the last lines that fit as were asked for, looked for backwards."""
        wanted: int = self._args.lines
        if self._severity is None and self._pattern is None:
            return self._follower.tail(wanted)
        found: list[LogLine] = []
        lines = self._follower.tail(_BATCH)
        while lines:
            found = [line for line in lines if self._fits(line)] + found
            if len(found) >= wanted or lines[0].offset == 0:
                break
            lines = self._follower.before(lines[0].offset, _BATCH)
        return found[-wanted:]

    def _fits(self, line: LogLine) -> bool:
        if self._severity is not None:
            if line.severity is not None:
                self._entry_fits = line.severity >= self._severity
            if not self._entry_fits:
                return False
        return self._pattern is None or self._pattern.search(line.text) is not None

    def _print(self, lines: list[LogLine], last: LogLine | None = None) -> int:
        """Print; where the next line begins."""
        for line in lines:
            if self._output.json:
                self._output.object(
                    "log-line",
                    {
                        "offset": line.offset,
                        "severity": line.severity.name.lower()
                        if line.severity is not None
                        else None,
                        "text": line.text.encode("utf-8", "replace").decode(),
                    },
                )
            else:
                self._output.line(line.text)
        last = last or (lines[-1] if lines else None)
        if last is None:
            tail = self._follower.tail(1)
            last = tail[-1] if tail else None
        if last is None:
            return 0
        # A line without its end is printed when it has one.
        return last.offset if last.partial else last.offset + last.bytes


def _severity(text: str | None) -> LogSeverity | None:
    from kwtui.node.logformat import LogSeverity

    if text is None:
        return None
    for severity in LogSeverity:
        if severity.name.lower().startswith(text.lower()):
            return severity
    names = ", ".join(s.name.lower() for s in LogSeverity)
    raise usage(f"{text!r} is no severity. There are: {names}.")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise usage(f"--search {text!r} is no regular expression: {error}.") from error

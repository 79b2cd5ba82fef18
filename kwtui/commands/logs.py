"""kwtui logs: the end of a node's log, and what comes after it."""

from __future__ import annotations

import argparse
import asyncio
import select
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect, find_files
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.node.logs.file.lines import LogLine
    from kwtui.node.logs.filter import LogFilter
    from kwtui.node.logs.listing import LogFile
    from kwtui.node.logs.stream import LogStream

_BATCH = 500
_DEFAULT_LINES = 20


async def logs(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    wanted = _filter(args)
    files = await _files(controller, args)
    if args.files:
        return _show_files(files, output)
    stream = await controller.logs.open(
        _choose(files, args), since=wanted.since, enough=_enough(args, wanted)
    )
    try:
        for note in stream.notes:
            output.note(f"-- {note} --")
        await _Tail(stream, args, output, wanted).run()
    finally:
        await stream.close()
    return 0


async def _files(controller: Controller, args: argparse.Namespace) -> list[LogFile]:
    """The node's files; over HTTP from the server that the options name, where they are closed."""
    if args.node is not None:
        await connect(controller, args)
        return await controller.logs.files(args.node)
    await find_files(controller, args)
    try:
        return await controller.logs.files()
    except KwtuiError:
        named = args.dsn or args.profile or args.sandbox
        if controller.connection.is_connected or not named:
            raise
    await connect(controller, args)
    return await controller.logs.files()


def _enough(args: argparse.Namespace, wanted: LogFilter) -> int | None:
    """How many entries are enough, where every one counts; None: what a filter leaves is open."""
    if not wanted.empty:
        return None
    return args.lines if args.lines is not None else _DEFAULT_LINES


def _filter(args: argparse.Namespace) -> LogFilter:
    from kwtui.node.logs import filter as logfilter
    from kwtui.node.logs.time_words import parse_when

    now = datetime.now(UTC)
    wanted = logfilter.LogFilter(
        severity=logfilter.parse_severity(args.severity) if args.severity is not None else None,
        source=args.file or "",
        thread=logfilter.parse_thread(args.goroutine) if args.goroutine is not None else "",
        tag=args.tag or "",
        since=parse_when(args.since, now) if args.since is not None else None,
        until=parse_when(args.until, now) if args.until is not None else None,
        text=args.grep or "",
    )
    if wanted.text:
        logfilter.compile_pattern(wanted.text)
    return wanted


def _show_files(files: list[LogFile], output: Output) -> int:
    from kwtui.text import human_bytes

    if output.json:
        output.object("log-files", {"files": files})
        return 0
    rows = [("FAMILY", "FILE", "SIZE", "")]
    rows += [
        (f.family.word, f.path.name, human_bytes(f.bytes), "current" if f.current else "")
        for f in files
    ]
    for line in table(rows, right=frozenset({2})):
        output.line(line)
    return 0


def _choose(files: list[LogFile], args: argparse.Namespace) -> list[LogFile]:
    from kwtui.node.logs.format import family_named
    from kwtui.node.logs.opening import by_family

    families = by_family(files)
    if args.all_families and families:
        return [file for each in families.values() for file in each]
    meant = family_named(args.family) if args.family is not None else None
    for family, each in families.items():
        if args.family is None or family is meant:
            return each
    unreadable = [f for f in files if f.problem and (args.family is None or f.family is meant)]
    if unreadable:
        raise KwtuiError(
            f"{unreadable[0].path} cannot be read.",
            hint="Run kwtui as the database's own account or as a member of its group.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )
    known = ", ".join(family.word for family in families)
    raise KwtuiError(
        f"There is no log of the family {args.family!r}."
        if args.family
        else "There are no log files.",
        hint=f"There are: {known}" if known else "",
        exit_code=ExitCode.NOT_FOUND,
    )


_UNREAD_SECONDS = 1.0


async def _until_unread() -> None:
    """Return once whoever reads standard output has gone: a quiet log would never find out."""
    gone = select.poll()
    gone.register(sys.stdout.fileno(), 0)
    while True:
        if gone.poll(0):
            return
        await asyncio.sleep(_UNREAD_SECONDS)


class _Tail:
    """Prints the last lines that fit, then new ones."""

    def __init__(
        self, stream: LogStream, args: argparse.Namespace, output: Output, wanted: LogFilter
    ) -> None:
        self._stream = stream
        self._output = output
        self._wanted = wanted
        self._follow = bool(args.follow)
        spans = args.since is not None or args.until is not None
        self._lines: int | None = args.lines or (None if spans else _DEFAULT_LINES)
        self._printed: list[int] = []
        """The place in each family after its last line that was printed."""

    async def run(self) -> None:
        logs = self._stream.set.logs
        await self._select()
        self._printed = [log.whole_end if self._follow else log.end for log in logs]
        for line in self._last_lines():
            number, place = self._stream.set.inner(line.offset)
            if place < self._printed[number]:
                self._print(number, line)
        if self._follow:
            await self._until_stopped()

    async def _select(self) -> None:
        """Find what fits; of one log no more than is asked for, the newest first."""
        if self._wanted.empty:
            return
        stream = self._stream
        searching = asyncio.ensure_future(stream.show(self._wanted))
        while not searching.done():
            await asyncio.wait({searching}, timeout=0.1)
            picked = stream.set.picked
            alone = picked[0] if picked is not None and len(picked) == 1 else None
            # An entry has at least one line.
            if self._lines is not None and alone and len(alone.entries) > self._lines:
                await stream.stop_filtering()
        await searching

    def _last_lines(self) -> Iterable[LogLine]:
        source = self._stream.set.lines
        if self._lines is not None:
            return source.tail(self._lines)
        return self._stream.set.between(None, None)

    async def _until_stopped(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        following = asyncio.ensure_future(self._print_new())
        stopped = asyncio.ensure_future(stop.wait())
        unread = asyncio.ensure_future(_until_unread())
        tasks = (following, stopped, unread)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _print_new(self) -> None:
        stream, more = self._stream, asyncio.Event()
        stream.changed = more.set
        note = stream.note
        while True:
            if stream.replaced:
                stream.replaced = False
                self._begin_anew()
            if stream.note != note:
                note = stream.note
                self._output.note(f"-- {note} --")
            self._print_batch()
            await more.wait()
            more.clear()

    def _begin_anew(self) -> None:
        for number, log in enumerate(self._stream.set.logs):
            low, high = log.gone
            if low <= self._printed[number] < high:
                self._printed[number] = high

    def _print_batch(self) -> None:
        """New lines of all families, by time as far as they came together."""
        found = []
        picked = self._stream.set.picked
        for number, log in enumerate(self._stream.set.logs):
            source = picked[number] if picked is not None else log
            end = log.whole_end
            while lines := source.after(self._printed[number], _BATCH):
                whole = list(takewhile(lambda x, end=end: x.offset < end, lines))  # type: ignore[misc]
                found += [(log.time_of(line.offset), number, line) for line in whole]
                if whole:
                    self._printed[number] = whole[-1].offset + whole[-1].bytes
                if len(whole) < _BATCH:
                    break
        earliest = datetime.min.replace(tzinfo=UTC)
        for _, number, line in sorted(found, key=lambda each: each[0] or earliest):
            self._print(number, line)

    def _print(self, number: int, line: LogLine) -> None:
        log = self._stream.set.logs[number]
        if self._output.json:
            from kwtui.node.logs.source import split_family_place, split_file_place

            severity = line.severity.name.lower() if line.severity is not None else None
            self._output.object(
                "log-line",
                {
                    "family": log.family.value,
                    "offset": split_file_place(split_family_place(line.offset)[1])[1],
                    "severity": severity,
                    "text": line.text.encode("utf-8", "replace").decode(),
                },
            )
        elif self._stream.set.merged:
            self._output.line(f"{log.family.word:<9} {line.text}")
        else:
            self._output.line(line.text)

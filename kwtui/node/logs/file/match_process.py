"""Matching in a process of its own, which can be stopped in the middle of a match.

The regular expression engine holds everything else up while it works, and cannot be interrupted
from another thread. So a pattern that may take long runs here: this module as a program, with
pipes. First comes a line of JSON with the pattern, then blocks of whole lines, each behind its
length; the answer to each is the number of hits and where their lines begin.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from array import array
from contextlib import suppress
from typing import BinaryIO

from kwtui.errors import KwtuiError
from kwtui.files.own_program import own_environment, own_program
from kwtui.node.logs.file.matching import Query, matcher_of

LONGEST_BLOCK = 10.0
"""Seconds for one block; honest patterns take some thousandths."""
_SIZE = 8


class MatchProcess:
    """One such process, for one pattern; for one thread at a time."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            own_program("kwtui.node.logs.file.match_process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=own_environment(),
        )
        self._pattern = pattern.pattern
        self._asked = 0.0
        self._answer = b""
        self._closed = False
        ask = {"pattern": pattern.pattern, "flags": pattern.flags & ~re.UNICODE}
        self._write(json.dumps(ask).encode() + b"\n")

    @property
    def is_asked(self) -> bool:
        """Whether an answer is awaited."""
        return self._asked > 0

    def ask(self, data: bytes) -> None:
        self._asked, self._answer = time.monotonic(), b""
        self._write(len(data).to_bytes(_SIZE, "little") + data)

    def answer(self, until: float) -> list[int] | None:
        """Where the lines with a hit begin; None where that is not known by then (monotonic).

        Raises KwtuiError when the pattern takes too long.
        """
        stdout = self._process.stdout
        while stdout is not None and not self._closed:
            wait = max(0.0, until - time.monotonic())
            if not select.select([stdout], [], [], wait)[0]:
                if time.monotonic() - self._asked > LONGEST_BLOCK:
                    self.close()
                    raise self._too_long()
                return None
            piece = os.read(stdout.fileno(), 1 << 20)
            if not piece:
                break
            self._answer += piece
            if (found := self._whole()) is not None:
                self._asked = 0.0
                return found
        if self._closed:
            return []
        self.close()
        raise self._too_long()

    def _whole(self) -> list[int] | None:
        if len(self._answer) < _SIZE:
            return None
        count = int.from_bytes(self._answer[:_SIZE], "little")
        if len(self._answer) < _SIZE * (count + 1):
            return None
        return array("Q", self._answer[_SIZE:]).tolist()

    def _write(self, data: bytes) -> None:
        stdin = self._process.stdin
        with suppress(BrokenPipeError, ValueError):
            # What has ended answers nothing, which is seen there.
            if stdin is not None:
                stdin.write(data)
                stdin.flush()

    def _too_long(self) -> KwtuiError:
        return KwtuiError(
            f"The pattern {self._pattern!r} takes too long on a line of this log.",
            cause="The search was stopped: there are more ways to match the line than can be "
            "tried, as with nested repeats, or alternatives that match the same text.",
            hint="Make each text match in only one way: a+ finds what (a+)+ and (a|aa)+ do. Or "
            "search for words without a pattern.",
        )

    def close(self) -> None:
        """End it, whatever it does."""
        self._closed = True
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer until the pipe ends."""
    told = json.loads(source.readline())
    matcher = matcher_of(Query(re.compile(told["pattern"], told["flags"])))
    while head := source.read(_SIZE):
        data = source.read(int.from_bytes(head, "little"))
        # Whoever asked may be gone by now: nothing here works for nobody.
        signal.setitimer(signal.ITIMER_REAL, LONGEST_BLOCK + 5)
        hits = array("Q", matcher(data))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(len(hits).to_bytes(_SIZE, "little") + hits.tobytes())
        sink.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)

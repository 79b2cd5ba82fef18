"""Reading files in a process of its own: hashing and counting take a whole CPU each.

Python runs one thread at a time, so that several files are read by several processes. Each is this
module: over a socket it is handed an open file, and a line of JSON that says what to look for;
lines of JSON answer, first how many bytes were read, last what was found. It ends with the socket,
so with whoever started it, however that ended. It opens nothing by itself: whose rights count for a
file was decided before (`kwtui.files.foreign`).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.multiset import BrokenRecord, Multiset, multiset_open
from kwtui.backups.csv.record_scan import FileScan, scan_open
from kwtui.backups.csv.values import Columns
from kwtui.files.foreign.reading import open_regular
from kwtui.files.own_program import own_environment, own_program
from kwtui.model.requests import Dialect

_TICK_SECONDS = 0.1
_BEGIN = b"*"


class ScanProcess:
    """One such process; for one thread at a time."""

    def __init__(self, hash_seed: int | None = None) -> None:
        """``hash_seed``: processes with the same one agree on the hashes of `multiset`."""
        seed = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
        self._asks, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                own_program("kwtui.backups.proof.scan_process"),
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=own_environment() | seed,
            )

    def scan(
        self,
        path: Path,
        dialect: Dialect | None,
        fields: int | None,
        tick: Callable[[int], None],
        form: FileForm | None = None,
        columns: Columns = (),
    ) -> FileScan:
        """As `scan_file`. Raises OSError as reading does, ChildProcessError if the process died."""
        ask = {
            "dialect": asdict(dialect) if dialect else None,
            "fields": fields,
            "form": asdict(form) if form else None,
            "columns": [list(column) for column in columns],
        }
        answer = self._ask(path, ask, tick)
        return FileScan(**{**answer, "problems": tuple(answer["problems"])})

    def multiset(self, path: Path, dialect: Dialect, tick: Callable[[int], None]) -> Multiset:
        """As `multiset_of`. Raises also ChildProcessError if the process died."""
        answer = self._ask(path, {"name": path.name, "multiset": asdict(dialect)}, tick)
        if "broken" in answer:
            raise BrokenRecord(answer["broken"])
        return Multiset(answer["records"], int(answer["sum"]))

    def _ask(self, path: Path, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
        stdout = self._process.stdout
        if stdout is None:
            raise ChildProcessError("no pipe")
        with open_regular(path, buffering=0) as file:
            try:
                # The open file goes with the first byte: nobody looks for its path again.
                socket.send_fds(self._asks, [_BEGIN], [file.fileno()])
                self._asks.sendall(json.dumps(ask).encode() + b"\n")
            except OSError:
                raise ChildProcessError("the reading process ended") from None
        for line in stdout:
            answer = json.loads(line)
            if "read" in answer:
                self._tell(tick, answer["read"])
            elif "errno" in answer:
                raise OSError(answer["errno"], answer["text"], str(path))
            else:
                return dict(answer)
        raise ChildProcessError("the reading process ended")

    def _tell(self, tick: Callable[[int], None], count: int) -> None:
        try:
            tick(count)
        except BaseException:
            # Stopped in the middle: what it still says is about a file that nobody waits for.
            self._process.kill()
            raise

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._asks.close()
        if self._process.stdout is not None:
            with suppress(OSError):
                self._process.stdout.close()


def _answer(ask: dict[str, Any], file: BinaryIO) -> dict[str, Any]:
    unsaid, due = 0, 0.0

    def tick(count: int) -> None:
        nonlocal unsaid, due
        unsaid += count
        if (now := time.monotonic()) >= due:
            _say({"read": unsaid})
            unsaid, due = 0, now + _TICK_SECONDS

    try:
        answer = _multiset(file, ask, tick) if "multiset" in ask else _scan(file, ask, tick)
    except OSError as error:
        return {"errno": error.errno or 0, "text": error.strerror or str(error)}
    _say({"read": unsaid})
    return answer


def _scan(file: BinaryIO, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
    dialect = Dialect(**ask["dialect"]) if ask["dialect"] else None
    form = FileForm(**ask["form"]) if ask["form"] else None
    columns = tuple((name, kind) for name, kind in ask["columns"])
    scan = scan_open(file, dialect, fields=ask["fields"], columns=columns, form=form, tick=tick)
    return asdict(scan)


def _multiset(file: BinaryIO, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
    try:
        found = multiset_open(file, ask["name"], Dialect(**ask["multiset"]), tick)
    except BrokenRecord as error:
        return {"broken": str(error)}
    return {"records": found.records, "sum": str(found.sum)}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until nobody asks any more."""
    with (
        suppress(BrokenPipeError, ConnectionError, KeyboardInterrupt),
        socket.socket(fileno=0) as asks,
    ):
        while True:
            begin, files, _, _ = socket.recv_fds(asks, len(_BEGIN), 1)
            if not begin or not files:
                return
            with os.fdopen(files[0], "rb", 0) as file:
                _say(_answer(json.loads(_line(asks)), file))


def _line(asks: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = asks.recv(1 << 16)
        if not part:
            raise BrokenPipeError
        line += part
    return line


if __name__ == "__main__":
    main()

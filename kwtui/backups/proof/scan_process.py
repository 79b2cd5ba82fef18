"""Reading files in a process of its own: hashing and counting take a whole CPU each.

Python runs one thread at a time, so that several files are read by several processes. Each is this
module, run with pipes: a line of JSON asks for one file, lines of JSON answer, first how many bytes
were read, last what was found. It ends with the pipe, so with whoever started it, however that
ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kwtui.backups.csv.form import FileForm
from kwtui.backups.csv.multiset import BrokenRecord, Multiset, multiset_of
from kwtui.backups.csv.record_scan import FileScan, scan_file
from kwtui.backups.csv.values import Columns
from kwtui.model.requests import Dialect

_TICK_SECONDS = 0.1


class ScanProcess:
    """One such process; for one thread at a time."""

    def __init__(self, hash_seed: int | None = None) -> None:
        """``hash_seed``: processes with the same one agree on the hashes of `multiset`."""
        seed = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kwtui.backups.proof.scan_process"],
            env={**os.environ, **seed},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
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
            "path": os.fsencode(path).hex(),
            "dialect": asdict(dialect) if dialect else None,
            "fields": fields,
            "form": asdict(form) if form else None,
            "columns": [list(column) for column in columns],
        }
        answer = self._ask(path, ask, tick)
        return FileScan(**{**answer, "problems": tuple(answer["problems"])})

    def multiset(self, path: Path, dialect: Dialect, tick: Callable[[int], None]) -> Multiset:
        """As `multiset_of`. Raises also ChildProcessError if the process died."""
        ask = {"path": os.fsencode(path).hex(), "multiset": asdict(dialect)}
        answer = self._ask(path, ask, tick)
        if "broken" in answer:
            raise BrokenRecord(answer["broken"])
        return Multiset(answer["records"], int(answer["sum"]))

    def _ask(self, path: Path, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ChildProcessError("no pipes")
        try:
            stdin.write(json.dumps(ask).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
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
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _answer(ask: dict[str, Any]) -> dict[str, Any]:
    unsaid, due = 0, 0.0

    def tick(count: int) -> None:
        nonlocal unsaid, due
        unsaid += count
        if (now := time.monotonic()) >= due:
            _say({"read": unsaid})
            unsaid, due = 0, now + _TICK_SECONDS

    path = Path(os.fsdecode(bytes.fromhex(ask["path"])))
    try:
        answer = _multiset(path, ask, tick) if "multiset" in ask else _scan(path, ask, tick)
    except OSError as error:
        return {"errno": error.errno or 0, "text": error.strerror or str(error)}
    _say({"read": unsaid})
    return answer


def _scan(path: Path, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
    dialect = Dialect(**ask["dialect"]) if ask["dialect"] else None
    form = FileForm(**ask["form"]) if ask["form"] else None
    columns = tuple((name, kind) for name, kind in ask["columns"])
    scan = scan_file(path, dialect, fields=ask["fields"], columns=columns, form=form, tick=tick)
    return asdict(scan)


def _multiset(path: Path, ask: dict[str, Any], tick: Callable[[int], None]) -> dict[str, Any]:
    try:
        found = multiset_of(path, Dialect(**ask["multiset"]), tick)
    except BrokenRecord as error:
        return {"broken": str(error)}
    return {"records": found.records, "sum": str(found.sum)}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until nobody asks any more."""
    with suppress(BrokenPipeError, KeyboardInterrupt):
        for line in sys.stdin:
            _say(_answer(json.loads(line)))


if __name__ == "__main__":
    main()

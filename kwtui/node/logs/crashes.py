"""What errlog.log tells of crashes of the node (facts.md, 5.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kwtui.files.foreign.reading import read_end
from kwtui.files.untrusted import NotReadable
from kwtui.node.logs.format import CRASH_START, line_time

CRASH_LOG = "errlog.log"
_END_BYTES = 256 * 1024
"""At the end of the file; a record with its back trace has some kilobytes."""
_SIGNAL = re.compile(r"signal:\s*(\w+)\s*\((\d+)\)")
_RECORD_BYTES = 4096
"""Of a record, in which its signal stands."""


@dataclass(frozen=True)
class Crash:
    """One record."""

    file: Path
    at: datetime | None
    """UTC; None where the record's time is not understood."""
    signal: str = "signal unknown"


def read_crashes(path: Path) -> list[Crash]:
    """The last crashes in the file, the latest last; none where it is not there.

    Blocking. Raises NotReadable.
    """
    try:
        text = read_end(path, _END_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotReadable(error.strerror or "cannot be read") from None
    # Newlines between the parts of a record may be missing, in older versions.
    starts = [match.start() for match in re.finditer(re.escape(CRASH_START), text)]
    return [_crash(path, text[start : start + _RECORD_BYTES]) for start in starts]


def _crash(path: Path, record: bytes) -> Crash:
    end = record.find(CRASH_START, len(CRASH_START))
    words = (record if end < 0 else record[:end]).decode("utf-8", "replace")
    signal = _SIGNAL.search(words)
    named = f"{signal[1]}, signal {signal[2]}" if signal else "signal unknown"
    return Crash(path, line_time(record), named)

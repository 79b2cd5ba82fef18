"""A node that was started again hides that it crashed: errlog.log tells."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.files.untrusted import NotReadable
from kwtui.node.logs.crashes import read_crashes

RECORD = (
    "Exception time(UTC):2026-11-22 18:05:06\nsignal:SIGSEGV(11)\n"
    "pid=4 tid=5 si_code=1 si_addr=0x0\nbacktrace: size:2\n#0 a\n#1 b\n"
)
RUN_ON = "Exception time(UTC):2026-11-23 01:00:00signal:SIGABRT(6)pid=4 tid=5 backtrace: size:0"


def test_every_record_has_its_time_and_its_signal(tmp_path: Path) -> None:
    """The label says UTC, and eight hours were added; newlines may be missing (facts.md, 5.5)."""
    path = tmp_path / "errlog.log"
    path.write_text(RECORD + RUN_ON + "Exception time(UTC):never")
    first, second, third = read_crashes(path)
    assert first.at == datetime(2026, 11, 22, 10, 5, 6, tzinfo=UTC)
    assert first.signal == "SIGSEGV, signal 11"
    assert second.at == datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    assert second.signal == "SIGABRT, signal 6"
    assert (third.at, third.signal) == (None, "signal unknown")


def test_no_file_is_no_crash_and_a_closed_one_is_not_known(tmp_path: Path) -> None:
    assert read_crashes(tmp_path / "errlog.log") == []
    (tmp_path / "errlog.log").mkdir()
    with pytest.raises(NotReadable):
        read_crashes(tmp_path / "errlog.log")

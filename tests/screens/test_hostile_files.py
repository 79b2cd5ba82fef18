"""Pipes stand where files of a set belong: the interface stays, and ends when asked."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.backups.builder import make_set
from tests.screens.terminal import program

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("end", ["q", "SIGTERM"])
def test_the_interface_ends_beside_pipes(tmp_path: Path, end: str) -> None:
    extern = tmp_path / "extern"
    location = make_set(extern, tmp_path / "state")
    for path in (location.manifest, location.schema, location.proofs):
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    os.mkfifo(extern / "meta.sql")
    module = "tests.benchmarks.storage_program"
    with program(str(extern), str(tmp_path / "notes"), tmp=tmp_path, module=module) as terminal:
        terminal.until_shown("shop")
        if end == "q":
            terminal.press("q")
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.wait() in (0, 128 + signal.SIGTERM, -signal.SIGTERM)

"""Big exports are read by several processes; what they find is what one alone finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kwtui.backups.csv.record_scan import scan_file
from kwtui.backups.proof import scan_pool
from kwtui.backups.proof.scan_process import ScanProcess
from kwtui.backups.proof.sealing import ScanJob, SealProgress, scan_files
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from tests.faults.nodes import wait_until

LINE = b'1,"it\'s ""quoted""\nand \xe5\x80\xbc"\n'


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[ScanJob]:
    """Files of several sizes, one damaged, one with a name that is no UTF-8."""
    monkeypatch.setattr(scan_pool, "_WORTH_PROCESSES", 0)
    made = []
    for number, count in enumerate((3000, 0, 1, 50_000, 7)):
        name = os.fsdecode(f"n1.{number}".encode() + (b"\xff.csv" if number == 4 else b".csv"))
        path = tmp_path / name
        path.write_bytes(LINE * count + (b"1,2,3\n" if number == 2 else b""))
        made.append(ScanJob(path, path.stat().st_size, Dialect(), 2))
    meta = tmp_path / "meta.sql"
    meta.write_text("CREATE TABLE t (id INT8);")
    return [*made, ScanJob(meta, meta.stat().st_size)]


def test_several_processes_find_what_one_finds(jobs: list[ScanJob]) -> None:
    told: list[SealProgress] = []
    found = scan_files(jobs, workers=3, progress=told.append)
    assert found == [scan_file(j.path, j.dialect, fields=j.fields) for j in jobs]
    assert [scan.records for scan in found] == [3000, 0, 2, 50_000, 7, None]
    assert found[2].malformed == 1
    assert (told[-1].files, told[-1].bytes) == (len(jobs), sum(job.bytes for job in jobs))


def test_a_file_that_is_gone_is_named(jobs: list[ScanJob], tmp_path: Path) -> None:
    gone = ScanJob(tmp_path / "n1.9.csv", 5, Dialect())
    with pytest.raises(KwtuiError) as caught:
        scan_files([*jobs, gone], workers=2)
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert "n1.9.csv" in " ".join(caught.value.lines())


def test_they_stop_when_the_person_cancels(jobs: list[ScanJob]) -> None:
    with pytest.raises(KwtuiError) as caught:
        scan_files(jobs, workers=2, cancelled=lambda: True)
    assert caught.value.exit_code is ExitCode.CANCELLED


def test_a_process_that_is_killed_costs_no_result(
    jobs: list[ScanJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(ScanProcess):
        def __init__(self, hash_seed: int | None = None) -> None:
            super().__init__(hash_seed)
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()

    monkeypatch.setattr(scan_pool, "ScanProcess", Killed)
    told: list[SealProgress] = []
    found = scan_files(jobs, workers=2, progress=told.append)
    assert [scan.records for scan in found] == [3000, 0, 2, 50_000, 7, None]
    assert told[-1].bytes == sum(job.bytes for job in jobs), "nothing is counted twice"


def test_no_process_is_left_behind(jobs: list[ScanJob], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ScanProcess] = []

    class Noted(ScanProcess):
        def __init__(self, hash_seed: int | None = None) -> None:
            super().__init__(hash_seed)
            made.append(self)

    monkeypatch.setattr(scan_pool, "ScanProcess", Noted)
    scan_files(jobs, workers=2)
    assert len(made) == 2
    assert all(process._process.returncode is not None for process in made)


def test_it_ends_with_whoever_started_it_also_by_kill_9(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(LINE * 400_000)
    script = (
        "import os, sys; from pathlib import Path; from kwtui.model.requests import Dialect;"
        "from kwtui.backups.proof.scan_process import ScanProcess;"
        "reader = ScanProcess(); print(reader._process.pid, flush=True);"
        "reader.scan(Path(sys.argv[1]), Dialect(), 2, lambda count: os.kill(os.getpid(), 9))"
    )
    command = [sys.executable, "-c", script, str(file)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    reader = int(killed.stdout)

    wait_until(lambda: not _lives(reader))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False

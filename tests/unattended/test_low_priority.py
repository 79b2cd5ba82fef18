"""Sparing the machine: what the process and its children get."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kwtui.unattended.low_priority import cpus_of

_SCRIPT = """
import json, os, pathlib, subprocess, sys
from kwtui.model.policy import PolicyLimits
from kwtui.unattended.low_priority import be_gentle
pace = pathlib.Path(sys.argv[2])
be_gentle(PolicyLimits(cpu_share=int(sys.argv[1])), pace)
be_gentle(PolicyLimits(), pace)
words = "import json, os; print(json.dumps([os.nice(0), len(os.sched_getaffinity(0))]))"
print(subprocess.run([sys.executable, "-c", words], capture_output=True, text=True).stdout)
"""


@pytest.mark.parametrize(
    ("share", "count", "cpus"), [(50, 8, 4), (50, 1, 1), (1, 64, 1), (100, 3, 3), (30, 4, 1)]
)
def test_a_share_of_the_cpus_is_at_least_one(share: int, count: int, cpus: int) -> None:
    assert cpus_of(share, count) == cpus


def test_children_are_as_gentle_as_the_policy_says_and_twice_changes_nothing(
    tmp_path: Path,
) -> None:
    pace = tmp_path / "pace"
    count = len(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "50", str(pace)], capture_output=True, text=True, check=True
    )
    niceness, cpus = json.loads(done.stdout)
    assert niceness == max(10, os.nice(0))
    assert cpus == max(1, count // 2)
    assert not pace.exists(), "a policy without a rate sets no pace"


def test_all_processes_of_a_run_together_read_no_faster_than_its_rate(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_bytes(b"1,2\n" * (1 << 18))
    words = "from pathlib import Path; from kwtui.backups.csv.record_scan import scan_file; "
    words += f"print(scan_file(Path({str(data)!r}), None).bytes)"
    pace = tmp_path / "state" / "nightly.pace"
    script = f"""
import pathlib, subprocess, sys, time
from kwtui.model.policy import PolicyLimits
from kwtui.unattended.low_priority import be_gentle
be_gentle(PolicyLimits(rate=2 << 20, low_priority=False), pathlib.Path({str(pace)!r}))
begun = time.monotonic()
readers = [subprocess.Popen([sys.executable, "-c", {words!r}]) for _ in range(2)]
assert [reader.wait() for reader in readers] == [0, 0]
print(time.monotonic() - begun)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert float(done.stdout.split()[-1]) >= 0.5, "2 MiB at 2 MiB a second, less what was idle"
    assert pace.stat().st_mode & 0o777 == 0o600

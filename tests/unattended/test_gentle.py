"""Sparing the machine: what the process and its children get."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kwtui.unattended.gentle import cpus_of

_SCRIPT = """
import json, os, subprocess, sys
from kwtui.model.policy import PolicyLimits
from kwtui.unattended.gentle import be_gentle
be_gentle(PolicyLimits(cpu_share=int(sys.argv[1])))
be_gentle(PolicyLimits())
words = "import json, os; print(json.dumps([os.nice(0), len(os.sched_getaffinity(0))]))"
print(subprocess.run([sys.executable, "-c", words], capture_output=True, text=True).stdout)
"""


@pytest.mark.parametrize(
    ("share", "count", "cpus"), [(50, 8, 4), (50, 1, 1), (1, 64, 1), (100, 3, 3), (30, 4, 1)]
)
def test_a_share_of_the_cpus_is_at_least_one(share: int, count: int, cpus: int) -> None:
    assert cpus_of(share, count) == cpus


def test_children_are_as_gentle_as_the_policy_says_and_twice_changes_nothing() -> None:
    count = len(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "50"], capture_output=True, text=True, check=True
    )
    niceness, cpus = json.loads(done.stdout)
    assert niceness == max(10, os.nice(0))
    assert cpus == max(1, count // 2)

"""What a check that an explanation names finds in a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.diagnosis import KnownCheck, known
from kwtui.doctor import Check, CheckState
from kwtui.doctor.answers import check_lines, search_log


@pytest.fixture
def check() -> KnownCheck:
    """One that looks into the main log."""
    return next(c for c in known().checks.values() if c.log and c.family == "main")


def test_the_last_lines_that_match_are_the_answer(tmp_path: Path, check: KnownCheck) -> None:
    from dataclasses import replace

    log = tmp_path / "kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log"
    log.write_text("".join(f"disk {n} is full\nall is well\n" for n in range(30)))
    lines = search_log(tmp_path, replace(check, log="is full"))
    assert lines == [f"disk {n} is full" for n in range(10, 30)]
    assert search_log(tmp_path, replace(check, log="no such words")) == [
        f"Nothing in the end of {log}."
    ]


def test_without_a_log_of_the_family_that_is_said(tmp_path: Path, check: KnownCheck) -> None:
    assert search_log(tmp_path, check) == ["There is no log file of the family main."]


def test_the_answer_of_the_doctor_leaves_out_what_it_does_not_say() -> None:
    found = Check("space", "Free space", CheckState.WARNING, "3 GiB free.", "", ("of 100 GiB",))
    assert check_lines(found) == ["warning: 3 GiB free.", "of 100 GiB"]

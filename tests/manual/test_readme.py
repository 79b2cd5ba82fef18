"""The README is short, leads into the manual, and its two commands stay where CI reads them."""

from __future__ import annotations

import re
from pathlib import Path

from kwtui.manual.pages import TOPICS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
MOST_LINES = 200


def test_it_stays_what_one_reads_first() -> None:
    assert len(TEXT.splitlines()) < MOST_LINES


def test_it_lists_every_topic_of_the_manual() -> None:
    listed = re.findall(r"^\| \[([\w-]+)\]\(kwtui/manual/\1\.md\) \| (.+) \|$", TEXT, re.MULTILINE)
    assert dict(listed) == TOPICS


def test_links_and_pictures_are_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (ROOT / target).is_file(), target


def test_the_first_command_opens_kwtui_and_the_second_runs_the_tests() -> None:
    """.ci/run takes the second block by its place, and the last command of it as the tests."""
    first, second = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert first.rstrip().endswith("kwtui --sandbox")
    *_, tests = second.rstrip().split(" && ")
    assert tests.startswith(".venv/bin/pytest ")

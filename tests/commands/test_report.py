"""``kwtui report``: what was done with backups, by whom, and whether the record was changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from tests.backups.builder import make_set
from tests.command_line import CommandLine


@pytest.fixture
def home(tmp_path: Path) -> CommandLine:
    """A set was verified and pinned, and deleted after all."""
    home = CommandLine(tmp_path / "home")
    extern = tmp_path / "extern"
    extern.mkdir()
    started = datetime(2026, 9, 1, 8, tzinfo=UTC)
    path = make_set(extern, home.state / "state", started=started).path
    files = ("--extern", str(extern))
    for words in (
        ("verify", path),
        ("pin", path),
        ("unpin", path),
        ("delete", path, "--yes-delete", path.split("/")[2]),
    ):
        done = home.run(*words, *files)
        assert done.code == 0, (words, done.err)
    return home


def journal(home: CommandLine) -> Path:
    return home.state / "state/evidence.jsonl"


def test_everything_done_is_told_and_the_record_guards_itself(home: CommandLine) -> None:
    told = home.run("report", "--json").object
    assert [(e["action"], e["outcome"]) for e in told["entries"]] == [
        ("verify", "succeeded"),
        ("annotate", "succeeded"),
        ("annotate", "succeeded"),
        ("delete", "began"),
        ("delete", "succeeded"),
    ]
    assert told["entries"][3]["words"].endswith(told["entries"][0]["path"]), "what goes is named"
    assert "delete: 1 succeeded" in home.run("report", "--since", "-1h").out
    assert home.run("report", "--until", "-1h").out == "Nothing was recorded in this time.\n"
    head = home.run("report", "--head").out.strip()
    assert home.run("report", "--check", head).code == 0

    whole = journal(home).read_bytes()
    journal(home).write_bytes(whole.replace(b"unpinned", b"pinned"))
    altered = home.run("report", "--check")
    assert altered.code == ExitCode.EVIDENCE_ALTERED
    assert "Line 4: it does not follow the line before it" in altered.out
    assert "journal was altered" in home.run("report").err

    lines = whole.splitlines(keepends=True)
    journal(home).write_bytes(b"".join(lines[:-1]))
    cut = home.run("report", "--check", head, "--json")
    assert cut.code == ExitCode.EVIDENCE_ALTERED
    assert "1 of the 5 lines" in cut.object["check"]["flaws"][0]["words"]

    journal(home).write_bytes(b"".join(lines[:3]))
    missing = home.run("report", "--check").out
    assert "is not in it" in missing, "the run's own folder tells of it"


def test_a_run_that_cannot_be_recorded_does_not_begin(home: CommandLine, tmp_path: Path) -> None:
    extern = tmp_path / "extern"
    started = datetime(2026, 9, 2, 8, tzinfo=UTC)
    path = make_set(extern, home.state / "state", started=started).path
    journal(home).unlink()
    journal(home).mkdir()
    files = ("--extern", str(extern))
    done = home.run("delete", path, "--yes-delete", path.split("/")[2], *files)
    assert done.code != 0
    assert "evidence.jsonl" in done.err
    assert (extern / path).is_dir(), "nothing was removed"


def test_what_is_no_head_is_wrong_usage(home: CommandLine) -> None:
    done = home.run("report", "--check", "yesterday")
    assert done.code == ExitCode.USAGE
    assert "kwtui report --head" in done.err
    assert json.loads(home.run("report", "--head", "--json").out)["lines"] == 5

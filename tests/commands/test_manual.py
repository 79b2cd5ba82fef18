"""``kwtui manual``: read on a host that has nothing but the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kwtui.cli import main
from kwtui.errors import ExitCode
from kwtui.manual.pages import TOPICS
from kwtui.manual.shells import MAN_PAGE, SHELLS, read_file


def test_without_a_topic_all_topics_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert listed == list(TOPICS)


def test_a_page_is_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "exit-codes"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Exit codes\n==========\n")
    assert "31    backup damaged" in out
    assert "\x1b" not in out


def test_an_unknown_topic_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "exit"]) == int(ExitCode.USAGE)
    assert "Did you mean: kwtui manual exit-codes" in capsys.readouterr().err


def test_scripts_get_the_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "safety", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert page["kind"] == "manual-page"
    assert page["markdown"].startswith(f"# {page['title']}\n")
    assert main(["manual", "--json"]) == 0
    assert [t["topic"] for t in json.loads(capsys.readouterr().out)["topics"]] == list(TOPICS)


def test_the_man_page_and_completions_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "--man"]) == 0
    assert capsys.readouterr().out == read_file(MAN_PAGE)
    for shell, name in SHELLS.items():
        assert main(["completion", shell]) == 0
        assert capsys.readouterr().out == read_file(name)
    assert main(["completion", "bash", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["script"] == read_file(SHELLS["bash"])


def test_the_man_page_has_no_topics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "--man", "keys"]) == int(ExitCode.USAGE)
    assert "kwtui manual keys" in capsys.readouterr().err


_READ = """
import sys
from kwtui.cli import main
assert main(["manual", "commands"]) == 0
heavy = {"asyncio", "textual", "rich", "psycopg", "msgspec", "humanize", "kwtui.controller"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""


def test_reading_loads_nothing_heavy_and_needs_no_home(tmp_path: Path) -> None:
    """Neither the interface nor the driver, nor a folder that could not be made."""
    closed = tmp_path / "a file"
    closed.write_text("no folder")
    done = subprocess.run(
        [sys.executable, "-c", _READ],
        env={"HOME": str(closed), "PYTHONPATH": str(Path(__file__).parents[2]), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "\\x" not in done.stdout
    assert len(done.stdout.splitlines()) > 300

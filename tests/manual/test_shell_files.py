"""The completions and the man page that ship are those of the parsers, and shells can read them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kwtui.manual.shells import FOLDER, MAN_PAGE, SHELLS, read_file

pytest.importorskip("shtab")
from tests.manual.shell_files import man_page, shell_files


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return shell_files()


@pytest.mark.parametrize("name", [*SHELLS.values(), MAN_PAGE])
def test_the_files_are_those_of_now(made: dict[str, str], name: str) -> None:
    """When this fails: python -m tests.manual.generated."""
    assert read_file(name) == made[name]
    assert str(Path.home()) + "/" not in made[name], "nobody's home is in it"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["sand"], "sandbox"),
        (["backup", "--incr"], "--incremental"),
        (["backup", "--incremental", ""], "auto"),
        (["sandbox", ""], "start"),
    ],
)
def test_bash_completes_what_was_typed(typed: list[str], offered: str) -> None:
    words = " ".join(f"'{word}'" for word in ["kwtui", *typed])
    script = (
        f"source {FOLDER / SHELLS['bash']}; COMP_WORDS=({words}); COMP_CWORD={len(typed)}; "
        '_shtab_kwtui; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert offered in done.stdout.splitlines()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_reads_its_file(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", str(FOLDER / SHELLS[shell])], check=True)


def test_the_man_page_has_each_command_and_no_warning() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-P-cbou"],
        input=man_page().encode("ascii", "replace"),
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode()
    assert "KWTUI RESTORE" in text
    assert "kwtui policy run" in text
    assert "--yes-replace" in text
    assert not done.stderr, done.stderr.decode()

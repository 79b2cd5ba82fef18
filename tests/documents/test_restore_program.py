"""What ``restore.sh`` does with files and words of others. Drills try the restore itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kwtui.documents import restore_script
from tests.files.foreign.accounts import OTHER, as_root, give, swapping

PROGRAM = (Path(restore_script.__file__).parent / "restore_program.sh").read_text()
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)]


def function(name: str) -> str:
    """The text of one function of the program."""
    body = r"\(\) (?:\{ [^\n]* \}$|\{\n.*?^\}$)"
    found = re.search(f"^{name}{body}", PROGRAM, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[0]


def run(shell: str, *lines: str) -> subprocess.CompletedProcess[bytes]:
    signs = ("controls=", "turning=")
    controls = "\n".join(line for line in PROGRAM.splitlines() if line.startswith(signs))
    functions = map(function, ("say", "stop", "feed", "plain", "feed_plain", "as_owner"))
    text = "\n".join(["set -eu", "psql=''", controls, *functions, function("make_folder"), *lines])
    return subprocess.run([shell, "-c", text], capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("status", [0, 3])
def test_what_a_client_says_holds_no_control_characters(
    shell: str, status: int, tmp_path: Path
) -> None:
    client = tmp_path / "client"
    client.write_text(
        "#!/bin/sh\ncat >/dev/null\n"
        r"printf 'a\033[31mred\007\tb\302\233c 值\342\200\256\342\201\246 \342\200\224\n';"
        r"printf 'bad\033]0;title\007\n' >&2"
        f"\nexit {status}\n"
    )
    client.chmod(0o755)
    done = run(shell, f"work={tmp_path}", f"echo 'SELECT 1;' | feed_plain {client} || exit 9")
    assert done.stdout.decode() == "a[31mred\tbc 值 —\n"
    assert done.stderr.decode() == "bad]0;title\n"
    assert done.returncode == (9 if status else 0)


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="without setpriv root is refused")
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.timeout(60)
def test_folders_that_are_swapped_lead_root_nowhere(shell: str, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    extern, victim = tmp_path / "extern", tmp_path / "etc"
    victim.mkdir(mode=0o755)
    (extern / "set").mkdir(parents=True)
    (extern / "link").symlink_to(victim)
    give(extern)
    with swapping(extern / "set", extern / "link", 4.0):
        done = run(
            shell,
            f"extern={extern} real={extern} owner={OTHER}:{OTHER} group={OTHER}",
            "end=$(( $(date +%s) + 3 )) n=0",
            'while [ "$(date +%s)" -lt "$end" ]; do',
            '    n=$((n + 1)); (make_folder "$extern/set/$n/data") 2>/dev/null || :',
            "done",
            'echo "$n"',
        )
    assert int(done.stdout) > 1, done.stderr
    assert list(victim.iterdir()) == []
    assert (victim.stat().st_uid, victim.stat().st_mode & 0o777) == (0, 0o755)
    made = [path for path in (extern / "set", extern / "link") if not path.is_symlink()]
    owners = {path.stat().st_uid for folder in made for path in folder.rglob("*")}
    assert owners <= {OTHER}


def test_root_is_told_to_run_only_its_own_file() -> None:
    assert "Root runs it only where this file belongs to root" in " ".join(PROGRAM.split())
    assert "or as root" not in PROGRAM
    assert not re.search(r"^\s*(chown|chmod)\b", PROGRAM, re.MULTILINE)


@pytest.mark.skipif(os.geteuid() == 0, reason="root does it as the owner")
@pytest.mark.parametrize("shell", SHELLS)
def test_a_staging_folder_is_open_to_the_group_at_once(shell: str, tmp_path: Path) -> None:
    names = f"extern={tmp_path} real={tmp_path} owner='' group=$(id -g)"
    run(shell, names, f"make_folder {tmp_path}/a")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o770

"""The offline bundle: its launcher, and the whole of it on hosts that have no Python.

The bundle takes long to make: `.ci/bundle/build FOLDER`, once more `--with-sandbox`, and then
`KWTUI_BUNDLE=FOLDER pytest -m slow tests/test_bundle.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BUNDLE = Path(__file__).resolve().parent.parent / ".ci/bundle"

PYTHON = """\
#!/bin/sh
echo "$0"
printf '[%s]' "$@"
echo
echo "${SSL_CERT_FILE:-no certificates}"
echo "${REQUESTS_CA_BUNDLE:-no certificates}"
"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A bundle whose Python says how it was called."""
    folder = tmp_path / "a b/kwtui-1"
    (folder / "python/bin").mkdir(parents=True)
    shutil.copy(BUNDLE / "kwtui", folder / "kwtui")
    python = folder / "python/bin/python3.11"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return folder


def call(program: Path | str, *words: str, **variables: str) -> list[str]:
    """The lines that the Python of the bundle prints."""
    done = subprocess.run(
        [program, *words],
        env={"PATH": "/usr/bin:/bin"} | variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.splitlines()


def test_the_launcher_finds_its_python_through_links(unpacked: Path, tmp_path: Path) -> None:
    python = str(unpacked / "python/bin/python3.11")
    assert call(unpacked / "kwtui")[0] == python
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kw").symlink_to("../a b/kwtui-1/kwtui")
    (tmp_path / "bin/kwtui").symlink_to("kw")
    (found,) = {
        os.path.realpath(call(tmp_path / "bin/kwtui")[0]),
        os.path.realpath(call("sh", "-c", "kwtui", PATH=f"{tmp_path}/bin:/usr/bin:/bin")[0]),
    }
    assert found == python


def test_a_linked_folder_is_kept(unpacked: Path, tmp_path: Path) -> None:
    """So that timers name the link, and find the next version behind it."""
    (tmp_path / "current").symlink_to(unpacked)
    (tmp_path / "kwtui").symlink_to(tmp_path / "current/kwtui")
    for program in (tmp_path / "current/kwtui", tmp_path / "kwtui"):
        assert call(program)[0] == str(tmp_path / "current/python/bin/python3.11")


def test_words_arrive_as_they_are_and_python_is_by_itself(unpacked: Path) -> None:
    words = call(unpacked / "kwtui", "a b", "", "*")[1]
    assert words == "[-P][-E][-s][-m][kwtui.cli][a b][][*]"


def test_certificates_are_the_hosts_unless_somebody_chose(unpacked: Path) -> None:
    assert call(unpacked / "kwtui", SSL_CERT_FILE="/mine.pem")[2:] == ["/mine.pem"] * 2
    assert call(unpacked / "kwtui", SSL_CERT_DIR="/mine")[2:] == ["no certificates"] * 2
    known = Path("/etc/ssl/certs/ca-certificates.crt")
    if known.exists():
        assert call(unpacked / "kwtui")[2:] == [str(known)] * 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_bundle_backs_up_on_hosts_without_python() -> None:
    """Debian 11 and 12, no network, no rights: to P2 and, by a drill, to P4."""
    folder = os.environ.get("KWTUI_BUNDLE")
    if not folder:
        pytest.skip("KWTUI_BUNDLE names no folder of a bundle")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("root and debootstrap make the systems that it is tried on")
    done = subprocess.run([BUNDLE / "test", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 passed, 0 failed") == 2

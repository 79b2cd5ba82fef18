"""What an installation says of itself, to whoever helps with it from afar."""

from __future__ import annotations

import io
import json
import re
import ssl
import sys
from pathlib import Path

import pytest

from kwtui import __version__
from kwtui.commands.shared.output import Output
from kwtui.commands.shared.version import print_details, wheel_glibc
from tests.command_line import CommandLine


def rows(text: str) -> dict[str, str]:
    """What stands behind each label; a line that begins with blanks goes on with the one before."""
    joined = re.sub(r"\n +", " ", text)
    return dict(re.split(r"  +", line, maxsplit=1) for line in joined.splitlines() if "  " in line)


def test_the_details_of_any_installation(tmp_path: Path) -> None:
    """Python, its compiler, the C library, OpenSSL, libpq and every package, by version."""
    done = CommandLine(tmp_path).run("--version", "--verbose")
    assert done.code == 0
    assert done.out.splitlines()[0] == f"kwtui {__version__}"
    found = rows(done.out)
    assert list(found) == [
        "Program",
        "Python",
        "Compiler",
        "C library",
        "OpenSSL",
        "libpq",
        "Packages",
    ]
    assert found["Program"].endswith("-m kwtui.cli (no offline bundle)")
    assert found["Python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert re.match(r"glibc 2\.\d+ or later is needed, glibc 2\.\d+ is here$", found["C library"])
    assert found["OpenSSL"] == ssl.OPENSSL_VERSION
    assert re.match(r"\d+\.\d+, by psycopg's binary build$", found["libpq"])
    packages = dict(each.rsplit(" ", 1) for each in found["Packages"].split(", "))
    assert {"psycopg-binary", "textual", "rich", "obstore", "msgspec"} <= set(packages)
    assert "pytest" not in packages, "the tests are no part of the product"
    assert all(len(line) <= 80 for line in done.out.splitlines() if ", " in line)


def test_without_verbose_it_is_one_line(tmp_path: Path) -> None:
    assert CommandLine(tmp_path).run("--version").out == f"kwtui {__version__}\n"


def test_verbose_alone_opens_no_interface(tmp_path: Path) -> None:
    done = CommandLine(tmp_path).run("--verbose")
    assert done.code == 2
    assert "kwtui --version --verbose" in done.err


def test_an_offline_bundle_says_what_it_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {
        "compiler": "zig cc 0.17.1",
        "glibc": "2.17",
        "extras": ["mcp", "offsite"],
        "sources": {"openssl": "3.0.20-1~deb12u2", "libffi": "3.4.4-1"},
    }
    python = tmp_path / "kwtui-1/python"
    python.mkdir(parents=True)
    (python / "bundle.json").write_text(json.dumps(facts))
    monkeypatch.setattr(sys, "prefix", str(python))
    out = io.StringIO()
    print_details(Output(json=False, out=out))
    found = rows(out.getvalue())
    assert found["Program"] == f"{tmp_path}/kwtui-1/kwtui (offline bundle with mcp, offsite)"
    assert found["Compiler"].endswith("(zig cc 0.17.1)")
    assert found["Sources"] == "libffi 3.4.4-1, openssl 3.0.20-1~deb12u2"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux_2_28_x86_64"], (2, 17)),
        (["cp37-abi3-manylinux2014_x86_64"], (2, 17)),
        (["cp311-cp311-manylinux1_x86_64"], (2, 5)),
        (["cp311-cp311-manylinux_2_28_x86_64"], (2, 28)),
        (["py3-none-any"], None),
        (["cp311-cp311-linux_x86_64"], None),
    ],
)
def test_the_oldest_c_library_of_a_wheel(tags: list[str], expected: tuple[int, int] | None) -> None:
    wheel = "Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags)
    assert wheel_glibc(wheel) == expected

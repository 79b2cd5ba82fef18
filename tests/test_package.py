"""What a person installs: the wheel alone, in an empty environment, must be the whole product."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from kwtui.manual.pages import TOPICS
from tests.once import once

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip"]
# Most of what would be compiled, here and in the environment that builds, is never imported.
QUICK = os.environ | {"PIP_COMPILE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from this checkout."""
    return next(once(tmp_path_factory, "wheel", _build).glob("kwtui-*.whl"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment that holds the wheel and its core dependencies."""
    return once(tmp_path_factory, "installed", lambda folder: _install(wheel, folder))


def _build(folder: Path) -> None:
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "-w", str(folder), str(ROOT)],
        check=True,
        env=QUICK,
        timeout=300,
    )


def _install(wheel: Path, folder: Path) -> None:
    """With the pip at hand: to put one into each environment takes longer than all the rest."""
    empty = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(empty, check=True, timeout=120)
    into = [*PIP, "--python", str(folder / "bin/python")]
    subprocess.run([*into, "install", "--quiet", str(wheel)], check=True, env=QUICK, timeout=600)


def test_the_wheel_carries_every_style(wheel: Path) -> None:
    """Without its styles the interface would start as an unreadable heap of text."""
    names = set(zipfile.ZipFile(wheel).namelist())
    styles = sorted(path.name for path in (ROOT / "styles").glob("*.tcss"))
    assert styles
    assert {f"kwtui/styles/{name}" for name in styles} <= names


def test_the_wheel_carries_the_manual(wheel: Path) -> None:
    """A database host may have no network to read it on."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"kwtui/manual/{topic}.md" for topic in TOPICS} <= names


@pytest.mark.timeout(900)
def test_the_installed_command_starts_without_the_checkout(installed: Path, tmp_path: Path) -> None:
    """The core, without extras and far from the source, says its version and paints its screen."""
    version = subprocess.run(
        [str(installed / "bin/kwtui"), "--version"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_without_checkout(),
        timeout=60,
    )
    assert version.stdout.startswith("kwtui ")
    probe = subprocess.run(
        [str(installed / "bin/python"), "-c", _FIRST_PAINT],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=_without_checkout(),
        timeout=120,
    )
    painted = json.loads(probe.stdout)
    assert "Connection" in painted["screen"]
    assert painted["root"] != str(ROOT)


@pytest.mark.timeout(900)
def test_the_core_stays_light_enough_for_a_database_host(installed: Path) -> None:
    """kwtui brings at most 18 distributions and 60 MB (design, budgets)."""
    packages = next(installed.glob("lib/python3*/site-packages"))
    names = {d.name for d in distributions(path=[str(packages)])} - {"kwtui"}
    assert "textual" in names
    assert len(names) <= 18, sorted(names)
    size = sum(
        file.stat().st_size
        for entry in packages.iterdir()
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    )
    assert size <= 60_000_000, size


def _without_checkout() -> dict[str, str]:
    """The environment, but for what could lead back to this checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


_FIRST_PAINT = """
import asyncio, json, pathlib
import kwtui
from kwtui.app.application import KwtuiApp
from kwtui.controller import Controller

async def main():
    app = KwtuiApp(Controller())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        lines = [
            "".join(segment.text for segment in strip)
            for strip in app.screen._compositor.render_strips()
        ]
    root = str(pathlib.Path(kwtui.__file__).resolve().parent.parent)
    print(json.dumps({"screen": "\\n".join(lines), "root": root}))

asyncio.run(main())
"""

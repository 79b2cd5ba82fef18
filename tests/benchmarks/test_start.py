"""Budgets: what kwtui needs to start, against Python and Textual themselves (design, section 8)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backups.builder import make_set
from tests.benchmarks.yardstick import report
from tests.command_line import CommandLine
from tests.screens.terminal import Terminal, program

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("arguments", [("--version",), ("list", "--extern", "extern")])
def test_a_command_starts_quickly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    kwtui = CommandLine(tmp_path / "home")
    make_set(tmp_path / "extern", tmp_path / "state")
    nothing, ours = best_of(
        21,
        lambda: run(tmp_path, [sys.executable, "-c", "pass"], kwtui.variables()),
        lambda: run(tmp_path, kwtui.command(*arguments), kwtui.variables()),
    )
    report(
        f"kwtui {arguments[0]}",
        {"": ms(ours), "python -c pass": ms(nothing), "more": ms(ours - nothing)},
        budget="≤ 120 ms more",
    )
    assert ours - nothing <= 0.120


def run(folder: Path, command: list[str], variables: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=variables, cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - began


def test_the_first_screen_is_painted_soon(tmp_path: Path) -> None:
    places = {f"KWTUI_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "STATE", "DATA")}
    empty, ours = best_of(
        7,
        lambda: seconds_until_shown(
            "it stands", "empty", tmp=tmp_path, module="tests.benchmarks.plain_program"
        ),
        lambda: seconds_until_shown("Try it on", tmp=tmp_path, module="kwtui.cli", **places),
    )
    report(
        "first paint of the connection screen",
        {"": ms(ours), "empty Textual app": ms(empty), "more": ms(ours - empty)},
        budget="≤ 150 ms more",
    )
    assert ours - empty <= 0.150


def seconds_until_shown(
    words: str, *arguments: str, tmp: Path, module: str, **environment: str
) -> float:
    began = time.perf_counter()
    with program(*arguments, tmp=tmp, module=module, **environment) as terminal:
        _wait(terminal, words)
        return time.perf_counter() - began


def _wait(terminal: Terminal, words: str) -> None:
    end = time.monotonic() + 30
    while words not in terminal.text:
        assert time.monotonic() < end, terminal.text
        terminal.read(0.002)


def test_what_an_installation_holds_stays_small() -> None:
    """The distributions that kwtui without extras needs, and their files without bytecode."""
    names = required("kwtui", set())
    sizes = {name: size_of(name) for name in names - {"kwtui"}}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
    megabytes = sum(sizes.values()) / 1e6
    report(
        "installed core",
        {
            "": f"{megabytes:.0f} MB",
            "distributions": str(len(sizes)),
            "most": ", ".join(f"{name} {sizes[name] / 1e6:.0f}" for name in largest),
        },
        budget="≤ 60 MB, ≤ 18 distributions",
    )
    assert len(sizes) <= 18, sorted(sizes)
    assert megabytes <= 60


def required(name: str, found: set[str]) -> set[str]:
    """A distribution and all that it needs on this machine, extras left out."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found.add(name)
    for text in requires(name) or ():
        needed = Requirement(text)
        canonical = canonicalize_name(needed.name)
        extras = needed.extras
        if (needed.marker is None or needed.marker.evaluate({"extra": ""})) and (
            canonical not in found
        ):
            required(canonical, found)
            for extra in extras:
                for more in requires(canonical) or ():
                    wanted = Requirement(more)
                    if wanted.marker and wanted.marker.evaluate({"extra": extra}):
                        required(canonicalize_name(wanted.name), found)
    return found


def size_of(name: str) -> int:
    from importlib.metadata import files

    paths = (Path(os.fspath(file.locate())) for file in files(name) or ())
    return sum(p.stat().st_size for p in paths if p.suffix != ".pyc" and p.is_file())


def best_of(times: int, *measures: Callable[[], float]) -> tuple[float, ...]:
    """The best of each, taken in turn, so that a busy moment of the machine meets all."""
    rounds = [[measure() for measure in measures] for _ in range(times)]
    return tuple(min(column) for column in zip(*rounds, strict=True))


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"

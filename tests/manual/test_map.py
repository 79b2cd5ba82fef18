"""The map of the code (kwtui/README.md) names what is there, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kwtui
from kwtui.controller import Controller

PACKAGE = Path(kwtui.__file__).parent
ROOT = PACKAGE.parent
TEXT = (PACKAGE / "README.md").read_text("utf-8")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
NAMED = set(re.findall(r"`([^`\n]+)`", FENCED.sub("", TEXT)))
PATHS = sorted(name for name in NAMED if re.fullmatch(r"[\w.]+(/[\w.]+)+|\w+\.py", name))
KINDS_OF_FILES = {"plan.py", "planning.py", "run.py"}
"""Each operation has them."""


@pytest.mark.parametrize("path", sorted(set(PATHS) - KINDS_OF_FILES))
def test_every_path_of_the_map_is_there(path: str) -> None:
    assert (PACKAGE / path).exists() or (ROOT / path).exists()


def test_every_package_is_named() -> None:
    packages = {
        str(init.parent.relative_to(PACKAGE))
        for init in PACKAGE.rglob("__init__.py")
        if init.parent != PACKAGE
    }
    assert packages - NAMED == set()


def test_every_service_is_named() -> None:
    modules = {f"controller/{each.name}" for each in (PACKAGE / "controller").glob("[!_]*.py")}
    assert modules - NAMED == set()


def test_the_calls_of_the_controller_are_there() -> None:
    calls = [found for name in NAMED for found in re.findall(r"^controller\.(\w+)\.(\w+)\(", name)]
    assert calls
    controller = Controller()
    for service, method in calls:
        assert callable(getattr(getattr(controller, service), method)), (service, method)


def test_the_floors_are_those_of_the_contract() -> None:
    contract = (ROOT / "pyproject.toml").read_text("utf-8")
    layers = re.findall(r'"(kwtui\.[^"]+)",', contract.split("layers = [")[1].split("]")[0])
    drawn = re.search(r"## Floors.*?```\n(.*?)```", TEXT, re.DOTALL)
    assert drawn
    floors = [re.split(r"\s{2,}", line)[0] for line in drawn[1].splitlines()]
    assert floors == [layer.replace("kwtui.", "") for layer in layers]


def test_commands_of_the_map_name_tests_that_are_there() -> None:
    named = re.findall(r"pytest .*?(tests/[\w/.]+)", TEXT)
    assert named
    for path in named:
        assert (ROOT / path).exists(), path


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (PACKAGE / target).exists(), target

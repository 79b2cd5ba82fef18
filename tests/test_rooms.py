"""The sizes that keep the code findable: few modules in a folder, few lines in a module."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import kwtui

PACKAGE = Path(kwtui.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(path for top in (PACKAGE, ROOT / "tests") for path in top.rglob("*.py"))
PACKAGES = sorted(path for path in PACKAGE.rglob("__init__.py"))

MOST_AT_THE_TOP = 4
MOST_IN_A_FOLDER = 24
MOST_LINES = 420
"""Of a module of the product: "rarely over 400", so that one that grows is cut in time."""

FACES = {"kwtui", "kwtui/controller", "kwtui/diagnosis", "kwtui/doctor"}
"""Packages that hand something on: all others are imported module by module."""


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_entrance_holds_few_modules() -> None:
    loose = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    assert 0 < len(loose) <= MOST_AT_THE_TOP, loose


def test_no_folder_is_a_heap() -> None:
    counted = Counter(name(path.parent) for path in MODULES if path.name != "__init__.py")
    assert counted
    assert {f: n for f, n in counted.items() if n > MOST_IN_A_FOLDER} == {}


def test_no_module_outgrows_its_reason_to_exist() -> None:
    lines = {
        name(path): len(path.read_text("utf-8").splitlines())
        for path in MODULES
        if path.is_relative_to(PACKAGE)
    }
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in MODULES}
    assert [name(f) for f in sorted(folders) if not (f / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: name(path.parent))
def test_a_package_says_what_lives_in_it_and_hands_nothing_on(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    if name(path.parent) not in FACES:
        assert len(tree.body) == 1, "import its modules by their own names"

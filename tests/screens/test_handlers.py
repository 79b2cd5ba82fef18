"""Textual calls the handler of a class and then those of its bases: none of them calls another."""

from __future__ import annotations

import re
from pathlib import Path

import kwtui

_CALLS_BASE = re.compile(r"super\(\)\._?on_(?!event\b)\w+")
"""`on_event` is no handler but what calls them."""


def test_no_handler_is_called_twice_for_one_message() -> None:
    root = Path(kwtui.__file__).parent
    twice = {
        f"{path.relative_to(root)}: {found[0]}"
        for room in ("app", "screens", "widgets")
        for path in (root / room).rglob("*.py")
        for found in _CALLS_BASE.finditer(path.read_text())
    }
    assert twice == set()

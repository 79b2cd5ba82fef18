"""Every module that answers statements is loaded with the engine."""

from __future__ import annotations

from pathlib import Path

import kwtui.sandbox
from kwtui.sandbox.sql_engine import HANDLERS

ROOT = Path(kwtui.sandbox.__file__).parent


def test_every_module_with_a_handler_is_named() -> None:
    """One that is not would answer only where something else happens to import it."""
    registering = {
        "kwtui.sandbox." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if "\n@handles(" in path.read_text("utf-8")
    }
    assert registering
    assert {module.__name__ for module in HANDLERS} == registering

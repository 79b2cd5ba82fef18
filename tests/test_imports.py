"""What is loaded only when it is needed, which no static contract can see."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("textual", "rich", "psycopg", "msgspec", "humanize", "watchfiles", "asyncio")


def loaded(program: str) -> set[str]:
    """The heavy modules that an interpreter holds after running this."""
    code = f"import sys\n{program}\nprint(*set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program",
    [
        "import kwtui.cli",
        "from kwtui.controller import Controller\nController()",
        "from kwtui.controller import Controller\nController(in_background=False)",
    ],
)
def test_nothing_heavy_is_loaded_before_a_command_needs_it(program: str) -> None:
    assert loaded(program) == set()


def test_what_is_loaded_would_be_seen() -> None:
    assert loaded("import asyncio, humanize") >= {"asyncio", "humanize"}


def test_a_controller_is_made_and_closed_without_an_event_loop() -> None:
    program = (
        "from kwtui.controller import Controller\n"
        "try: Controller(in_background=False).close().send(None)\n"
        "except StopIteration: pass\n"
        "else: raise SystemExit('close waited for something')"
    )
    assert loaded(program) == set()

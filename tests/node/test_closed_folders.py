"""An account that may not look into the node's store is told so, and nothing breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.files.untrusted import is_there, matching
from kwtui.model.findings import Severity
from kwtui.node.deployment.log_banner import read_banner
from kwtui.node.place import inspect_folder
from kwtui.operations.backup.destination import look_at_destination
from kwtui.operations.shared.extern_access import extern_problem

STRANGER = 65534


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A store that this process may not search."""
    store = tmp_path / "store"
    for name in ("extern", "logs"):
        (store / name).mkdir(parents=True)
    (store / "logs/kwbase.h.u.2026-11-22T08_00_00Z.000001.log").write_text("")
    (store / "logs/start.sh").write_text("")
    store.chmod(0)
    before = os.geteuid()
    if before == 0:
        # Nothing is closed to root.
        os.setresuid(STRANGER, STRANGER, 0)
    try:
        yield store
    finally:
        if before == 0:
            os.setresuid(0, 0, 0)
        store.chmod(0o700)


def test_what_cannot_be_looked_at_is_neither_there_nor_an_error(store: Path) -> None:
    assert not is_there(store / "extern")
    assert is_there(store / "extern", if_closed=True)
    assert matching(store / "logs", "*.sh") == []
    assert read_banner(store / "logs") is None


def test_the_folder_and_whose_it_is_are_named(store: Path) -> None:
    extern = inspect_folder(store / "extern", "the test")

    assert not extern.usable
    assert "is closed to" in extern.problem


def test_a_closed_extern_is_not_taken_for_one_that_is_still_to_be_made(store: Path) -> None:
    extern = inspect_folder(store / "extern", "the test")
    problem = extern_problem(extern)
    destination = look_at_destination(extern, 1, "kwtui/shop/20261122T080000Z", store)

    assert problem is not None
    assert problem.severity is Severity.REFUSAL
    assert destination.problem == problem

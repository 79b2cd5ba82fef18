"""Engines for tests, each on a store of its own that takes a third of the time to make."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from kwtui.sandbox.sql_engine import SqlEngine


def new_engine(store: Path) -> SqlEngine:
    """An engine on new data in the folder, as `SqlEngine` makes them; close it in the end."""
    shutil.copytree(_made_once(), store, dirs_exist_ok=True)
    return SqlEngine(store)


@cache
def _made_once() -> Path:
    """A store that an engine has made and nobody has used; most of the work is DuckDB's."""
    store = Path(tempfile.mkdtemp(prefix="kwtui-store-"))
    atexit.register(shutil.rmtree, store, ignore_errors=True)
    SqlEngine(store).close()
    # Each engine is the first on its store, and has no job but those of a first start.
    (store / "sql/jobs.jsonl").unlink()
    return store

"""What a real node answered, by file and statement, as the product's own result sets."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from kwtui.server.connection.results import Column, ResultSet

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"


@cache
def lines(name: str) -> tuple[dict[str, Any], ...]:
    path = next(RECORDINGS.glob(f"{name}-*.jsonl"))
    return tuple(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def answer(name: str, sql: str, *, nth: int = 0) -> ResultSet:
    """The rows that recording ``name`` (``12``) has for the statement."""
    found = [line for line in lines(name) if line.get("sql") == sql and "columns" in line]
    line = found[nth]
    columns = tuple(Column(c["name"], c["oid"]) for c in line["columns"])
    return ResultSet(columns, tuple(tuple(row) for row in line["rows"]))


def errors(name: str) -> list[dict[str, Any]]:
    """The errors of a recording, with the statement or situation that they belong to."""
    return [line for line in lines(name) if line.get("error")]

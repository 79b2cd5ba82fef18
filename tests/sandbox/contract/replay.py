"""Replaying recordings against a running sandbox."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.sandbox.contract.client import Outcome, WireClient
from tests.sandbox.contract.compare import Difference, compare
from tests.sandbox.contract.node import RunningNode, shell
from tests.sandbox.contract.recordings import Step, load
from tests.sandbox.contract.rules import Run, remember

_PAST = re.compile(r"AS OF SYSTEM TIME '-(\d+)s'", re.IGNORECASE)


@dataclass(frozen=True)
class Result:
    """How one step came out."""

    step: Step
    differences: list[Difference]
    seconds: float


@dataclass
class Replayer:
    """One person at one node, doing what the recordings say."""

    node: RunningNode
    run: Run = field(init=False)
    _database: str = "defaultdb"
    _user: str = "root"
    _client: WireClient | None = None
    _known: dict[str, str] = field(default_factory=dict)
    _last_create: float = 0.0

    def __post_init__(self) -> None:
        self.run = Run(str(self.node.store))

    def replay(self, number: str) -> Iterator[Result]:
        """Replay one file from its first line, on a connection of its own."""
        self._connect("defaultdb", "root")
        for step in load(number):
            began = time.monotonic()
            try:
                outcome = self._do(step)
            except ConnectionError as error:
                outcome = _failed(f"{type(error).__name__}: {error}")
            seconds = time.monotonic() - began
            if step.is_checked:
                yield Result(step, compare(step, outcome, self.run), seconds)

    def close(self) -> None:
        """Leave the node."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connect(self, database: str, user: str) -> WireClient:
        self.close()
        self._database, self._user = database, user
        self._client = WireClient(self.node.port, database, user)
        return self._client

    def _do(self, step: Step) -> dict[str, Any]:
        directive = step.line.get("directive")
        if directive is None:
            return self._statement(step)
        action, _, argument = directive.partition(" ")
        match action:
            case "db":
                self._connect(argument, self._user)
            case "user":
                self._connect(self._database, argument)
            case "tree":
                return {"tree": read_tree(self.node.extern / argument)}
            case "sh":
                status, output = shell(argument, self.node.extern)
                return {"exit": status, "output": output}
            case _:
                raise ValueError(f"unknown directive {directive!r}")
        return {}

    def _statement(self, step: Step) -> Outcome:
        sql = step.line["sql"]
        for old, new in self._known.items():
            sql = sql.replace(old, new)
        self._let_tables_age(step)
        client = self._client or self._connect(self._database, self._user)
        outcome = client.run(sql, step.line["protocol"] == "extended")
        if outcome["connection_closed"]:
            self.close()
        remember(_cells(step.line), _cells(outcome), self._known)
        if "CREATE TABLE" in sql.upper():
            self._last_create = time.monotonic()
        return outcome

    def _let_tables_age(self, step: Step) -> None:
        """Wait where a statement reads the past, so that its tables existed then, as recorded."""
        found = _PAST.search(step.line["sql"])
        if found and "error" not in step.line:
            wait = self._last_create + int(found[1]) + 0.1 - time.monotonic()
            time.sleep(max(0.0, wait))


def _cells(answer: dict[str, Any]) -> list[str]:
    return [cell or "" for row in answer.get("rows", ()) for cell in row]


def _failed(message: str) -> dict[str, Any]:
    error = {"sqlstate": None, "message": message, "detail": None, "hint": None}
    return {"error": error, "notices": [], "tree": [], "exit": None, "output": message}


def read_tree(root: Path) -> list[dict[str, Any]]:
    """Every file below a folder, as the recordings show them."""
    files = []
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        data = path.read_bytes()
        entry: dict[str, Any] = {"path": str(path.relative_to(root)), "bytes": len(data)}
        try:
            entry["text"] = data.decode()
        except UnicodeDecodeError:
            entry["hex"] = data.hex()
        files.append(entry)
    return files

"""Running kwtui as a person or a script does: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import SandboxNode
from tests.ready_process import Command, ready_process


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict[str, Any]:
        """The one object of a command with --json."""
        (found,) = self.objects
        return found


@dataclass(frozen=True)
class CommandLine:
    """kwtui with a state directory of its own, pointed at a node."""

    state: Path
    node: SandboxNode | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> list[str]:
        assert self.node is not None
        return ["--dsn", self.node.dsn, "--extern", str(self.node.extern)]

    @property
    def files(self) -> list[str]:
        assert self.node is not None
        return ["--extern", str(self.node.extern)]

    def run(self, *words: str, timeout: float = 110) -> Done:
        return Done(*ready_process().run(words, self.variables(), timeout))

    def start(self, *words: str) -> Command:
        return ready_process().start(words, self.variables())

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "kwtui.cli", *words]

    def variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "KWTUI_"))}
        places = {
            f"KWTUI_{kind}_DIR": str(self.state / kind.lower())
            for kind in ("STATE", "CONFIG", "DATA")
        }
        return kept | places | {"HOME": str(self.state)} | self.environment

    # -- what tests do again and again -------------------------------------------------------

    def backup(self, *words: str) -> dict[str, Any]:
        """Back up and give the result of the run."""
        done = self.run("backup", *words, "--json", *self.server)
        assert done.code == 0, done.err + done.out
        result: dict[str, Any] = done.objects[-1]["result"]
        return result

    def restore(self, *words: str) -> dict[str, Any]:
        """Restore and give the result of the run."""
        done = self.run("restore", *words, "--json", *self.server)
        assert done.code == 0, done.err + done.out
        result: dict[str, Any] = done.objects[-1]["result"]
        return result

    def survey(self, database: str) -> dict[str, Any]:
        done = self.run("survey", database, "--json", *self.server)
        assert done.code == 0, done.err + done.out
        schema: dict[str, Any] = done.object["survey"]["schema"]
        return schema

    def databases(self) -> set[str]:
        done = self.run("survey", "--json", *self.server)
        return {database["name"] for database in done.object["databases"]}

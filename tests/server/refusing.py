"""A node that knows less than the sandbox: it refuses what a test names."""

from __future__ import annotations

import re

import pytest

from kwtui.server.connection.failures import ServerMessage, statement_failure
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server


def refuse(
    monkeypatch: pytest.MonkeyPatch,
    pattern: str,
    *,
    sqlstate: str = "42601",
    message: str = "at or near: syntax error",
) -> list[str]:
    """From now on statements that match are refused; they are collected in the list given back."""
    refused: list[str] = []
    usual = Server._run

    async def run(self: Server, sql: str) -> StatementResult:
        # A question about statements holds their text, and is none of them.
        asks = sql.startswith("SHOW SYNTAX") and "SYNTAX" not in pattern
        if re.search(pattern, sql) and not asks:
            refused.append(sql)
            raise statement_failure(ServerMessage(message=message, sqlstate=sqlstate))
        return await usual(self, sql)

    monkeypatch.setattr(Server, "_run", run)
    return refused

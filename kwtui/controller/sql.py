"""Statements that a person types: the console, what was typed before, answers as files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.connection import Connection

if TYPE_CHECKING:
    from kwtui.errors import KwtuiError
    from kwtui.server.console.history import SqlHistory
    from kwtui.server.console.session import Answer, Console
    from kwtui.sql.completion import Tables


class SqlConsole:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(self, connection: Connection, state: Path) -> None:
        self._connection = connection
        self._state = state

    def open(self, *, database: str | None = None) -> Console:
        """A connection of its own for statements that a person types; it opens with the first."""
        from kwtui.server.console.session import Console

        target = self._connection.server().target
        return Console(replace(target, database=database or target.database))

    async def tables(self, database: str) -> Tables:
        """The tables of a database with their columns, for whoever writes statements."""
        from kwtui.server.catalogue.names import read_names

        async with self._connection.own() as server:
            return await read_names(server, database)

    def history(self) -> SqlHistory:
        """What was typed before, without secrets."""
        from kwtui.server.console.history import SqlHistory

        return SqlHistory(self._state / "sql-history.jsonl")

    def remember(
        self, text: str, *, answer: Answer | None = None, error: KwtuiError | None = None
    ) -> None:
        """Keep a statement for the next time; its passwords and keys are left out."""
        from kwtui.server.console.history import HistoryEntry
        from kwtui.server.console.verdict import without_secrets
        from kwtui.text import without_passwords

        facts = self._connection.status.facts
        outcome = error.title if error is not None else answer.tag if answer is not None else ""
        self.history().add(
            HistoryEntry(
                at=datetime.now(UTC),
                sql=without_secrets(text),
                cluster=facts.cluster_id if facts else "",
                database=answer.database if answer is not None else "",
                outcome=without_passwords(outcome),
                ok=error is None,
                seconds=answer.seconds if answer is not None else 0.0,
            )
        )

    async def save_answer(self, console: Console, answer: Answer, path: Path) -> int:
        """Write every row of a result to a new CSV file; how many.

        A result that was cut off is read again in full, if the statement only read. Raises
        KwtuiError, also when the file is there already.
        """
        from kwtui.server.console.session import save_answer

        return await save_answer(console, answer, path)

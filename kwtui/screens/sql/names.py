"""The server's names for the page on which statements are written: read once, in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from kwtui.errors import KwtuiError
from kwtui.sql.completion import KnownNames, Tables
from kwtui.text import sentences

if TYPE_CHECKING:
    from kwtui.controller import Controller

RunTask = Callable[[Callable[[], Awaitable[None]], str], object]
LIST = ""
"""Stands for the list of databases where a database would stand."""


class ServerNames:
    """What was read, what is being read, and why something could not be; nobody waits for it."""

    def __init__(
        self, controller: Callable[[], Controller], run: RunTask, changed: Callable[[], None]
    ) -> None:
        """``run`` does work in the background, ``changed`` is told of each thing that was read."""
        self._controller = controller
        self._run = run
        self._changed = changed
        self._round = 0
        """Grows when everything is forgotten: what an older reading brings then is let go."""
        self.databases: tuple[str, ...] = ()
        self.tables: dict[str, Tables] = {}
        self.problems: dict[str, str] = {}
        self.reading: set[str] = set()

    def known(self, current: str) -> KnownNames:
        return KnownNames(current, self.databases, self.tables)

    def want(self, *databases: str) -> None:
        """Read these, and the list of databases, unless that was done or tried already."""
        for database in (LIST, *databases):
            is_read = bool(self.databases) if database == LIST else database in self.tables
            if not is_read and database not in self.reading and database not in self.problems:
                self.reading.add(database)
                self._run(partial(self._read, database, self._round), f"sql-names-{database}")

    def again(self, *databases: str) -> None:
        """Read what is known anew, and these."""
        wanted = dict.fromkeys([*databases, *self.tables, *self.problems])
        self.forget()
        self.want(*(database for database in wanted if database != LIST))

    def forget(self) -> None:
        self._round += 1
        self.databases = ()
        self.tables = {}
        self.problems = {}
        self.reading = set()
        self._changed()

    async def _read(self, database: str, in_round: int) -> None:
        problem = ""
        tables: Tables = {}
        databases: tuple[str, ...] = ()
        try:
            if database == LIST:
                found = await self._controller().server.databases()
                databases = tuple(each.name for each in found)
            else:
                tables = await self._controller().sql.tables(database)
        except KwtuiError as error:
            problem = sentences(error.title, error.cause)
        if in_round != self._round:
            return
        self.reading.discard(database)
        if problem:
            self.problems[database] = problem
        elif database == LIST:
            self.databases = databases
        else:
            self.tables[database] = tables
        self._changed()

"""Imports side by side, until the server refuses one of them: then one after the other.

Each IMPORT is a job of its own on a table of its own (facts.md, section 2.6), which mostly waits
where the table is small. No recording shows two at once; so whatever the server refuses while
another import ran is sent once more, alone, before it is believed. An import that fails leaves a
relational table as it was (facts.md, section 2.8). Time series are imported one at a time: there
the rows of a failed one stay, and errors of a node under load are swallowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kwtui.operations.plan import Plan, StepKind
from kwtui.operations.runner import Halt
from kwtui.server.connection.failures import StatementRefused

T = TypeVar("T")

_FILE = "nodelocal://"
"""In what is said of a file: that is refused in any company."""
_AT_ONCE = 2
"""Tables, as a backup exports them."""


def imports_at_once(plan: Plan) -> int:
    """How many tables of this restore are imported at a time.

    One where rows are added to tables that were there: after a run that was killed, a continuation
    must know of each whether they came in, and a table that an import is at cannot be counted.
    """
    imports = [step for step in plan.steps if step.kind is StepKind.IMPORT_TABLE]
    in_place = plan.request.get("scratch") == plan.database
    return 1 if in_place or any(step.params.get("series") for step in imports) else _AT_ONCE


class ImportTurns:
    """Of one restore."""

    def __init__(self, halt: Halt) -> None:
        self._halt = halt
        self._one_by_one = False
        self._begun = 0
        self._at_work = 0
        self._free = asyncio.Event()
        self._free.set()
        self._turn = asyncio.Lock()

    async def take(self, work: Callable[[], Awaitable[T]], tell: Callable[[str], None]) -> T:
        """Do it, and once more alone if it was refused beside others. Raises KwtuiError."""
        if not self._one_by_one:
            alone, number = self._at_work == 0, self._begun + 1
            try:
                return await self._beside(work)
            except StatementRefused as error:
                alone = alone and self._begun == number
                if alone or self._halt.requested.is_set() or _FILE in (error.cause or ""):
                    raise
                self._one_by_one = True
                why = error.cause or error.title
                tell(f"Refused while another table was imported; now one after the other: {why}")
        async with self._turn:
            await self._free.wait()
            return await work()

    async def _beside(self, work: Callable[[], Awaitable[T]]) -> T:
        self._begun += 1
        self._at_work += 1
        self._free.clear()
        try:
            return await work()
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._free.set()

"""What a policy's run needs done for it; `kwtui.controller.policy_work` does it.

The run itself (`kwtui.unattended.running`) decides what is done when, and touches nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from kwtui.model.policy import Policy
from kwtui.protection.facts import DatabaseFacts
from kwtui.unattended.load import Load
from kwtui.unattended.matching import Chosen

Tell = Callable[[str], None]


@dataclass
class Work:
    """What was done for one database so far; runs are added as they begin."""

    database: str
    tell: Tell
    runs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    """What is there when a run begins."""

    chosen: Chosen
    facts: Mapping[str, DatabaseFacts]


@dataclass(frozen=True)
class FollowUp:
    """What is done with a new set once it is made and proven: carrying it off-site, for one."""

    words: str
    """What it is, to be followed by "failed"."""
    carry_out: Callable[[Work], Awaitable[str]]
    """Do it; a summary. Raises KwtuiError: the database then counts as failed, and what follows
    is done all the same."""


AfterBackup = Callable[[Policy, str, str], FollowUp | None]
"""What a policy wants done with a database's new set, by its path; None: nothing.

Each is asked after the drill and before old sets are removed."""


class Hands(Protocol):
    """Everything that asks a server, a disk or a clock. Methods raise KwtuiError.

    Those that return text carry something out to its end, and say how it ended.
    """

    @property
    def after_backup(self) -> Sequence[AfterBackup]: ...

    def now(self) -> datetime: ...

    async def pause(self, time: timedelta) -> None: ...

    async def standing(self, policy: Policy) -> Standing: ...

    async def load(self) -> Load: ...

    async def used(self) -> int:
        """Bytes that all backups take together."""

    async def back_up(self, policy: Policy, work: Work) -> tuple[str, str]:
        """The path of the new set, and how it went."""

    async def drill(self, policy: Policy, path: str, work: Work) -> str: ...

    async def verify(self, path: str, work: Work) -> str: ...

    async def thin_out(self, policy: Policy, work: Work) -> str:
        """Remove what retention lets go; empty if that is nothing."""

    async def cancel(self) -> None:
        """Cancel everything at work; what is being carried out then raises."""

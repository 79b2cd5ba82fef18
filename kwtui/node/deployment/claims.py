"""What is known of a node's deployment: values, each with everybody who names it.

Apart from looking for them, which loads much more: most commands are given their folders.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class FactName(StrEnum):
    STORE = "store"
    TS_STORE = "time-series store"
    EXTERN = "extern"
    LOGS = "logs"
    AUDIT = "audit logs"
    CERTS = "certificates"
    SQL_PORT = "SQL port"
    HTTP_PORT = "HTTP port"
    BRPC_PORT = "BRPC port"
    USER = "account"
    SECURITY = "security"
    KIND = "runs"


PATHS = frozenset(
    {
        FactName.STORE,
        FactName.TS_STORE,
        FactName.EXTERN,
        FactName.LOGS,
        FactName.AUDIT,
        FactName.CERTS,
    }
)

GIVEN = "given"
"""The source of what a person said: an option, a profile."""
BARE = "on the machine itself"
CONTAINER = "in a container"
NO_FILES = "disabled"
"""The value of extern and logs where the node was told to keep none."""


@dataclass(frozen=True)
class Claim:
    """What one source says."""

    value: str
    """As seen from this machine; empty if it cannot be seen from here."""
    source: str
    inside: str = ""
    """The path or port as the container has it, where that differs."""
    problem: str = ""

    @property
    def path(self) -> Path | None:
        return Path(self.value) if self.value and self.value != NO_FILES else None


@dataclass(frozen=True)
class Fact:
    """One value of the deployment with everything that was said of it, the believed one first."""

    name: FactName
    claims: tuple[Claim, ...]

    @property
    def chosen(self) -> Claim:
        return self.claims[0]

    @property
    def contradicting(self) -> tuple[Claim, ...]:
        """Claims that say something else than the chosen one.

        What cannot be told from here contradicts nothing.
        """
        if not self.chosen.value:
            return ()
        mine = _comparable(self.name, self.chosen)
        known = (c for c in self.claims[1:] if c.value)
        return tuple(c for c in known if _comparable(self.name, c) != mine)


@dataclass(frozen=True)
class Answering:
    """The server that one talks to: whose files are looked for."""

    port: int | None = None
    """Of SQL, as this machine reaches it; None where that port is another machine's."""
    cluster_id: str = ""
    """Empty while it has not answered."""
    node_id: int = 0

    @property
    def in_words(self) -> str:
        node = f"node {self.node_id}" if self.node_id else "this server"
        return f"{node} at port {self.port}" if self.port else node


class Owner(StrEnum):
    UNASKED = "no server to compare with"
    THIS = "this server"
    OTHER = "another server"
    NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Ownership:
    """Whose a folder is, with the reason for people."""

    owner: Owner = Owner.UNASKED
    reason: str = ""
    """What proves it, or why it is not this server's."""
    remedy: str = ""

    @property
    def is_barred(self) -> bool:
        """The folder must not be taken for this server's."""
        return self.owner in (Owner.OTHER, Owner.NOT_KNOWN)


@dataclass(frozen=True)
class Deployment:
    facts: tuple[Fact, ...] = ()
    looked: tuple[tuple[str, str], ...] = ()
    """Where it was looked, and with what outcome."""
    whose: Ownership = field(default_factory=Ownership)
    """What proves that the store is the server's."""
    server: Answering | None = None
    """The server that the files are looked for."""

    def fact(self, name: FactName) -> Fact | None:
        return next((f for f in self.facts if f.name is name), None)

    def chosen(self, name: FactName) -> Claim | None:
        found = self.fact(name)
        return found.chosen if found else None

    @property
    def given(self) -> dict[FactName, Path]:
        """The folders that a person named."""
        return {
            fact.name: fact.chosen.path
            for fact in self.facts
            if fact.chosen.source == GIVEN and fact.chosen.path is not None
        }

    @property
    def contradictions(self) -> tuple[Fact, ...]:
        return tuple(f for f in self.facts if f.contradicting)


@dataclass(frozen=True)
class Machine:
    """Where this machine keeps what tells of a node; other places in tests."""

    proc: Path = Path("/proc")
    etc: Path = Path("/etc")
    lib: Path = Path("/usr/lib")


THIS_MACHINE = Machine()


def _comparable(name: FactName, claim: Claim) -> str:
    if name in PATHS and claim.value and claim.value != NO_FILES:
        return os.path.realpath(claim.value)
    return claim.value

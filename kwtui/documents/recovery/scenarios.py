"""What can happen, and what is done then step by step; the words are in a language each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kwtui.documents.recovery.facts import DatabaseRecovery, RecoveryFacts
from kwtui.text import shell_joined

Commands = Callable[[RecoveryFacts, DatabaseRecovery], Sequence[str]]


class Scenario(StrEnum):
    TABLE = "table"
    DATABASE = "database"
    NODE = "node"
    DISK = "disk"
    SITE = "site"
    RANSOM = "ransom"
    NO_KWTUI = "no-kwtui"


class Act(StrEnum):
    """A step. Each is one sentence or two in each language, and the commands for a database."""

    STOP_WRITERS = "stop-writers"
    ASK = "ask"
    VERIFY = "verify"
    RESTORE_TABLE = "restore-table"
    COPY_ROWS = "copy-rows"
    RESTORE_FREE = "restore-free"
    RESTORE_OVER = "restore-over"
    LOOK = "look"
    BACK_UP = "back-up"
    OTHER_NODES = "other-nodes"
    NEW_SERVER = "new-server"
    BRING_SETS = "bring-sets"
    FETCH = "fetch"
    USERS = "users"
    FREE_SPACE = "free-space"
    CHECK_CUT = "check-cut"
    ISOLATE = "isolate"
    NEW_SECRETS = "new-secrets"
    RUN_SCRIPT = "run-script"


@dataclass(frozen=True)
class Step:
    act: Act
    commands: Commands | None = None
    """None: there is nothing to type."""
    once: bool = False
    """The same for all databases."""


def _kwtui(facts: RecoveryFacts, *words: str) -> str:
    return shell_joined(["kwtui", *words, *facts.options])


def _verify(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "verify", database.best)]


def _restore_table(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    beside = f"{database.name}_restored"
    words = ("restore", database.best, "--tables", "public.TABLE", "--as", beside)
    return [_kwtui(facts, *words)]


def _restore_free(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "restore", database.best, "--as", database.name)]


def _restore_over(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    words = ("restore", database.best, "--as", database.name, "--yes-replace", database.name)
    return [_kwtui(facts, *words)]


def _look(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "status", "--database", database.name)]


def _back_up(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "backup", database.name)]


def _free_space(facts: RecoveryFacts, _: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "cleanup"), _kwtui(facts, "prune", "--dry-run")]


def _check_cut(facts: RecoveryFacts, _: DatabaseRecovery) -> Sequence[str]:
    return [_kwtui(facts, "list"), _kwtui(facts, "doctor")]


def _fetch(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    lines = []
    for target in facts.targets:
        lines.append(shell_joined(["kwtui", "offsite", "list", target]))
        lines.append(_kwtui(facts, "offsite", "fetch", target, database.best))
    return lines


def _run_script(facts: RecoveryFacts, database: DatabaseRecovery) -> Sequence[str]:
    folder = f"{facts.extern or 'EXTERN'}/{database.best}"
    client = ("psql", "-h", "127.0.0.1", "-p", "26257", "-U", "root", "defaultdb")
    return [
        shell_joined(["cd", folder]),
        shell_joined(["./restore.sh", "--as", f"{database.name}_restored", *client]),
    ]


_VERIFY = Step(Act.VERIFY, _verify)
_LOOK = Step(Act.LOOK, _look)
_BACK_UP = Step(Act.BACK_UP, _back_up)
_RESTORE = Step(Act.RESTORE_FREE, _restore_free)
_FETCH = Step(Act.FETCH, _fetch)

STEPS: dict[Scenario, tuple[Step, ...]] = {
    Scenario.TABLE: (
        Step(Act.STOP_WRITERS),
        Step(Act.ASK),
        _VERIFY,
        Step(Act.RESTORE_TABLE, _restore_table),
        Step(Act.COPY_ROWS),
        _BACK_UP,
    ),
    Scenario.DATABASE: (
        Step(Act.STOP_WRITERS),
        Step(Act.ASK),
        _VERIFY,
        _RESTORE,
        Step(Act.RESTORE_OVER, _restore_over),
        _LOOK,
        _BACK_UP,
    ),
    Scenario.NODE: (
        Step(Act.OTHER_NODES),
        Step(Act.NEW_SERVER),
        Step(Act.BRING_SETS),
        Step(Act.USERS),
        _VERIFY,
        _RESTORE,
        _BACK_UP,
    ),
    Scenario.DISK: (
        Step(Act.FREE_SPACE, _free_space, once=True),
        Step(Act.CHECK_CUT, _check_cut, once=True),
        _BACK_UP,
    ),
    Scenario.SITE: (
        Step(Act.ASK),
        Step(Act.NEW_SERVER),
        _FETCH,
        Step(Act.USERS),
        _RESTORE,
        _LOOK,
    ),
    Scenario.RANSOM: (
        Step(Act.ISOLATE),
        Step(Act.ASK),
        Step(Act.NEW_SERVER),
        Step(Act.NEW_SECRETS),
        _FETCH,
        _VERIFY,
        _RESTORE,
    ),
    Scenario.NO_KWTUI: (Step(Act.RUN_SCRIPT, _run_script), Step(Act.USERS)),
}
"""In the order in which they are told."""

FROM_ELSEWHERE = frozenset({Scenario.SITE, Scenario.RANSOM})
"""What only copies elsewhere help against."""

"""Which databases a policy is about. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kwtui.model.database_patterns import matches, name_in
from kwtui.model.policy import NewDatabases, Policy
from kwtui.model.server import DatabaseSummary
from kwtui.operations.shared.scratch_names import is_scratch


@dataclass(frozen=True)
class Chosen:
    """The databases of a run, and what is said of others."""

    databases: tuple[str, ...]
    undecided: tuple[str, ...] = ()
    """New ones that the policy only reports."""
    absent: tuple[str, ...] = ()
    """Names (not patterns) that the server does not have."""
    idle: tuple[str, ...] = ()
    """Patterns that match nothing: no failure, and worth a word."""

    @property
    def problems(self) -> tuple[str, ...]:
        words = [
            f"{name} is new and not backed up: the policy only reports it"
            for name in self.undecided
        ]
        words += [f"there is no database {name}" for name in self.absent]
        if not self.databases and not words:
            words.append("no database matches")
        return tuple(words)


def choose(
    policy: Policy, databases: Iterable[DatabaseSummary], backed_up: Collection[str]
) -> Chosen:
    """In the order of names. KWDB's own databases, empty ones, and those that a drill or restore
    makes and drops never match a pattern.

    ``backed_up`` are those that have a backup already.
    """
    known = {d.name: d for d in databases if not d.system and not is_scratch(d.name)}
    named = names_in(policy)
    matching = [
        name
        for name, database in sorted(known.items())
        if (name in named or (database.tables != 0 and _any(name, policy.databases)))
        and not _any(name, policy.exclude)
    ]
    new = [
        name
        for name in matching
        if policy.new_databases is NewDatabases.REPORT
        and name not in named
        and name not in backed_up
    ]
    return Chosen(
        databases=tuple(name for name in matching if name not in new),
        undecided=tuple(new),
        absent=tuple(sorted(name for name in named if name not in known)),
        idle=tuple(
            pattern
            for pattern in policy.databases
            if name_in(pattern) is None and not any(matches(name, pattern) for name in known)
        ),
    )


def covers(policy: Policy, name: str) -> bool:
    """Whether a database of this name is the policy's."""
    return _any(name, policy.databases) and not _any(name, policy.exclude)


def names_in(policy: Policy) -> list[str]:
    """The databases that a policy names, instead of matching them."""
    return [name for each in policy.databases if (name := name_in(each)) is not None]


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(matches(name, pattern) for pattern in patterns)

"""What policies promise, in the words of the judgement. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kwtui.model.policy import Policy
from kwtui.protection.facts import NextRun, Promise
from kwtui.unattended.matching import covers, names_in


def promise_of(policy: Policy) -> Promise:
    proof = policy.proof
    # What is due is made at the next run: a whole cadence may pass before that.
    grace = max(timedelta(days=1), proof.max_age)
    drill_age = None if proof.drill_every is None else proof.drill_every + grace
    verify_age = None if proof.verify_every is None else proof.verify_every + grace
    return Promise(proof.max_age, proof.min_proof, drill_age, verify_age)


def promises_of(policies: Iterable[Policy], names: Iterable[str]) -> dict[str, Promise]:
    """The strictest promise for each of these databases, and for those that a policy names."""
    known = list(names)
    found: dict[str, Promise] = {}
    for policy in policies:
        for name in dict.fromkeys([*names_in(policy), *known]):
            if not covers(policy, name):
                continue
            promise = promise_of(policy)
            other = found.get(name)
            if other is None or promise.max_age < other.max_age:
                found[name] = promise
    return found


def next_runs_of(
    times: Iterable[tuple[Policy, datetime]], names: Iterable[str]
) -> dict[str, NextRun]:
    """The earliest of the next times of the policies that cover each of these databases."""
    earliest_first = sorted(times, key=lambda each: each[1])
    found: dict[str, NextRun] = {}
    for name in names:
        for policy, at in earliest_first:
            if covers(policy, name):
                found[name] = NextRun(at, policy.name)
                break
    return found

"""What a run of a policy does in which order, and what becomes of it when something fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from kwtui.errors import KwtuiError
from kwtui.model.policy import Policy, PolicyLimits, PolicyProof
from kwtui.model.retention import RetentionPolicy
from kwtui.protection.facts import BackupFact, DatabaseFacts, RunFact
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.load import Load
from kwtui.unattended.run_services import FollowUp, Work
from kwtui.unattended.running import PolicyRun
from tests.unattended.hands import START, RecordingHands

DAY = timedelta(days=1)
BUSY = Load(80, timedelta(milliseconds=5))


def policy(**values: Any) -> Policy:
    proof = PolicyProof(verify_every=7 * DAY, drill_every=7 * DAY)
    keep = RetentionPolicy(keep_last=3)
    usual: dict[str, Any] = {"name": "nightly", "databases": ("*",), "proof": proof}
    return Policy(**{**usual, "retention": keep, **values})


def facts(name: str = "shop", size: int = 0) -> DatabaseFacts:
    """A backup that nobody read for eight days, and a drill of yesterday."""
    backup = BackupFact(f"{name}/old", START - 8 * DAY, proof_at=START - 8 * DAY, bytes=size)
    return DatabaseFacts(name, backups=(backup,), drills=(RunFact("r", START - DAY, 1, True),))


def run(policy: Policy, hands: RecordingHands) -> PolicyEvent:
    return asyncio.run(PolicyRun(policy, hands, lambda words: None).carry_out())


def test_a_new_set_is_drilled_carried_away_and_only_then_others_go() -> None:
    carried: list[str] = []

    async def carry(work: Work) -> str:
        carried.append(work.database)
        hands.done.append("carry away")
        return "carried away"

    hands = RecordingHands(
        facts={"shop": DatabaseFacts("shop", backups=facts().backups)},
        after_backup=(lambda policy, name, path: FollowUp("carrying it away", carry),),
    )
    event = run(policy(), hands)
    assert hands.done == [
        "back up shop",
        "drill shop/new",
        "carry away",
        "verify shop/old",
        "thin out shop",
    ]
    assert (event.event, event.ok, carried) == ("ended", True, ["shop"])
    assert "carried away" in event.databases[0].words


def test_what_is_not_due_is_not_done() -> None:
    fresh = DatabaseFacts("shop", drills=facts().drills)
    hands = RecordingHands(facts={"shop": fresh})
    run(policy(), hands)
    assert hands.done == ["back up shop", "thin out shop"]


def test_a_failed_backup_removes_nothing_and_old_ones_are_checked_all_the_same() -> None:
    hands = RecordingHands(
        databases=("plant", "shop"),
        facts={"shop": facts()},
        fails=lambda what: "The disk is full." if what == "back up shop" else "",
    )
    event = run(policy(), hands)
    assert "verify shop/old" in hands.done
    assert "thin out shop" not in hands.done
    assert "thin out plant" in hands.done, "one does not stop the other"
    assert event.words == "shop failed"
    assert [outcome.ok for outcome in event.databases] == [True, False]


def test_what_is_carried_away_and_fails_is_told_and_stops_nothing() -> None:
    async def carry(work: Work) -> str:
        raise KwtuiError("The target is full.")

    hands = RecordingHands(
        after_backup=(lambda policy, name, path: FollowUp("carrying it away", carry),)
    )
    event = run(policy(), hands)
    assert event.databases[0].words.startswith("carrying it away failed: The target is full; ")
    assert "thin out shop" in hands.done


def test_as_many_databases_at_once_as_the_policy_says() -> None:
    hands = RecordingHands(databases=("a", "b", "c", "d"))
    run(policy(at_once=2), hands)
    assert hands.most_at_once == 2


def test_a_run_that_is_stopped_cancels_what_works_and_begins_nothing_more() -> None:
    async def story() -> PolicyEvent:
        hands = RecordingHands(databases=("a", "b"), blocks=frozenset({"a"}))
        work = PolicyRun(policy(), hands, lambda words: None)
        running = asyncio.ensure_future(work.carry_out())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await work.stop("cancelled by SIGTERM")
        event = await running
        assert hands.done == []
        return event

    event = asyncio.run(story())
    assert (event.event, event.ok) == ("cancelled", False)
    assert event.words == "cancelled by SIGTERM; a failed; b failed"


def test_a_busy_server_is_waited_for_as_long_as_the_policy_says() -> None:
    limits = PolicyLimits(max_queries=50, wait=timedelta(minutes=1))
    calms = RecordingHands(loads=[BUSY, BUSY])
    assert run(policy(limits=limits), calms).ok
    assert calms.at - START == timedelta(seconds=40)
    stays = RecordingHands(loads=[BUSY] * 9)
    event = run(policy(limits=limits), stays)
    assert not event.ok
    assert "under stress: 80 statements at work, the policy allows 50" in event.words
    assert stays.done == []


def test_work_is_cancelled_when_stress_lasts_and_not_for_one_look() -> None:
    limits = PolicyLimits(max_answer=timedelta(seconds=2), stop=True)
    slow = Load(None, timedelta(seconds=9))
    calm = Load(None, timedelta(0))
    lasting = RecordingHands(blocks=frozenset({"shop"}), loads=[calm, slow, calm, slow, slow, slow])
    event = run(policy(limits=limits), lasting)
    assert (event.event, event.ok) == ("ended", False), "somebody is told: no person chose it"
    assert "it took 9.0 s to answer, the policy allows 2.0 s" in event.words
    assert lasting.at - START == timedelta(seconds=100), "three looks in a row"


def test_all_backups_together_never_pass_the_space_that_is_allowed() -> None:
    limits = PolicyLimits(max_space=1000)
    roomy = RecordingHands(facts={"shop": facts(size=300)}, space=900, frees=250)
    assert run(policy(limits=limits), roomy).ok
    assert roomy.done[:2] == ["thin out shop", "back up shop"], "old ones go first"
    tight = RecordingHands(facts={"shop": facts(size=300)}, space=900, frees=150)
    event = run(policy(limits=limits), tight)
    assert "back up shop" not in tight.done
    assert "would take 1.0 KiB, the policy allows 1000 B" in event.databases[0].words
    both = RecordingHands(
        databases=("plant", "shop"),
        facts={"shop": facts(size=300), "plant": facts("plant", 300)},
        space=500,
    )
    event = run(policy(limits=limits, at_once=2, retention=None), both)
    assert [outcome.ok for outcome in event.databases] == [True, False], "each reserves its part"


def test_nothing_begins_in_a_run_once_its_window_has_ended() -> None:
    def an_hour(what: str) -> str:
        hands.at += timedelta(hours=1)
        return ""

    hands = RecordingHands(databases=("a", "b", "c"), fails=an_hour)
    limits = PolicyLimits(window="01:00-03:00")
    event = run(policy(limits=limits, proof=PolicyProof(), retention=None), hands)
    assert hands.done == ["back up a", "back up b"], "begun at 01:15 and 02:15"
    assert [outcome.ok for outcome in event.databases] == [True, True, False]
    assert event.databases[2].words == "Not started: it is outside 01:00-03:00"

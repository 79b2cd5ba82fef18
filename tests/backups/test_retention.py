"""What retention keeps, what it lets go, and what it never may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.retention import (
    Decision,
    Reason,
    Rule,
    calendar,
    decide,
    decide_all,
    hold_back,
    is_last_proven,
    is_proven,
    relied_on,
    stand_in,
)
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies, RetentionPolicy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COUNTS = ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly")


def made(
    at: datetime,
    proof: ProofLevel | None = ProofLevel.P2,
    *,
    database: str = "shop",
    **more: object,
) -> BackupEntry:
    path = f"kwtui/{database}/{at:%Y%m%dT%H%M%SZ}"
    entry = BackupEntry(path, EntryKind.SET, database=database, started=at, proof=proof)
    return replace(entry, **more)  # type: ignore[arg-type]


def days_ago(days: float, **more: object) -> BackupEntry:
    return made(NOW - timedelta(days=days), **more)  # type: ignore[arg-type]


def kept(decisions: list[Decision]) -> list[str]:
    return [d.entry.path for d in decisions if d.keep]


def rules(decisions: list[Decision], entry: BackupEntry) -> set[Rule]:
    return {r.rule for d in decisions if d.entry.path == entry.path for r in d.reasons}


# -- stories ----------------------------------------------------------------------------------


def test_a_week_of_backups_twice_a_day_keeps_the_newest_of_each_day() -> None:
    entries = [
        made(datetime(2026, 11, day, hour, tzinfo=UTC)) for day in range(15, 22) for hour in (3, 15)
    ]

    decisions = decide(entries, RetentionPolicy(keep_daily=3), NOW)

    assert kept(decisions) == [f"kwtui/shop/202611{day}T150000Z" for day in (21, 20, 19)]


def test_days_without_a_backup_take_no_place() -> None:
    entries = [days_ago(d) for d in (0, 5, 9, 30)]

    assert len(kept(decide(entries, RetentionPolicy(keep_daily=3), NOW))) == 3


def test_weeks_are_iso_weeks_also_at_the_end_of_the_year() -> None:
    """The 1st of January 2027 belongs to week 53 of 2026, as the 31st of December does."""
    december, january, monday = (
        made(datetime(2026, 12, 31, tzinfo=UTC)),
        made(datetime(2027, 1, 1, tzinfo=UTC)),
        made(datetime(2027, 1, 4, tzinfo=UTC)),
    )
    now = datetime(2027, 1, 5, tzinfo=UTC)

    decisions = decide([december, january, monday], RetentionPolicy(keep_weekly=5), now)

    assert kept(decisions) == [monday.path, january.path]
    periods = [r.period for d in decisions for r in d.reasons if r.rule is Rule.WEEKLY]
    assert periods == ["2027-W01", "2026-W53"]


def test_a_day_is_a_day_of_utc() -> None:
    before, after = (
        made(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)),
        made(datetime(2026, 11, 21, 0, 30, tzinfo=UTC)),
    )

    assert len(kept(decide([before, after], RetentionPolicy(keep_daily=7), NOW))) == 2


def test_one_set_can_stand_for_several_rules_and_says_so() -> None:
    entry = days_ago(1)
    policy = RetentionPolicy(keep_last=1, keep_daily=1, keep_yearly=1)

    decisions = decide([entry], policy, NOW)

    assert rules(decisions, entry) == {Rule.LAST, Rule.DAILY, Rule.YEARLY, Rule.LAST_PROVEN}


def test_a_folder_that_somebody_named_stays_and_takes_no_place() -> None:
    copy = days_ago(0, path="kwtui/shop/before the move")
    entries = [copy, days_ago(1), days_ago(2)]

    decisions = decide(entries, RetentionPolicy(keep_last=1), NOW)

    assert kept(decisions) == [copy.path, entries[1].path]
    assert rules(decisions, copy) == {Rule.NOT_NAMED}
    assert relied_on(decisions) == (entries[1],)
    assert is_last_proven(entries[1], [copy, entries[1]])


def test_what_others_go_on_the_word_of_is_named_for_each_group() -> None:
    shop, plant = [days_ago(d) for d in range(3)], [days_ago(d, database="plant") for d in range(2)]
    alone = days_ago(0, database="alone")
    policies = RetentionPolicies(RetentionPolicy(keep_last=1))

    decisions = decide_all([*shop, *plant, alone], policies, NOW)

    assert set(relied_on(decisions)) == {shop[0], plant[0]}, "of the third nothing goes"
    assert stand_in(shop[2], [*shop, *plant]) == shop[0]
    assert stand_in(alone, [*shop, *plant, alone]) is None


def test_seven_bad_days_do_not_evict_the_good_backup() -> None:
    good = days_ago(8)
    bad = [days_ago(d, proof=ProofLevel.P1) for d in range(1, 8)]

    decisions = decide([good, *bad], RetentionPolicy(keep_last=3), NOW)

    assert good.path in kept(decisions)
    assert all(rules(decisions, e) == {Rule.NOT_YET_PROVEN} for e in bad)


def test_what_a_newer_proven_set_makes_needless_goes_although_it_was_never_proven() -> None:
    unproven, proven = days_ago(3, proof=ProofLevel.P1), days_ago(1)

    decisions = decide([unproven, proven], RetentionPolicy(keep_last=5), NOW)

    assert kept(decisions) == [proven.path]
    assert rules(decisions, unproven) == {Rule.BELOW_LEVEL}


def test_a_set_whose_last_check_failed_is_left_for_a_person_to_look_at() -> None:
    damaged = days_ago(9, proof=None, problem="The last check failed: n1.0.csv")
    entries = [damaged, *(days_ago(d) for d in range(5))]

    decisions = decide(entries, RetentionPolicy(keep_last=1), NOW)

    assert rules(decisions, damaged) == {Rule.DAMAGED}
    assert damaged.path in kept(decisions)


def test_a_clock_that_ran_ahead_takes_no_place_from_anybody() -> None:
    future, today = days_ago(-400), days_ago(0)

    decisions = decide([future, today], RetentionPolicy(keep_last=1), NOW)

    assert kept(decisions) == [future.path, today.path]
    assert rules(decisions, future) == {Rule.FUTURE}


def test_a_backup_of_one_table_is_no_substitute_for_the_database() -> None:
    whole, part = days_ago(2), days_ago(1, only=("public.orders",))

    assert len(kept(decide([whole, part], RetentionPolicy(keep_last=1), NOW))) == 2
    assert is_last_proven(whole, [whole, part])
    assert not is_last_proven(part, [whole, part])


def test_without_a_rule_nothing_goes() -> None:
    entries = [days_ago(d) for d in range(40)]

    assert len(kept(decide(entries, RetentionPolicy(), NOW))) == 40
    assert len(kept(decide_all(entries, RetentionPolicies(), NOW))) == 40


def test_each_database_goes_by_its_own_policy() -> None:
    entries = [days_ago(d, database=name) for d in range(4) for name in ("shop", "plant", "other")]
    policies = RetentionPolicies(
        RetentionPolicy(keep_last=1), {"plant": RetentionPolicy(keep_last=3)}
    )

    found = kept(decide_all(entries, policies, NOW))

    assert [sum(f"/{name}/" in p for p in found) for name in ("shop", "plant", "other")] == [
        1,
        3,
        1,
    ]


def test_what_is_in_use_stays_after_all() -> None:
    old, new = days_ago(5), days_ago(1)
    decisions = decide([old, new], RetentionPolicy(keep_last=1), NOW)
    reason = Reason(Rule.IN_USE, "run x is working on it")

    held = hold_back(decisions, {old.path: reason, new.path: reason})

    assert kept(held) == [new.path, old.path]
    assert rules(held, old) == {Rule.IN_USE}
    assert Rule.IN_USE not in rules(held, new)


def test_the_calendar_holds_every_set_once_under_its_day() -> None:
    entries = [days_ago(d) for d in (0, 0.2, 1, 3)]

    days = calendar(decide(entries, RetentionPolicy(keep_daily=2), NOW))

    assert [d.day for d in days] == [date(2026, 11, n) for n in (22, 21, 19)]
    assert [(len(d.stays), len(d.goes)) for d in days] == [(1, 1), (1, 0), (0, 1)]


@pytest.mark.parametrize(
    ("level", "others", "last"),
    [
        (ProofLevel.P4, [ProofLevel.P2], False),
        (ProofLevel.P4, [ProofLevel.P1], True),
        (ProofLevel.P2, [], True),
        (ProofLevel.P1, [ProofLevel.P1], False),
        (ProofLevel.P1, [], True),
        (ProofLevel.P0, [], False),
    ],
)
def test_the_last_proven_one_is_the_last_of_its_strength(
    level: ProofLevel, others: list[ProofLevel], last: bool
) -> None:
    entry = days_ago(1, proof=level)
    rest = [days_ago(n + 2, proof=proof) for n, proof in enumerate(others)]

    assert is_last_proven(entry, [entry, *rest]) is last


def test_a_damaged_set_does_not_stand_for_a_proven_one() -> None:
    entry, damaged = days_ago(1), days_ago(2, proof=None, problem="gone")
    stranger = days_ago(3, database="plant")

    assert is_last_proven(entry, [entry, damaged, stranger])


# -- properties -------------------------------------------------------------------------------

proofs = st.sampled_from([None, *ProofLevel])
kinds = st.sampled_from([EntryKind.SET] * 6 + [k for k in EntryKind if k is not EntryKind.SET])


@st.composite
def histories(draw: st.DrawFn) -> list[BackupEntry]:
    """Some years of two databases: dense and sparse, proven and not, pinned, damaged, foreign."""
    entries = []
    for number, hours in enumerate(draw(st.lists(st.integers(-48, 24 * 900), max_size=30))):
        proof = draw(proofs)
        entry = made(
            NOW - timedelta(hours=hours),
            proof,
            database=draw(st.sampled_from(["shop", "plant"])),
            kind=draw(kinds),
            pinned=draw(st.integers(0, 9)) == 0,
            problem="bad" if proof is None or draw(st.integers(0, 9)) == 0 else "",
            only=draw(st.sampled_from([(), (), (), ("public.orders",)])),
        )
        entries.append(replace(entry, path=f"{entry.path}-{number + 2}"))
    return entries


policies = st.builds(
    RetentionPolicy,
    **{name: st.integers(0, 6) for name in COUNTS},
    min_proof=st.sampled_from([lv for lv in ProofLevel if lv >= ProofLevel.P1]),
)


@given(histories(), policies)
def test_nothing_that_must_stay_ever_goes(
    entries: list[BackupEntry], policy: RetentionPolicy
) -> None:
    decisions = decide(entries, policy, NOW)

    assert sorted(d.entry.path for d in decisions) == sorted(e.path for e in entries)
    goes = [d.entry for d in decisions if not d.keep]
    for entry in goes:
        assert entry.kind is EntryKind.SET
        assert not entry.pinned
        assert not entry.problem
        assert entry.proof is not None
        assert entry.started is not None
        assert entry.started <= NOW
    assert all(d.reasons for d in decisions)
    assert not goes or not policy.keeps_nothing


@given(histories(), policies)
def test_a_database_that_had_a_proven_backup_still_has_one_at_least_as_new(
    entries: list[BackupEntry], policy: RetentionPolicy
) -> None:
    stays = [d.entry for d in decide(entries, policy, NOW) if d.keep]
    for key in {(e.database, e.only) for e in entries}:

        def newest(some: list[BackupEntry], of: object = key) -> datetime | None:
            times = [
                e.started
                for e in some
                if (e.database, e.only) == of
                and is_proven(e, policy.min_proof)
                and e.started is not None
                and e.started <= NOW
            ]
            return max(times, default=None)

        assert newest(stays) == newest(entries)


@given(histories(), policies, st.sampled_from(COUNTS), st.integers(1, 5))
def test_keeping_more_never_lets_more_go(
    entries: list[BackupEntry], policy: RetentionPolicy, name: str, more: int
) -> None:
    if policy.keeps_nothing:
        return
    richer = replace(policy, **{name: getattr(policy, name) + more})

    assert set(kept(decide(entries, policy, NOW))) <= set(kept(decide(entries, richer, NOW)))


@given(histories(), policies, st.integers(0, 29))
def test_pinning_one_changes_nothing_for_the_others(
    entries: list[BackupEntry], policy: RetentionPolicy, index: int
) -> None:
    if index >= len(entries):
        return
    pinned = [replace(e, pinned=True) if n == index else e for n, e in enumerate(entries)]

    before, after = kept(decide(entries, policy, NOW)), kept(decide(pinned, policy, NOW))

    assert set(after) - set(before) <= {entries[index].path}
    assert set(before) <= set(after)


@given(histories(), policies)
def test_doing_it_again_right_after_lets_nothing_more_go(
    entries: list[BackupEntry], policy: RetentionPolicy
) -> None:
    stays = [d.entry for d in decide(entries, policy, NOW) if d.keep]

    assert all(d.keep for d in decide(stays, policy, NOW))


@given(histories(), policies, st.randoms())
def test_the_order_of_the_listing_does_not_matter(
    entries: list[BackupEntry], policy: RetentionPolicy, random: object
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert decide(shuffled, policy, NOW) == decide(entries, policy, NOW)


@given(histories(), policies)
def test_no_more_places_are_taken_than_the_policy_gives(
    entries: list[BackupEntry], policy: RetentionPolicy
) -> None:
    decisions = decide(entries, policy, NOW)
    for key in {(e.database, e.only) for e in entries}:
        of_it = [d for d in decisions if (d.entry.database, d.entry.only) == key]
        for rule, name in zip(
            (Rule.LAST, Rule.DAILY, Rule.WEEKLY, Rule.MONTHLY, Rule.YEARLY), COUNTS, strict=True
        ):
            taken = sum(r.rule is rule for d in of_it for r in d.reasons)
            assert taken <= getattr(policy, name)


def test_the_reason_of_a_partial_set_says_that_it_is_one() -> None:
    whole, part = days_ago(2), days_ago(1, only=("public.orders", "public.stock"))

    said = {
        d.entry.path: [reason.text for reason in d.reasons]
        for d in decide([whole, part], RetentionPolicy(keep_last=1), NOW)
    }

    assert said[whole.path] == ["1 of the last 1", "the newest of shop that is proven to P2"]
    assert said[part.path] == [
        "1 of the last 1 with only public.orders, public.stock",
        "the newest partial one of shop with only public.orders, public.stock that is proven to P2",
    ]

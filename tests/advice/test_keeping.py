"""A retention that is recommended fits the disk and keeps what was demanded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kwtui.advice.facts import DAY, Answers, Demand
from kwtui.advice.keeping import (
    Wish,
    budget_of,
    fit,
    longest_that_fits,
    most_kept,
    needs,
    reach,
    retentions,
)
from kwtui.advice.timing import schedule_of
from kwtui.backups.layout.naming import set_path
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.retention import decide
from kwtui.model.proof import ProofLevel
from tests.advice.situations import GIB, database, node

_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
_DAILY = schedule_of(1440, "")
_DEMANDS = st.sets(st.sampled_from((Demand.EVERY_DAY, Demand.NO_LONGER)))
_SIZES = st.one_of(st.none(), st.floats(1, 500 * GIB))


@settings(max_examples=150, deadline=None)
@given(
    sizes=st.lists(st.tuples(_SIZES, _SIZES, _SIZES), min_size=1, max_size=3),
    free=st.one_of(st.none(), st.floats(0, 20_000 * GIB)),
    days=st.integers(1, 800),
    demands=_DEMANDS,
)
def test_what_is_recommended_fits_the_disk(
    sizes: list[tuple[float | None, float | None, float | None]],
    free: float | None,
    days: int,
    demands: set[Demand],
) -> None:
    assert _DAILY is not None
    databases = tuple(
        database(f"d{n}", size=size, new=new, growth=growth)
        for n, (size, new, growth) in enumerate(sizes)
    )
    measured = node(*databases, free=free)
    wish = Wish(databases, Answers(keep=timedelta(days=days), demands=tuple(demands)), _DAILY)
    found = fit([wish], measured)
    if found is None:
        shorter = longest_that_fits([wish], measured)
        assert shorter is None or shorter < wish.answers.keep
        return
    assert free is not None
    budget = budget_of(measured)
    assert budget is not None
    assert budget <= free, "what is free stays free in part"
    assert needs([wish], found.retentions) == found.space.needed <= budget
    largest = max(each.size.value or 0 for each in databases)
    assert found.space.needed >= 2 * largest, "the next one, and a drill"


@settings(max_examples=15, deadline=None)
@given(
    days=st.integers(1, 100),
    demands=_DEMANDS,
    choice=st.integers(0, 9),
    hours=st.sampled_from((12, 24)),
    later=st.integers(0, 40),
)
@example(days=8, demands={Demand.NO_LONGER}, choice=0, hours=24, later=0)
def test_the_counts_reach_back_as_far_as_demanded(
    days: int, demands: set[Demand], choice: int, hours: int, later: int
) -> None:
    """As retention itself decides, of backups that were made without a gap."""
    answers = Answers(keep=timedelta(days=days), demands=tuple(demands))
    options = retentions(answers)
    retention = options[min(choice, len(options) - 1)]
    now = _NOW + timedelta(days=later)
    times = [now - timedelta(hours=hours * n) for n in range((days + 75) * 24 // hours)]
    entries = [
        BackupEntry(
            set_path("kwtui", "shop", at),
            EntryKind.SET,
            "shop",
            started=at,
            proof=ProofLevel.P2,
        )
        for at in times
    ]
    kept = [each.entry for each in decide(entries, retention, now) if each.keep]
    assert len(kept) <= most_kept(retention)
    oldest = max((now - each.started for each in kept if each.started), default=timedelta())
    assert oldest <= timedelta(days=reach(retention))
    if Demand.NO_LONGER in demands:
        assert oldest <= max(answers.keep, 2 * DAY), "the last three stay"
    else:
        assert oldest >= answers.keep
    if Demand.EVERY_DAY in demands:
        held = {each.started.date() for each in kept if each.started}
        assert len(held) >= days

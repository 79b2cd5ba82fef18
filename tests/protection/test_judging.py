"""What is said of a database, by a table of situations and by what must hold in all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts, Promise, RunFact
from kwtui.protection.judging import Severity, State, judge, verdict, worst

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def backup(hours: float, proof: ProofLevel | None = ProofLevel.P2, **more: object) -> BackupFact:
    at = NOW - hours * HOUR
    fact = BackupFact(path=f"kwtui/shop/{at:%Y%m%dT%H%M%SZ}", at=at, proof=proof)
    return replace(fact, **more)  # type: ignore[arg-type]


def run(hours: float, *, succeeded: bool | None) -> RunFact:
    seconds = None if succeeded is None else 60.0
    return RunFact("r", NOW - hours * HOUR, seconds, succeeded)


def shop(*backups: BackupFact, **more: object) -> DatabaseFacts:
    return replace(DatabaseFacts("shop", backups=backups), **more)  # type: ignore[arg-type]


DRILLED = Promise(drill_age=timedelta(days=7))
USUAL = [backup(24 * day, rows=1000, bytes=50_000) for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("facts", "state", "severity", "words"),
    [
        (shop(), State.NEVER, Severity.CRITICAL, "was never backed up"),
        (
            shop(backup_runs=(run(1, succeeded=False),)),
            State.NEVER,
            Severity.CRITICAL,
            "has no backup: the last try failed",
        ),
        (
            shop(backup(1, whole=False)),
            State.NEVER,
            Severity.CRITICAL,
            "was never backed up as a whole",
        ),
        (shop(backup(1)), State.SAFE, Severity.OK, "can come back as it was 1 h ago"),
        (shop(backup(27)), State.LATE, Severity.LATE, "has no proven backup for 1 d 3 h"),
        (shop(backup(53)), State.LATE, Severity.CRITICAL, "has no proven backup for 2 d 5 h"),
        (
            shop(backup(1, ProofLevel.P0), backup(2)),
            State.SAFE,
            Severity.OK,
            "can come back as it was 2 h ago",
        ),
        (
            shop(backup(1, ProofLevel.P0)),
            State.UNPROVEN,
            Severity.CRITICAL,
            "has no backup that is proven to P2",
        ),
        (
            shop(backup(1, None, problem="orders.csv is truncated"), backup(2)),
            State.DAMAGED,
            Severity.CRITICAL,
            "has a damaged newest backup",
        ),
        (
            shop(backup(1, closed=True)),
            State.UNKNOWN,
            Severity.UNKNOWN,
            "has newer backups that this account may not read",
        ),
        (
            shop(backup(1, closed=True), backup(30)),
            State.UNKNOWN,
            Severity.UNKNOWN,
            "has newer backups that this account may not read",
        ),
        (
            shop(backup(1, closed=True), backup(3)),
            State.SAFE,
            Severity.OK,
            "can come back as it was 3 h ago",
        ),
        (
            shop(backup(1), backup(25, None, problem="orders.csv is truncated")),
            State.SAFE,
            Severity.LATE,
            "can come back as it was 1 h ago",
        ),
        (
            shop(backup(5), backup_runs=(run(2, succeeded=False),)),
            State.FAILING,
            Severity.CRITICAL,
            "failed to be backed up 2 h ago",
        ),
        (
            shop(backup(1), backup_runs=(run(1, succeeded=True), run(2, succeeded=False))),
            State.SAFE,
            Severity.OK,
            "can come back as it was 1 h ago",
        ),
        (
            shop(backup(-1), backup(2)),
            State.UNKNOWN,
            Severity.UNKNOWN,
            "has a backup from the future: check the clocks",
        ),
        (shop(backup(1), promise=DRILLED), State.UNPROVEN, Severity.LATE, "was never drilled"),
        (
            shop(backup(1), promise=DRILLED, drills=(run(24 * 8, succeeded=True),)),
            State.UNPROVEN,
            Severity.LATE,
            "was last drilled 8 d ago",
        ),
        # Drilled elsewhere: the set says so.
        (
            shop(
                backup(1),
                backup(30, ProofLevel.P4, proof_at=NOW - 24 * HOUR),
                promise=DRILLED,
            ),
            State.SAFE,
            Severity.OK,
            "can come back as it was 1 h ago",
        ),
        (
            shop(backup(1), promise=DRILLED, drills=(run(24, succeeded=True),)),
            State.SAFE,
            Severity.OK,
            "can come back as it was 1 h ago",
        ),
        (
            shop(backup(1, rows=10, bytes=900), *USUAL),
            State.SHRUNK,
            Severity.LATE,
            "shrank: 10 rows instead of the usual 1,000 rows",
        ),
        (
            shop(backup(1, rows=600, bytes=30_000), *USUAL),
            State.SAFE,
            Severity.OK,
            "can come back as it was 1 h ago",
        ),
    ],
)
def test_a_situation_is_judged_in_one_word_and_one_sentence(
    facts: DatabaseFacts, state: State, severity: Severity, words: str
) -> None:
    found = judge(facts, NOW)
    assert (found.state, found.severity, found.reason) == (state, severity, words)


def test_the_verdict_names_what_cannot_come_back_the_worst_first() -> None:
    fine = judge(shop(backup(1)), NOW)
    late = judge(replace(shop(backup(31)), name="late"), NOW)
    never = judge(DatabaseFacts("plant"), NOW)
    assert verdict([fine]) == "shop can come back."
    assert verdict([fine, replace(fine, name="b")]) == "Both databases can come back."
    assert verdict([fine, late, never]) == (
        "2 of 3 cannot: plant was never backed up; late has no proven backup for 1 d 7 h."
    )
    assert verdict([never]) == "plant was never backed up."
    assert worst([fine, late, never]) is Severity.CRITICAL
    assert worst([fine, late]) is Severity.LATE
    assert worst([]) is Severity.UNKNOWN, "no data is never green"


def test_how_long_a_return_takes_comes_from_drills_and_restores_that_succeeded() -> None:
    facts = shop(
        backup(1),
        drills=(replace(run(1, succeeded=True), seconds=40.0), run(2, succeeded=False)),
        restores=(replace(run(3, succeeded=True), seconds=60.0), run(0, succeeded=None)),
    )
    found = judge(facts, NOW)
    assert found.restore_seconds == 50.0
    assert found.restore_spread == (40.0, 60.0)
    assert judge(shop(backup(1)), NOW).restore_seconds is None
    gone = judge(replace(facts, backups=()), NOW)
    assert gone.restore_seconds is None, "there is nothing to restore any more"
    sandbox = replace(facts.drills[0], here=False)
    elsewhere = judge(shop(backup(1), drills=(sandbox,)), NOW)
    assert elsewhere.restore_seconds is None, "a sandbox is not this server"


def test_an_older_backup_that_is_damaged_is_named_though_the_database_can_come_back() -> None:
    older = backup(25, None, problem="orders.csv is truncated")
    found = judge(shop(backup(1), older), NOW)
    assert found.remarks == (f"has a damaged backup: {older.path}",)
    assert verdict([found]) == f"shop can come back. shop has a damaged backup: {older.path}."
    part = backup(30, None, problem="gone", whole=False)
    several = judge(shop(backup(1), older, part), NOW)
    assert several.remarks == (f"has 2 damaged backups, the newest of them {older.path}",)
    many = [replace(found, name=f"db{n}") for n in range(5)]
    assert verdict(many).startswith("All 5 databases can come back. db0 has a damaged backup: ")
    assert verdict(many).endswith(" 2 more need a look.")
    assert judge(shop(older), NOW).remarks == (), "the state says that already"


_HOURS = st.floats(-100, 1000)
_BACKUPS = st.builds(
    backup,
    _HOURS,
    st.sampled_from([None, *ProofLevel]),
    rows=st.none() | st.integers(0, 2000),
    bytes=st.none() | st.integers(0, 9000),
    whole=st.booleans(),
    problem=st.sampled_from(["", "", "damaged"]),
    closed=st.sampled_from([False, False, True]),
)
_RUNS = st.builds(run, _HOURS, succeeded=st.sampled_from([True, False, None]))


def _newest_first(runs: list[RunFact]) -> tuple[RunFact, ...]:
    return tuple(sorted(runs, key=lambda each: each.began, reverse=True))


@st.composite
def _facts(draw: st.DrawFn) -> DatabaseFacts:
    return DatabaseFacts(
        "shop",
        backups=tuple(
            sorted(draw(st.lists(_BACKUPS, max_size=8)), key=lambda b: b.at, reverse=True)
        ),
        backup_runs=_newest_first(draw(st.lists(_RUNS, max_size=4))),
        drills=_newest_first(draw(st.lists(_RUNS, max_size=4))),
        promise=Promise(
            max_age=timedelta(hours=draw(st.integers(1, 100))),
            proof=draw(st.sampled_from(list(ProofLevel)[1:])),
            drill_age=draw(st.none() | st.timedeltas(HOUR, 500 * HOUR)),
        ),
    )


@given(_facts())
def test_safe_always_stands_on_a_proof_as_good_and_as_young_as_promised(
    facts: DatabaseFacts,
) -> None:
    found = judge(facts, NOW)
    if found.state is not State.SAFE:
        return
    proven = found.proven
    assert proven is not None
    assert proven in facts.backups
    assert proven.whole
    assert not proven.problem
    assert not proven.closed
    assert proven.proof is not None
    assert proven.proof >= facts.promise.proof
    assert NOW - proven.at <= facts.promise.max_age
    if facts.promise.drill_age is not None:
        assert any(d.succeeded and NOW - d.began <= facts.promise.drill_age for d in facts.drills)


@given(_facts())
def test_fewer_backups_never_make_it_safe(facts: DatabaseFacts) -> None:
    """Losing the proven backup, or every backup, is never better than before."""
    found = judge(facts, NOW)
    if found.proven is None:
        assert found.state is not State.SAFE
        return
    older = tuple(b for b in facts.backups if b.at < found.proven.at)
    without = judge(replace(facts, backups=older), NOW)
    if found.state is State.LATE:
        assert without.state is not State.SAFE
    assert judge(replace(facts, backups=()), NOW).state is State.NEVER


@given(_facts(), st.integers(0, 7))
def test_a_good_backup_less_never_makes_it_better(facts: DatabaseFacts, index: int) -> None:
    """What is damaged, unreadable or from the future may go; a backup that counts may not."""
    found = judge(facts, NOW)
    good = [b for b in facts.backups if b.whole and not b.problem and not b.closed and b.at <= NOW]
    if not good:
        return
    lost = good[index % len(good)]
    kept = tuple(b for b in facts.backups if b is not lost)
    without = judge(replace(facts, backups=kept), NOW)
    if without.state is State.SAFE and found.state is not State.SAFE:
        # It shrank in comparison with what was lost, or was made after the newest one was lost.
        assert found.state is State.SHRUNK
    if found.exposed_seconds is not None and without.exposed_seconds is not None:
        assert without.exposed_seconds >= found.exposed_seconds
    if found.proven is None:
        assert without.proven is None


@given(_facts())
def test_knowing_less_of_a_backup_never_makes_it_safe(facts: DatabaseFacts) -> None:
    """Without proofs, without the right to read, without drills nothing is green."""
    blind = tuple(replace(b, proof=None, proof_at=None) for b in facts.backups)
    closed = tuple(replace(b, closed=True) for b in facts.backups)
    assert judge(replace(facts, backups=blind), NOW).severity is not Severity.OK
    assert judge(replace(facts, backups=closed), NOW).severity is not Severity.OK
    if facts.promise.drill_age is not None:
        checked = tuple(
            replace(b, proof=b.proof and min(b.proof, ProofLevel.P2)) for b in facts.backups
        )
        undrilled = replace(facts, backups=checked, drills=())
        assert judge(undrilled, NOW).severity is not Severity.OK


def test_a_backup_that_nobody_read_for_longer_than_promised_is_remarked() -> None:
    promise = Promise(verify_age=timedelta(days=8))
    read = replace(backup(1), proof_at=NOW - HOUR)
    old = replace(backup(300), proof_at=NOW - 9 * 24 * HOUR)
    found = judge(shop(read, old, promise=promise), NOW)
    assert (found.state, found.severity) == (State.SAFE, Severity.LATE)
    assert found.remarks == ("has a backup that was last verified 9 d ago",)
    assert judge(shop(read, promise=promise), NOW).severity is Severity.OK
    assert judge(shop(read, old), NOW).severity is Severity.OK, "nobody promised it"


def test_a_run_from_the_future_tells_of_a_wrong_clock() -> None:
    found = judge(shop(backup(1), backup_runs=(run(-48, succeeded=True),)), NOW)
    assert (found.state, found.severity) == (State.UNKNOWN, Severity.UNKNOWN)
    assert "clock" in found.reason


def test_one_table_that_lost_most_of_its_rows_is_doubted_though_the_whole_is_as_large() -> None:
    def day(number: int, **tables: int) -> BackupFact:
        return replace(backup(24 * number - 23), tables={"public.log": 90_000, **tables})

    usual = [day(n, orders=5000 + n, queue=(0, 4000, 0)[n - 2], small=900) for n in (2, 3, 4)]
    found = judge(shop(day(1, orders=1200, queue=0, small=1), *usual), NOW)
    assert found.state is State.SHRUNK
    assert found.reason == "shrank: orders has 1,200 rows, usually 5,003"
    gone = judge(shop(day(1, queue=0, small=1), *usual), NOW)
    assert gone.reason == "shrank: orders is empty or missing, usually 5,003"
    fine = day(1, orders=2600, queue=0, small=1)
    assert judge(shop(fine, *usual), NOW).state is State.SAFE, "a queue and a small table may"
    unknown = replace(fine, tables=None)
    assert judge(shop(unknown, *usual), NOW).state is State.SAFE
    assert judge(shop(day(1, orders=1), *usual[:2]), NOW).state is State.SAFE, "too few to tell"

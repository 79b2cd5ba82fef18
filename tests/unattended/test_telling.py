"""Who is told of what, and when not again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kwtui.model.policy import NoticeOn, Policy, PolicyNotice
from kwtui.protection.judging import Judgement, Severity, State
from kwtui.unattended.history import DatabaseOutcome, PolicyEvent
from kwtui.unattended.telling import Telling, noticed, of_end, of_watch

POLICY = Policy("nightly", ("*",), notice=PolicyNotice(command=("true",)))
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ended(at: datetime, ok: bool, words: str = "", failed: str = "shop") -> PolicyEvent:
    outcomes = () if ok else (DatabaseOutcome(failed, False, words or "The disk is full."),)
    return PolicyEvent(
        at, "ended", ok, words or ("1 backed up" if ok else f"{failed} failed"), outcomes
    )


def late(name: str = "shop", hours: int = 27, state: State = State.LATE) -> Judgement:
    return Judgement(name, state, Severity.LATE, f"has no proven backup for {hours} h")


def kinds(found: list[Telling]) -> list[NoticeOn]:
    return [telling.event for telling in found]


def test_a_failure_is_told_once_and_its_end_too() -> None:
    first = of_end(POLICY, ended(NOW, False), [], NOW)
    assert first is not None
    assert (first.event, first.title) == (NoticeOn.FAILURE, "nightly failed: shop failed")
    history = [ended(NOW, False), noticed(first, NOW)]
    again = ended(NOW + HOUR, False, "The disk is still full.")
    assert of_end(POLICY, again, history, NOW + HOUR) is None, "the same trouble, in other words"
    other = of_end(POLICY, ended(NOW + HOUR, False, failed="plant"), history, NOW + HOUR)
    assert other is not None, "another database is other trouble"
    tomorrow = NOW + DAY + HOUR
    assert of_end(POLICY, ended(tomorrow, False), history, tomorrow) is not None, "told again"
    good = of_end(POLICY, ended(NOW + HOUR, True), history, NOW + HOUR)
    assert good is not None
    assert good.event is NoticeOn.RECOVERY
    after = [*history, ended(NOW + HOUR, True), noticed(good, NOW + HOUR)]
    assert of_end(POLICY, ended(NOW + 2 * HOUR, True), after, NOW + 2 * HOUR) is None
    relapse = of_end(POLICY, ended(NOW + 3 * HOUR, False), after, NOW + 3 * HOUR)
    assert relapse is not None, "it was over: this is new trouble"


def test_whoever_cancelled_a_run_need_not_be_told() -> None:
    assert of_end(POLICY, PolicyEvent(NOW, "cancelled", False, "by SIGINT"), [], NOW) is None


def test_success_is_told_to_those_who_want_it() -> None:
    wants = Policy("n", ("*",), notice=PolicyNotice(on=(NoticeOn.SUCCESS,)))
    told = of_end(wants, ended(NOW, True), [ended(NOW - DAY, False)], NOW)
    assert told is not None
    assert told.event is NoticeOn.SUCCESS, "a recovery that nobody asked for is a success"
    assert of_end(wants, ended(NOW, False), [], NOW) is None


def test_what_is_overdue_is_told_once_a_day_although_its_words_change_every_hour() -> None:
    (first,) = of_watch(POLICY, [late()], None, [], NOW)
    assert first.event is NoticeOn.OVERDUE
    history = [noticed(first, NOW)]
    assert of_watch(POLICY, [late(hours=28)], None, history, NOW + HOUR) == []
    worse = Judgement("shop", State.LATE, Severity.CRITICAL, "has no proven backup for 55 h")
    assert kinds(of_watch(POLICY, [worse], None, history, NOW + HOUR)) == [NoticeOn.OVERDUE]
    assert kinds(of_watch(POLICY, [late()], None, history, NOW + 25 * HOUR)) == [NoticeOn.OVERDUE]


def test_a_proof_that_is_too_old_is_told_apart_and_no_run_claims_to_have_cured_it() -> None:
    undrilled = late(state=State.UNPROVEN)
    (told,) = of_watch(POLICY, [undrilled], None, [], NOW)
    assert told.event is NoticeOn.PROOF
    history = [noticed(told, NOW)]
    assert of_end(POLICY, ended(NOW + HOUR, True), history, NOW + HOUR) is None
    remarked = Judgement("shop", State.SAFE, Severity.LATE, "can come back", remarks=("x",))
    assert kinds(of_watch(POLICY, [remarked], None, [], NOW)) == [NoticeOn.PROOF]


def test_a_disk_that_is_full_within_a_week_is_told() -> None:
    fine = Judgement("shop", State.SAFE, Severity.OK, "can come back")
    assert of_watch(POLICY, [fine], NOW + 8 * DAY, [], NOW) == []
    (told,) = of_watch(POLICY, [fine], NOW + 2 * DAY, [], NOW)
    assert (told.event, told.title) == (
        NoticeOn.SPACE,
        "The disk of the backups is full in about 2 d.",
    )
    assert of_watch(POLICY, [fine], NOW + DAY, [noticed(told, NOW)], NOW + HOUR) == []


def test_where_nothing_can_be_seen_somebody_must_know() -> None:
    assert kinds(of_watch(POLICY, [], None, [], NOW)) == [NoticeOn.OVERDUE]


def test_a_flood_of_notices_is_held_back() -> None:
    history: list[PolicyEvent] = []
    told = 0
    for minute in range(60):
        now = NOW + timedelta(minutes=minute)
        event = ended(now, False, failed=f"db{minute}")
        telling = of_end(POLICY, event, history, now)
        history.append(event)
        if telling is not None:
            told += 1
            history.append(noticed(telling, now))
    assert told == POLICY.notice.per_hour


def test_a_clock_that_goes_back_does_not_silence_anybody() -> None:
    future = NOW + 400 * DAY
    history = [noticed(Telling(NoticeOn.OVERDUE, "", key="shop LATE 1"), future)] * 9
    assert kinds(of_watch(POLICY, [late()], None, history, NOW)) == [NoticeOn.OVERDUE]

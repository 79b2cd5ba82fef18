"""Text lengths cost more to read than all the rest: of what was linked they are known, and of the
other days some are looked at, others in each backup."""

from __future__ import annotations

import random

from kwtui.backups.readings import differences
from kwtui.model.checks import Aggregate, AggregateKind, Window, WindowReadings
from kwtui.operations.backup.execution.sampling import days_in_a_row, runs_without
from kwtui.operations.shared.window_reading import Lengths, lengths_in, with_lengths

SUM, LENGTH = Aggregate(AggregateKind.SUM, "a"), Aggregate(AggregateKind.LENGTH, "s")
LUCK = random.Random(1)  # noqa: S311 - it chooses days


def days(*rows: int) -> tuple[Window, ...]:
    times = [f"2026-11-{day:02} 00:00:00+00:00" for day in range(1, len(rows) + 2)]
    return tuple(Window(times[i], times[i + 1], n, (str(n),)) for i, n in enumerate(rows))


def test_few_rows_are_measured_all_and_of_many_a_twentieth() -> None:
    few = days(100, 200, 300)
    assert days_in_a_row(few, LUCK) == [(few[0].since, few[-1].until)]
    assert days_in_a_row((), LUCK) == []
    many = days(*[1_000_000] * 20)
    chosen = {days_in_a_row(many, random.Random(n))[0] for n in range(40)}  # noqa: S311
    assert all((window.since, window.until) in {w[:2] for w in many} for window in many)
    assert len(chosen) > 10, "others each time"
    assert chosen <= {(w.since, w.until) for w in many}


def test_days_that_are_not_known_are_few_stretches() -> None:
    found = days(1, 1, 1, 1, 1)
    known = {found[1].since, found[2].since}
    assert runs_without(found, known) == [found[0][:2], (found[3].since, found[4].until)]
    assert runs_without(found, {w.since for w in found}) == []
    many = days(*[1] * 28)
    every_other = {w.since for w in many[1::2]}
    assert runs_without(many, every_other) == [(many[0].since, many[26].until)]


def test_lengths_are_filled_in_where_the_rows_are_still_the_same() -> None:
    cheap = WindowReadings("ts", "1d", (SUM,), windows=days(5, 6, 7))
    since = [window.since for window in cheap.windows]
    known = {since[0]: Lengths(5, {LENGTH: "50"}), since[1]: Lengths(4, {LENGTH: "40"})}
    full = with_lengths(cheap, (SUM, LENGTH), known)
    assert [window.values for window in full.windows] == [("5", "50"), ("6", None), ("7", None)]
    assert lengths_in(full)[since[0]] == known[since[0]]
    again = with_lengths(full, full.aggregates, {since[2]: Lengths(7, {LENGTH: "70"})})
    assert again.windows[2].values == ("7", "70")


def test_a_length_that_was_not_read_is_no_difference_and_one_that_was_is() -> None:
    cheap = WindowReadings("ts", "1d", (SUM,), windows=days(5))
    since = cheap.windows[0].since

    def read(length: str) -> WindowReadings:
        return with_lengths(cheap, (SUM, LENGTH), {since: Lengths(5, {LENGTH: length})})

    unread = with_lengths(cheap, (SUM, LENGTH), {})
    assert not list(differences(read("50"), unread))
    assert not list(differences(unread, read("50")))
    assert [d.columns for d in differences(read("50"), read("51"))] == [("s",)]

"""From demands and figures to a strategy. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from kwtui.advice import keeping, limits
from kwtui.advice.facts import Answers, DatabaseFigures, Figure, Importance, Measured
from kwtui.advice.keeping import Fit, Wish
from kwtui.advice.load import load_line
from kwtui.advice.recommendation import Line, Recommendation, Schedule, Strategy
from kwtui.advice.timing import JITTER, densest, longest
from kwtui.advice.words import retention_words, span_words
from kwtui.model.retention import RetentionPolicy
from kwtui.model.schema import Engine
from kwtui.text import human_bytes, human_duration, plural

_REST = 2
"""Backups begin at least so many times as far apart as one takes: the node does other things too.
"""
_NOT_MEASURED = 0.05
"""Of the RPO, left for a backup whose time is not known."""
_DRILLS = {
    Importance.CRITICAL: timedelta(days=1),
    Importance.NORMAL: timedelta(days=7),
    Importance.LOW: timedelta(days=30),
}
_VERIFIES = {
    Importance.CRITICAL: timedelta(days=7),
    Importance.NORMAL: timedelta(days=7),
    Importance.LOW: timedelta(days=30),
}
_TABLES = 3
"""Of each database, those that grow most."""
_DRILL_SHARE = 0.1
"""The most of all time that drills may take."""


def advise(answers: Mapping[str, Answers], measured: Measured) -> Recommendation:
    """A strategy for each of the databases that were measured; those with the same answers share
    one. Every figure is told with its source; what is not known stays unknown."""
    groups: dict[Answers, list[DatabaseFigures]] = {}
    for figures in measured.databases:
        groups.setdefault(answers.get(figures.name, Answers()), []).append(figures)
    wishes = []
    for asked, databases in groups.items():
        took = backup_time(databases)
        wishes.append(Wish(tuple(databases), asked, _schedule(asked, took)))
    fitted = keeping.fit(wishes, measured)
    strategies = tuple(
        _strategy(wish, measured, fitted.retentions[number] if fitted else None)
        for number, wish in enumerate(wishes)
    )
    return Recommendation(
        strategies=strategies,
        space=fitted.space if fitted else None,
        node=(_disk(wishes, measured, fitted), *limits.wal(wishes, measured)),
        contradictions=tuple(_contradictions(wishes, measured, fitted)),
        cannot=tuple(limits.cannot(wishes, measured)),
        unknown=tuple(limits.unknown(wishes, measured)),
    )


def backup_time(databases: Sequence[DatabaseFigures]) -> Figure:
    """Of all of them one after the other, in seconds."""
    return _sum([_time(d.name, d.backup_seconds, d.size, d.export_speed) for d in databases])


def restore_time(database: DatabaseFigures) -> Figure:
    """In seconds: measured, else from its size and the speed of other restores, or of a probe."""
    return _time(database.name, database.restore_seconds, database.size, database.import_speed)


def _time(name: str, own: Figure, size: Figure, speed: Figure) -> Figure:
    if own.value is not None:
        return Figure(own.value, f"{name}: {human_duration(own.value)}, {own.source}")
    if size.value is None or not speed.value:
        return Figure(None, f"{name}: {own.source}")
    seconds = size.value / speed.value
    words = (
        f"{name}: {human_bytes(round(size.value))} ({size.source}) at"
        f" {human_bytes(round(speed.value))}/s ({speed.source}) = {human_duration(seconds)}"
    )
    return Figure(seconds, words)


def _sum(figures: list[Figure]) -> Figure:
    words = "; ".join(figure.source for figure in figures)
    known = [figure.value for figure in figures if figure.value is not None]
    return Figure(sum(known) if len(known) == len(figures) else None, words)


# -- when -----------------------------------------------------------------------------------------


def _schedule(answers: Answers, took: Figure) -> Schedule:
    found = _in_time(answers, took)
    return found or densest(answers.window, _apart(took))


def _in_time(answers: Answers, took: Figure) -> Schedule | None:
    """None where the RPO cannot be kept."""
    left = answers.rpo * _NOT_MEASURED if took.value is None else timedelta(seconds=took.value)
    return longest(answers.rpo - left, answers.window, _apart(took))


def _apart(took: Figure) -> timedelta:
    return timedelta(seconds=_REST * (took.value or 0.0))


def at_worst(schedule: Schedule, took: Figure) -> timedelta:
    """The age of the newest finished backup just before the next one is finished."""
    return schedule.gap + JITTER + timedelta(seconds=took.value or 0.0)


# -- one strategy ---------------------------------------------------------------------------------


def _strategy(wish: Wish, measured: Measured, retention: RetentionPolicy | None) -> Strategy:
    answers, schedule = wish.answers, wish.schedule
    took = backup_time(wish.databases)
    kept = _in_time(answers, took) is not None
    max_age = answers.rpo if kept else _whole_hours(at_worst(schedule, took))
    drills, drill_line = _drills(wish)
    verifies = _VERIFIES[answers.importance]
    lines = (
        *_busiest(wish),
        _method(wish),
        _incremental(wish),
        _schedule_line(wish, took, kept),
        load_line(wish.databases, measured.jobs, answers.window),
        _retention_line(wish, retention),
        Line(
            "Proof",
            f"P2 for each backup, all read again every {span_words(verifies)}",
            ("P2: every record parses, and the counts match what the server said.",),
        ),
        drill_line,
        _restore_line(wish),
        limits.off_site(answers),
    )
    return Strategy(
        databases=tuple(each.name for each in wish.databases),
        answers=answers,
        schedule=schedule,
        max_age=max_age,
        retention=retention,
        drill_every=drills,
        verify_every=verifies,
        lines=lines,
    )


def _busiest(wish: Wish) -> tuple[Line, ...]:
    """The tables that grow most, where two backups tell."""
    because = [
        f"{each.name}.{table}: {round(figure.value or 0):,} rows a day ({figure.source})."
        for each in wish.databases
        for table, figure in each.rows_a_day[:_TABLES]
        if figure.value
    ]
    return (Line("Writes", "the tables that change most", tuple(because)),) if because else ()


def _method(wish: Wish) -> Line:
    series = [each.name for each in wish.databases if each.engine is Engine.TIME_SERIES]
    because = ["Every relational table as of one instant, each with its own progress and proof."]
    if series:
        because.append(f"Time series are cut by their time column: {', '.join(series)}.")
    return Line("Method", "snapshot", tuple(because))


def _incremental(wish: Wish) -> Line:
    because = []
    for each in wish.databases:
        if each.new_bytes.value is None or not each.size.value:
            because.append(f"{each.name}: {each.new_bytes.source}; counted as a full backup.")
            continue
        share = each.new_bytes.value / each.size.value
        because.append(
            f"{each.name}: {human_bytes(round(each.new_bytes.value))} of"
            f" {human_bytes(round(each.size.value))} ({share:.0%}) is written anew"
            f" ({each.new_bytes.source})."
        )
    return Line(
        "Incremental", "auto: what did not change is linked, all again every 30 d", (*because,)
    )


def _schedule_line(wish: Wish, took: Figure, kept: bool) -> Line:
    schedule = wish.schedule
    because = []
    if took.value is None:
        because.append(f"Time of a backup: not known. {took.source}.")
    else:
        because.append(f"Time of a backup: {human_duration(took.value)} ({took.source}).")
    worst = span_words(at_worst(schedule, took))
    delay = f"{span_words(schedule.gap)} apart + up to {span_words(JITTER)} delay"
    if took.value is None:
        because.append(f"Lost at most: {delay} + the time of a backup = {worst} or more.")
    else:
        because.append(f"Lost at most: {delay} + {human_duration(took.value)} = {worst}.")
    verdict = "is kept" if kept else "is NOT kept"
    if kept and took.value is None:
        left = wish.answers.rpo - schedule.gap - JITTER
        verdict = f"is kept if a backup takes no longer than {span_words(left)}"
    because.append(f"RPO {span_words(wish.answers.rpo)}: {verdict}.")
    times = plural(len(schedule.minutes), "run")
    return Line("Schedule", f"{schedule.on_calendar} UTC ({times} a day)", tuple(because))


def _retention_line(wish: Wish, retention: RetentionPolicy | None) -> Line:
    asked = span_words(wish.answers.keep)
    if retention is None:
        return Line("Retention", "none can be recommended", (f"To keep: {asked}. See Disk.",))
    because = [f"To keep: {asked}. At most {plural(keeping.most_kept(retention), 'backup')} each."]
    for each in wish.databases:
        held = keeping.held_by(each, retention, wish)
        size = keeping.grown(each, wish.answers)
        grows = (
            f"growth not known: {each.growth.source}"
            if each.growth.value is None
            else f"{human_bytes(round(max(0.0, each.growth.value)))} a day, {each.growth.source}"
        )
        because.append(
            f"{each.name}: {human_bytes(round(each.size.value or 0))} ({each.size.source}), after"
            f" {asked} {human_bytes(size)} ({grows}); all kept backups:"
            f" {human_bytes(held)} at most."
        )
    return Line("Retention", retention_words(retention), tuple(because))


def _drills(wish: Wish) -> tuple[timedelta, Line]:
    """As often as the database is important, and no more than a tenth of the time."""
    took = _sum([restore_time(each) for each in wish.databases])
    every = _DRILLS[wish.answers.importance]
    steps = (*sorted(set(_DRILLS.values())), timedelta(days=90))
    if took.value is not None:
        enough = timedelta(seconds=took.value / _DRILL_SHARE)
        every = next((step for step in steps if step >= max(every, enough)), steps[-1])
        because = f"One takes {human_duration(took.value)} ({took.source})."
    else:
        because = f"How long one takes is not known. {took.source}."
    words = f"every {span_words(every)} ({wish.answers.importance.value} importance)"
    return every, Line("Drill", words, (because,))


def _restore_line(wish: Wish) -> Line:
    took = [restore_time(each) for each in wish.databases]
    because = tuple(f"{figure.source}." for figure in took)
    rto = wish.answers.rto
    if rto is None:
        return Line("Restore", "no RTO is demanded", because)
    asked = f"RTO {span_words(rto)}"
    known = [figure.value for figure in took if figure.value is not None]
    if any(seconds > rto.total_seconds() for seconds in known):
        return Line("Restore", f"{asked}: is NOT kept", because)
    if len(known) < len(took):
        return Line("Restore", f"{asked}: not known before the first drill", because)
    return Line("Restore", f"{asked}: is kept", because)


def _whole_hours(span: timedelta) -> timedelta:
    hour = timedelta(hours=1)
    return -(-span // hour) * hour


# -- all of them ----------------------------------------------------------------------------------


def _disk(wishes: list[Wish], measured: Measured, fitted: Fit | None) -> Line:
    budget = keeping.budget_of(measured)
    if budget is None:
        return Line("Disk", "not known", (f"Free space: {measured.free_bytes.source}.",))
    free, held = measured.free_bytes, measured.held_bytes
    because = [
        f"Free: {human_bytes(round(free.value or 0))} ({free.source});"
        f" {keeping.SPARE_SHARE:.0%} of it stays free for the node.",
        f"Backups of these databases hold {human_bytes(round(held.value or 0))} ({held.source}).",
        f"Backups may take {human_bytes(budget)}.",
    ]
    sizes_known = all(each.size.value is not None for wish in wishes for each in wish.databases)
    if not sizes_known:
        return Line("Disk", "what fits is not known: a size is not", tuple(because))
    work = human_bytes(keeping.work_space(wishes))
    because.append(f"In it, room for the next backup and a drill of the largest: {work}.")
    if fitted is None:
        needed = keeping.thinnest_needs(wishes)
        because.append(f"The thinnest retention needs {human_bytes(needed)}.")
        return Line("Disk", "too small", tuple(because))
    space = fitted.space
    spare = "days to spare: not known, or it does not grow"
    if space.days_to_spare is not None:
        spare = f"{plural(space.days_to_spare, 'day')} to spare at this growth"
    words = f"{human_bytes(space.needed)} of {human_bytes(space.budget)} at most; {spare}"
    return Line("Disk", words, tuple(because))


def _contradictions(wishes: list[Wish], measured: Measured, fitted: Fit | None) -> list[str]:
    found: list[str] = []
    everything, guessed = 0.0, False
    for wish in wishes:
        took = backup_time(wish.databases)
        if _in_time(wish.answers, took) is None:
            found.append(limits.rpo_refused(wish, took, at_worst(wish.schedule, took)))
        times = [(each.name, restore_time(each)) for each in wish.databases]
        found += limits.rto_refused(wish.answers, times)
        everything += sum(figure.value or 0.0 for _, figure in times)
        guessed = guessed or any(figure.value is None for _, figure in times)
    found += limits.rto_of_all(wishes, everything, at_least=guessed)
    found += limits.demands_refused(wishes)
    found += limits.levels_refused(wishes, measured)
    budget = keeping.budget_of(measured)
    sizes_known = all(each.size.value is not None for wish in wishes for each in wish.databases)
    if fitted is None and budget is not None and sizes_known:
        needed = human_bytes(keeping.thinnest_needs(wishes))
        shorter = keeping.longest_that_fits(wishes, measured)
        way = (
            f"What fits: to keep them for {span_words(shorter)}"
            if shorter
            else "Not even one day fits"
        )
        found.append(
            f"The disk is too small: the thinnest retention needs {needed}, backups may take"
            f" {human_bytes(budget)}. {way}; or take a larger disk."
        )
    return found

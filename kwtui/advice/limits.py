"""What cannot be kept, what cannot be promised, what is not known; in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from kwtui.advice.facts import Answers, Demand, Figure, Importance, Measured
from kwtui.advice.keeping import Wish
from kwtui.advice.load import load_unknown
from kwtui.advice.recommendation import Line
from kwtui.advice.words import span_words
from kwtui.model.schema import Engine
from kwtui.text import human_duration

_SYNC_BELOW = timedelta(hours=1)
"""An RPO that is shorter says that every row counts."""
_LEVELS = {
    0: "0 (off): what was not flushed yet is lost whenever the node dies",
    1: "1 (sync): neither the end of the process nor a power failure loses a confirmed row",
    2: "2 (flush): the end of the process loses nothing, a power failure usually some seconds",
    3: "3 (raft log): rows are safe through the raft log",
}
"""As `kwtui wal` says (facts.md, section 6)."""


def rpo_refused(wish: Wish, took: Figure, worst: timedelta) -> str:
    """Why the RPO is not kept, and what is."""
    names = ", ".join(each.name for each in wish.databases)
    asked = f"{names}: an RPO of {span_words(wish.answers.rpo)} cannot be kept"
    kept = f"The shortest that can be kept is {span_words(worst)}."
    if took.value is not None and timedelta(seconds=took.value) >= wish.answers.rpo:
        return f"{asked}: a backup takes {human_duration(took.value)} ({took.source}). {kept}"
    apart = f"backups begin up to {span_words(wish.schedule.gap)} apart"
    if wish.answers.window:
        return f"{asked}: within {wish.answers.window} UTC {apart}. {kept}"
    if took.value is None:
        return f"{asked}: {apart} at the closest. {kept}"
    long = human_duration(took.value)
    return f"{asked}: a backup takes {long} ({took.source}), so {apart} at the closest. {kept}"


def rto_refused(answers: Answers, times: Sequence[tuple[str, Figure]]) -> Iterator[str]:
    for name, took in times:
        if answers.rto is None or took.value is None:
            continue
        if took.value > answers.rto.total_seconds():
            yield (
                f"{name}: an RTO of {span_words(answers.rto)} cannot be kept: a restore takes"
                f" {human_duration(took.value)} ({took.source})."
            )


def rto_of_all(wishes: Sequence[Wish], seconds: float, *, at_least: bool) -> Iterator[str]:
    """A lost node takes all databases, which come back one after the other."""
    asked = [wish.answers.rto for wish in wishes if wish.answers.rto is not None]
    count = sum(len(wish.databases) for wish in wishes)
    if asked and count > 1 and seconds > max(asked).total_seconds():
        more = "at least " if at_least else ""
        yield (
            f"All {count} databases one after the other take {more}{human_duration(seconds)} to"
            f" restore, longer than the RTO of {span_words(max(asked))}: after the loss of the"
            " node decide which comes first."
        )


def demands_refused(wishes: Sequence[Wish]) -> Iterator[str]:
    for wish in wishes:
        names = ", ".join(each.name for each in wish.databases)
        if Demand.OFF_SITE in wish.answers.demands and not wish.answers.copies:
            yield f"{names}: a copy at another place is demanded; no target is named."


def levels_refused(wishes: Sequence[Wish], measured: Measured) -> Iterator[str]:
    if measured.wal_level.value == 0 and _has_series(wishes):
        yield (
            "The WAL of time series is off (level 0): rows that were confirmed and not flushed are"
            " lost whenever the node dies, whatever is backed up."
        )


# -- the node -------------------------------------------------------------------------------------


def wal(wishes: Sequence[Wish], measured: Measured) -> tuple[Line, ...]:
    """What protects the writes between two backups of time series."""
    if not _has_series(wishes):
        return ()
    strict = any(
        w.answers.importance is Importance.CRITICAL or w.answers.rpo < _SYNC_BELOW for w in wishes
    )
    level = measured.wal_level.value
    because = []
    if level is None:
        because.append(f"The level is not known: {measured.wal_level.source}.")
    else:
        now = _LEVELS.get(int(level), f"{int(level)}, which KWDB does not document")
        because.append(f"Now {now} ({measured.wal_level.source}).")
    interval = measured.checkpoint_seconds
    if interval.value is not None:
        because.append(f"A checkpoint every {human_duration(interval.value)} ({interval.source}).")
    if strict:
        because.append("Critical, or an RPO below 1 h: no confirmed row may be lost.")
        because.append("It makes every write wait for the disk; how long is not measured.")
    if level == 3 or (level in (1, 2) and not (strict and level == 2)):
        return (Line("WAL", f"leave level {int(level)}", tuple(because)),)
    wanted = 1 if strict else 2
    because.append("Set it with: kwtui wal set")
    return (Line("WAL", f"set level {wanted}", tuple(because)),)


def off_site(answers: Answers) -> Line:
    if not answers.copies:
        return Line("Off-site", "none", ("No target was named.",))
    because = ("After each backup, proven to O1; how long sending takes is not measured.",)
    return Line("Off-site", f"to {answers.copies}", because)


# -- what is left ---------------------------------------------------------------------------------


def cannot(wishes: Sequence[Wish], measured: Measured) -> Iterator[str]:
    yield (
        "No point in time between two backups: KWDB can replay no WAL up to a moment. What was"
        " written since the last backup is lost with the data."
    )
    if _has_series(wishes):
        yield "An export of a time series is no snapshot: late rows may come in while it is read."
    if any(not wish.answers.copies for wish in wishes):
        yield (
            "Backups lie on the node's own disk: without an off-site copy a lost disk, a lost site"
            " or ransomware takes them too."
        )
    if (measured.nodes.value or 1) > 1:
        yield "All files of a backup lie on one node: the loss of that node takes the backups."
    if any(Demand.NO_LONGER in wish.answers.demands for wish in wishes):
        yield (
            "That nothing is kept longer: pinned and damaged backups and the newest proven one"
            " stay, and counts are of periods that hold a backup."
        )
    yield "Passwords of accounts are in no export of KWDB: keep them elsewhere."


def unknown(wishes: Sequence[Wish], measured: Measured) -> Iterator[str]:
    for wish in wishes:
        for each in wish.databases:
            told = {
                "the size of a backup": each.size,
                "the growth": each.growth,
                "the time of a backup": each.backup_seconds,
                "the time of a restore": each.restore_seconds,
            }
            for what, figure in told.items():
                if figure.value is None:
                    yield f"{each.name}: {what}: {figure.source}."
        yield from load_unknown(wish.databases)
    if any(each.lacks_speed for wish in wishes for each in wish.databases):
        yield "EXPORT and IMPORT speed of this node: --probe measures it with a scratch database."
    yield "Statements by hour: KWDB has no statistics of them that kwtui knows."
    yield from measured.unknown


def _has_series(wishes: Sequence[Wish]) -> bool:
    """A database of which the engine is not known may hold some."""
    engines = [each.engine for wish in wishes for each in wish.databases]
    return any(engine is not Engine.RELATIONAL for engine in engines)

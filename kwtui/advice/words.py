"""How spans, retentions and a whole recommendation are told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from kwtui.advice.facts import Answers
from kwtui.advice.recommendation import Line, Recommendation
from kwtui.model.retention import RetentionPolicy


def span_words(span: timedelta) -> str:
    """As it is typed, in the largest unit that loses nothing: ``26h``, ``90min``, ``7d``. Seconds
    are rounded up to minutes."""
    minutes = -(-span // timedelta(minutes=1))
    hours, left = divmod(minutes, 60)
    if left:
        return f"{minutes}min" if hours < 3 else f"{hours}h {left}min"
    days, more = divmod(hours, 24)
    if hours and not more and days > 1:
        return f"{days}d"
    return f"{hours}h" if hours else f"{minutes}min"


def policy_span(span: timedelta) -> str:
    """As a policy's file takes it: one unit."""
    minutes = -(-span // timedelta(minutes=1))
    if minutes % 1440 == 0 and minutes > 1440:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}min"


def advise_words(
    databases: Sequence[str], usual: Answers, others: Mapping[str, Answers], *, probe: bool
) -> list[str]:
    """The words after ``kwtui`` of the command that advises the same. Databases with the same
    answers stand in one ``--for``."""
    words = ["advise", *databases]
    for key, value in _differing(usual, Answers()).items():
        if key == "demand":
            words += [word for demand in usual.demands for word in ("--demand", demand.value)]
        else:
            words += [f"--{key}", value]
    groups: dict[Answers, list[str]] = {}
    for name, answers in others.items():
        groups.setdefault(answers, []).append(name)
    for answers, names in groups.items():
        told = " ".join(f"{key}={value}" for key, value in _differing(answers, usual).items())
        words += ["--for", f"{','.join(names)}: {told}"]
    return [*words, *(["--probe"] if probe else [])]


def _differing(answers: Answers, usual: Answers) -> dict[str, str]:
    before = _by_key(usual)
    return {key: value for key, value in _by_key(answers).items() if value != before[key]}


def _by_key(answers: Answers) -> dict[str, str]:
    """By the options' names; empty where nothing is demanded."""
    return {
        "importance": answers.importance.value,
        "rpo": policy_span(answers.rpo),
        "rto": policy_span(answers.rto) if answers.rto else "",
        "keep": policy_span(answers.keep),
        "window": answers.window,
        "copies": answers.copies,
        "demand": ",".join(answers.demands),
    }


def retention_words(retention: RetentionPolicy) -> str:
    counts = {
        "last": retention.keep_last,
        "daily": retention.keep_daily,
        "weekly": retention.keep_weekly,
        "monthly": retention.keep_monthly,
        "yearly": retention.keep_yearly,
    }
    return " + ".join(f"{count} {name}" for name, count in counts.items() if count)


def advice_lines(advice: Recommendation) -> Iterator[str]:
    """The whole recommendation, for a terminal or a file; lines of any length."""
    for strategy in advice.strategies:
        yield f"Strategy for {', '.join(strategy.databases)}"
        yield from _told(strategy.lines)
        yield ""
    yield "Of the node"
    yield from _told(advice.node)
    for title, items in (
        ("Contradictions", advice.contradictions),
        ("What this cannot promise", advice.cannot),
        ("Not measured", advice.unknown),
    ):
        if items:
            yield ""
            yield title
            yield from (f"  - {each}" for each in items)


def _told(lines: tuple[Line, ...]) -> Iterator[str]:
    for line in lines:
        yield f"  {line.topic + ':':13}{line.advice}"
        yield from (f"{'':17}{each}" for each in line.because)

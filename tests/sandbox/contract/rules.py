"""The named rules by which two runs may differ: ids, times, sizes and paths, nothing else.

A rule finds its tokens in both texts. Tokens in the same place may differ if both are of the
rule's kind; whatever stands between them has to be equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

RECORDED_STORE = "/var/lib/kaiwudb"
RECORDED = (
    (datetime(2026, 11, 22, 7, 0, tzinfo=UTC), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
    (datetime(2026, 11, 30, 4, 0, tzinfo=UTC), datetime(2026, 11, 30, 6, 0, tzinfo=UTC)),
)
"""From when to when the node was recorded: 01 to 16, then 17 to 20."""

_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})?"

ID_COLUMNS = frozenset(
    {
        "database_id",
        "descriptor_id",
        "table_id",
        "parent_id",
        "range_id",
        "descriptor_ids",
        "oid",
        "namespace_oid",
        "relfilenode",
    }
)
FIGURE_COLUMNS = frozenset(
    {
        "available",
        "avg_size",
        "block_size",
        "capacity",
        "compression_ratio",
        "goroutine_id",
        "leases",
        "range_size",
        "range_size_mb",
        "ranges",
        "used",
    }
)


@dataclass(frozen=True)
class Run:
    """What has to be known of a replay to tell its own values from wrong ones."""

    store: str
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def is_now(self, text: str) -> bool:
        """Whether a time was made during this replay, or lies within the hours after."""
        moment = datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
        return self.began - timedelta(minutes=2) <= moment <= self.began + timedelta(hours=3)


def _recorded_now(text: str) -> bool:
    moment = datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    return any(begun <= moment <= ended for begun, ended in RECORDED)


@dataclass(frozen=True)
class Rule:
    """Tokens that may differ between two runs."""

    name: str
    pattern: re.Pattern[str]
    columns: frozenset[str] | None = None
    """The columns it holds for; ``None`` for every text."""
    accept: Callable[[str, str, Run], bool] = lambda recorded, answered, run: True


def _times(recorded: str, answered: str, run: Run) -> bool:
    try:
        return _recorded_now(recorded) and run.is_now(answered)
    except ValueError:
        return False


_ROW_ID_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


def _row_id_time(text: str) -> str:
    """When an id was made: the upper bits count ten microseconds, the lower 15 are the node."""
    moment = _ROW_ID_EPOCH + timedelta(microseconds=10 * (int(text) >> 15))
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _row_ids(recorded: str, answered: str, run: Run) -> bool:
    """A checksum has as many digits as an id, but no time of the run in it."""
    return _times(_row_id_time(recorded), _row_id_time(answered), run)


def _nanoseconds(recorded: str, answered: str, run: Run) -> bool:
    """``last_update_nanos`` of a range."""
    old, new = (datetime.fromtimestamp(int(text) // 10**9, UTC) for text in (recorded, answered))
    shown = [moment.replace(tzinfo=None).isoformat(sep=" ") for moment in (old, new)]
    return _times(shown[0], shown[1], run)


RULES = (
    Rule("time of the run", re.compile(_TIME), None, _times),
    Rule("logical timestamp", re.compile(r"\b\d{19}\.\d{10}\b|\b\d{10}\.\d{9},\d+")),
    Rule("time in nanoseconds", re.compile(r"(?<![\d.])\d{19}(?![\d.])"), None, _nanoseconds),
    Rule("job or row id", re.compile(r"(?<![\d.])\d{19}(?![\d.])"), None, _row_ids),
    # A node hashes its own key encoding, hidden row ids and table ids included.
    Rule("fingerprint", re.compile(r"-?\d+"), frozenset({"fingerprint"})),
    Rule("session or query id", re.compile(r"\b[0-9a-f]{32}\b")),
    Rule(
        "cluster id or secret",
        re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
        frozenset({"value", "kwdb_internal.cluster_id"}),
    ),
    Rule(
        "cluster secret in an export",
        re.compile(r"(?<=cluster\.secret,)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    ),
    Rule("address", re.compile(r"(?:127\.0\.0\.1|localhost):\d+")),
    Rule("port", re.compile(r"\d+"), frozenset({"value"})),
    Rule("descriptor id", re.compile(r"\d+"), ID_COLUMNS),
    # Two real nodes differed in one of these (live-findings, section 4).
    Rule("schema version", re.compile(r"\d+"), frozenset({"version"})),
    Rule("descriptor id in a key", re.compile(r"(?<=/Table/)\d+")),
    Rule("descriptor id in a key", re.compile(r"(?<=\\x)[0-9a-f]+"), frozenset({"key"})),
    Rule(
        "figure of a range",
        re.compile(r"\d+(?:\.\d+)?"),
        frozenset({"kwdb_internal.range_stats"}),
    ),
    Rule("size or count of the node", re.compile(r"\d+(?:\.\d+)?"), FIGURE_COLUMNS),
    Rule("elapsed time", re.compile(r"\d+(?:\.\d+)?(?:ns|µs|ms|s)\b"), frozenset({"elapsed"})),
    Rule("temporary file", re.compile(r"(?<=\.sql)\d+(?=\.tmp)|(?<=kwbase-temp)\d+")),
    Rule("password hash", re.compile(r"scrypt\$[0-9a-f$]+|\$2a\$\d\d\$[./\w]{53}")),
)


def agree(recorded: str, answered: str, run: Run, column: str = "") -> bool:
    """Whether two texts are equal but for what the rules allow."""
    if recorded == answered:
        return True
    answered = answered.replace(run.store, RECORDED_STORE)
    for rule in RULES:
        if recorded == answered:
            return True
        if rule.columns is None or column in rule.columns:
            answered = _settle(rule, recorded, answered, run)
    return recorded == answered


def _settle(rule: Rule, recorded: str, answered: str, run: Run) -> str:
    """``answered`` with each of the rule's tokens replaced by the recorded one, where allowed."""
    theirs = rule.pattern.findall(recorded)
    if len(theirs) != len(rule.pattern.findall(answered)):
        return answered
    tokens = iter(theirs)

    def replace(found: re.Match[str]) -> str:
        token = next(tokens)
        same = token == found[0] or rule.accept(token, found[0], run)
        return token if same else found[0]

    return rule.pattern.sub(replace, answered)


_REUSED = tuple(
    rule.pattern
    for rule in RULES
    if rule.name in ("logical timestamp", "job or row id", "session or query id")
)


def remember(recorded: Iterable[str], answered: Iterable[str], known: dict[str, str]) -> None:
    """Note what this run has in place of the recorded ids and timestamps.

    Later statements name them: ``CANCEL JOB``, ``AS OF SYSTEM TIME``.
    """
    for old, new in zip(recorded, answered, strict=False):
        for pattern in _REUSED:
            before, after = pattern.findall(old), pattern.findall(new)
            if len(before) == len(after):
                known.update(zip(before, after, strict=True))


_LISTED = re.compile(
    r"^(?P<mode>[-dl][rwxsStT-]{9})[.+@]?\s+\d+\s+\S+\s+\S+\s+\d+\s+\w{3}\s+\d+\s+[\d:]+\s+(?P<name>.+)$"
)


def listing(text: str) -> str:
    """``ls -l`` output as modes and names, without the folder above, which is not the node's."""
    kept = []
    for line in text.splitlines():
        found = _LISTED.match(line)
        if found and found["name"] == "..":
            continue
        if found:
            kept.append(f"{found['mode']} {found['name']}")
        elif not line.startswith("total "):
            kept.append(line)
    return "\n".join(kept)

"""Comparing one recorded answer with the sandbox's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tests.sandbox.contract.recordings import Step
from tests.sandbox.contract.rules import Run, agree, listing

_CHUNK = re.compile(r"^(?P<folder>.*?)n\d+\.\d+\.(?:csv|sql)$")
_SHOWN = 12
"""Differing rows, columns or files that one message shows."""

Rows = Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as recorded."""

    what: str
    recorded: str
    answered: str

    def __str__(self) -> str:
        return f"{self.what}\n      node:    {self.recorded}\n      sandbox: {self.answered}"


def compare(step: Step, outcome: dict[str, Any], run: Run) -> list[Difference]:
    """All that differs between the recorded line and what the sandbox answered."""
    line = step.line
    if "tree" in line:
        return _trees(line["tree"], outcome["tree"], run)
    if "exit" in line:
        return _shells(line, outcome, run)
    if "error" in line or "error" in outcome:
        return _errors(line, outcome, run)
    found = _value("tag", line.get("tag"), outcome.get("tag"), run)
    found += _result_sets(line, outcome, step.line["sql"], run)
    found += _notices(line["notices"], outcome["notices"], run)
    earlier, answered = line.get("earlier_results", []), outcome.get("earlier_results", [])
    if len(earlier) != len(answered):
        found.append(
            Difference("number of earlier result sets", str(len(earlier)), str(len(answered)))
        )
    for old, new in zip(earlier, answered, strict=False):
        found += _result_sets(old, new, step.line["sql"], run)
    return found


def _value(what: str, recorded: object, answered: object, run: Run) -> list[Difference]:
    if recorded == answered:
        return []
    if isinstance(recorded, str) and isinstance(answered, str) and agree(recorded, answered, run):
        return []
    return [Difference(what, repr(recorded), repr(answered))]


def _errors(line: dict[str, Any], outcome: dict[str, Any], run: Run) -> list[Difference]:
    recorded, answered = line.get("error"), outcome.get("error")
    if recorded is None or answered is None:
        return [Difference("outcome", _summary(line), _summary(outcome))]
    return [
        difference
        for part in ("sqlstate", "message", "detail", "hint")
        for difference in _value(part, recorded[part], answered[part], run)
    ]


def _summary(answer: dict[str, Any]) -> str:
    if error := answer.get("error"):
        return f"error {error['sqlstate']}: {error['message']}"
    return f"{answer.get('tag')} {str(answer.get('rows', ''))[:300]}"


def _result_sets(
    line: dict[str, Any], outcome: dict[str, Any], sql: str, run: Run
) -> list[Difference]:
    columns, answered = line.get("columns"), outcome.get("columns")
    if columns != answered:
        return [Difference("columns", *_only_different(_columns(columns), _columns(answered)))]
    if columns is None:
        return []
    return _rows(
        [column["name"] for column in columns],
        line["rows"],
        outcome["rows"],
        _is_unordered(sql),
        run,
    )


def _columns(columns: list[dict[str, Any]] | None) -> list[str]:
    return ["no result set"] if columns is None else [f"{c['name']}:{c['oid']}" for c in columns]


def _only_different(recorded: list[str], answered: list[str]) -> tuple[str, str]:
    """Both lists, from where they part."""
    same = 0
    while same < min(len(recorded), len(answered)) and recorded[same] == answered[same]:
        same += 1
    head = "… " if same else ""
    return (
        head + ", ".join(recorded[same : same + _SHOWN]),
        head + ", ".join(answered[same : same + _SHOWN]),
    )


def _is_unordered(sql: str) -> bool:
    """Whether SQL leaves the order of the rows open."""
    text = sql.lstrip().upper()
    return text.startswith("SELECT") and "ORDER BY" not in text


def _rows(
    names: list[str], recorded: Rows, answered: Rows, unordered: bool, run: Run
) -> list[Difference]:
    pairs = list(zip(recorded, answered, strict=False))
    if unordered and len(recorded) == len(answered):
        pairs = list(zip(sorted(recorded, key=str), sorted(answered, key=str), strict=True))
        if all(_same_row(names, old, new, run) for old, new in pairs):
            return []
        pairs = list(zip(recorded, answered, strict=True))
    found = []
    if len(recorded) != len(answered):
        found.append(Difference("number of rows", str(len(recorded)), str(len(answered))))
        missing, extra = _unmatched(names, recorded, answered, run)
        found.append(Difference("rows of one side only", str(missing), str(extra)))
        return found
    for number, (old, new) in enumerate(_of_one_time(names, pairs, run)):
        for name, before, after in zip(names, old, new, strict=True):
            if not _same_cell(name, before, after, run):
                found.append(Difference(f"row {number} {name}", repr(before), repr(after)))
    return found[:_SHOWN]


Pair = tuple[Sequence[str | None], Sequence[str | None]]


def _of_one_time(names: list[str], pairs: list[Pair], run: Run) -> list[Pair]:
    """Pairs where rows that were created at one time may have changed places.

    The jobs of one transaction have one time of creation: no order of SHOW JOBS tells them apart.
    """
    if "created" not in names:
        return pairs
    at = names.index("created")
    made: list[Pair] = []
    for _, group in groupby(pairs, key=lambda pair: pair[0][at]):
        together = list(group)
        matched = _matched(names, together, run)
        made += together if matched is None else matched
    return made


def _matched(names: list[str], pairs: list[Pair], run: Run) -> list[Pair] | None:
    """Each recorded row with one that is the same; None if one has none."""
    left = [new for _, new in pairs]
    made: list[Pair] = []
    for old, _ in pairs:
        match = next((new for new in left if _same_row(names, old, new, run)), None)
        if match is None:
            return None
        left.remove(match)
        made.append((old, match))
    return made


def _unmatched(names: list[str], recorded: Rows, answered: Rows, run: Run) -> tuple[Rows, Rows]:
    """The first rows that have no counterpart on the other side."""
    missing, left = [], list(answered)
    for row in recorded:
        match = next((other for other in left if _same_row(names, row, other, run)), None)
        if match is None:
            missing.append(row)
        else:
            left.remove(match)
    return missing[:_SHOWN], left[:_SHOWN]


def _same_row(
    names: list[str], old: Sequence[str | None], new: Sequence[str | None], run: Run
) -> bool:
    return all(
        _same_cell(name, before, after, run)
        for name, before, after in zip(names, old, new, strict=True)
    )


def _same_cell(name: str, recorded: str | None, answered: str | None, run: Run) -> bool:
    if recorded is None or answered is None:
        return recorded is answered
    return agree(recorded, answered, run, name)


def _notices(
    recorded: list[dict[str, str]], answered: list[dict[str, str]], run: Run
) -> list[Difference]:
    old = [" ".join(notice.values()) for notice in recorded]
    new = [" ".join(notice.values()) for notice in answered]
    if len(old) == len(new) and all(agree(a, b, run) for a, b in zip(old, new, strict=True)):
        return []
    return [Difference("notices", repr(old), repr(new))]


def _shells(line: dict[str, Any], outcome: dict[str, Any], run: Run) -> list[Difference]:
    found = _value("exit status", line["exit"], outcome["exit"], run)
    return found + _value("output", listing(line["output"]), listing(outcome["output"]), run)


def _trees(
    recorded: list[dict[str, Any]], answered: list[dict[str, Any]], run: Run
) -> list[Difference]:
    old = {file["path"]: file for file in recorded}
    new = {file["path"]: file for file in answered}
    found = []
    if old.keys() != new.keys():
        found.append(
            Difference(
                "files of one side only",
                str(sorted(old.keys() - new.keys())[:_SHOWN]),
                str(sorted(new.keys() - old.keys())[:_SHOWN]),
            )
        )
    differing = [
        path
        for path in sorted(old.keys() & new.keys())
        if not _same_file(old[path], new[path], run)
    ]
    if differing and _same_records(old, new, differing):
        return found
    for path in differing:
        found.append(Difference(f"file {path}", *_content_difference(old[path], new[path])))
    return found[:_SHOWN]


def _same_file(old: dict[str, Any], new: dict[str, Any], run: Run) -> bool:
    if "hex" in old or "hex" in new:
        return old.get("hex") == new.get("hex") and old["bytes"] == new["bytes"]
    return agree(old["text"], new["text"], run)


def _same_records(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]], differing: list[str]
) -> bool:
    """Whether chunks of one table hold the same lines in another order.

    A node spreads the chunks over workers, and two nodes did it differently (live-findings 4).
    """
    folders = set()
    for path in differing:
        chunk = _CHUNK.match(path)
        if chunk is None:
            return False
        folders.add(chunk["folder"])
    for folder in folders:
        paths = [p for p in old if (c := _CHUNK.match(p)) is not None and c["folder"] == folder]
        if len(paths) < 2 or not all(path in new for path in paths):
            return False
        before = sorted("".join(old[p].get("text", "") for p in paths).splitlines())
        after = sorted("".join(new[p].get("text", "") for p in paths).splitlines())
        if before != after:
            return False
    return True


def _content_difference(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str]:
    before, after = str(old.get("text", old.get("hex"))), str(new.get("text", new.get("hex")))
    for left, right in zip(before.splitlines(), after.splitlines(), strict=False):
        if left != right:
            return f"{old['bytes']} bytes, {left!r}", f"{new['bytes']} bytes, {right!r}"
    return f"{old['bytes']} bytes … {before[-80:]!r}", f"{new['bytes']} bytes … {after[-80:]!r}"

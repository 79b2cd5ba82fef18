"""kwtui report: the evidence journal, and whether it can be trusted."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.evidence.chain import Entry, Head


async def report(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    if args.head:
        return await _print_head(controller, output)
    if args.check is not None or args.target:
        return await _check(controller, args, output)
    return await _list(controller, args, output)


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    entries = _chosen(await controller.evidence.entries(), args)
    flaws = (await controller.evidence.check()).flaws
    if output.json:
        output.object("report", {"entries": entries, "flaws": flaws})
        return 0
    if not entries:
        output.line("Nothing was recorded in this time.")
    else:
        rows: list[tuple[str, ...]] = [("WHEN (UTC)", "WHO", "WHAT", "OUTCOME", "ABOUT", "RESULT")]
        rows += [_row(entry) for entry in _ends(entries)]
        for line in table(rows):
            output.line(line)
        output.line("")
        output.line(_sums(_ends(entries)))
    if flaws:
        output.note("The journal was altered. Show the changes: kwtui report --check")
    return 0


def _chosen(entries: list[Entry], args: argparse.Namespace) -> list[Entry]:
    from datetime import UTC, datetime

    from kwtui.node.logs.time_words import parse_when

    now = datetime.now(UTC)
    since = parse_when(args.since, now) if args.since is not None else None
    until = parse_when(args.until, now) if args.until is not None else None
    return [
        entry
        for entry in entries
        if (since is None or entry.at >= since)
        and (until is None or entry.at <= until)
        and args.database in (None, entry.database)
    ]


def _ends(entries: list[Entry]) -> list[Entry]:
    """One entry a run: how it ended, or that it began and nothing more is known."""
    ended = {e.run for e in entries if e.run and e.outcome != "began"}
    return [e for e in entries if e.outcome != "began" or e.run not in ended]


def _row(entry: Entry) -> tuple[str, ...]:
    what = entry.path or entry.database or entry.server
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.who,
        entry.action,
        "no end recorded" if entry.outcome == "began" else entry.outcome.value,
        what,
        entry.words,
    )


def _sums(entries: list[Entry]) -> str:
    """``backup: 30 succeeded, 1 failed; drill: 4 succeeded``"""
    counts = Counter((e.action, e.outcome.value) for e in entries)
    actions = dict.fromkeys(e.action for e in entries)
    return "; ".join(
        f"{action}: "
        + ", ".join(
            f"{number} {'without an end' if outcome == 'began' else outcome}"
            for (of, outcome), number in counts.items()
            if of == action
        )
        for action in actions
    )


async def _print_head(controller: Controller, output: Output) -> int:
    head = await controller.evidence.head()
    if output.json:
        output.object("evidence-head", {"lines": head.lines, "sha256": head.sha256})
    else:
        output.line(str(head))
    return 0


async def _check(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError (USAGE) for a word that is no head."""
    heads = _heads(args.check)
    if args.target:
        noted = await controller.evidence.noted(args.target)
        if not noted:
            output.note(f"No head of this journal was noted on {args.target} yet.")
        heads += noted
    checked = await controller.evidence.check(tuple(heads))
    if output.json:
        output.object("evidence-check", {"check": checked, "ok": not checked.flaws})
    else:
        for flaw in checked.flaws:
            output.line(f"Line {flaw.line}: {flaw.words}." if flaw.line else f"{flaw.words}.")
        state = "was altered" if checked.flaws else f"is whole: {checked.head.lines} lines"
        output.line(f"{checked.path} {state}")
        if not checked.flaws and not heads:
            output.note("To detect lines cut off its end, check against a head noted earlier.")
    return int(ExitCode.EVIDENCE_ALTERED) if checked.flaws else 0


def _heads(words: list[str] | None) -> list[Head]:
    from kwtui.evidence.chain import parse_head

    found = []
    for word in words or ():
        head = parse_head(word)
        if head is None:
            raise KwtuiError(
                f"{word!r} is no head of a journal.",
                hint="Give one as `kwtui report --head` prints it: LINES:SHA256.",
                exit_code=ExitCode.USAGE,
            )
        found.append(head)
    return found

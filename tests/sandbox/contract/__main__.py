"""``python -m tests.sandbox.contract report [FILE]``: how far the sandbox matches a node."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.sandbox.contract.known import known_differences
from tests.sandbox.contract.node import running_node
from tests.sandbox.contract.recordings import REPLAYED, needed_for
from tests.sandbox.contract.replay import Replayer, Result

_WIDTH = 400


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _report(
    number: str, results: Iterable[Result], listed: set[int], quiet: bool
) -> tuple[int, int]:
    checked = list(results)
    differing = [result for result in checked if result.differences]
    matched = len(checked) - len(differing)
    slowest = max(checked, key=lambda result: result.seconds)
    _print(
        f"== {number}: {matched}/{len(checked)} matched; "
        f"slowest {slowest.seconds:.2f} s ({slowest.step.title[:60]})"
    )
    if not quiet:
        for result in differing:
            mark = " (listed)" if result.step.index in listed else ""
            _print(f"  {number}#{result.step.index}{mark} {result.step.title[:_WIDTH]}")
            for difference in result.differences:
                _print(f"    {_cut(str(difference))}")
    return matched, len(checked)


def _cut(text: str) -> str:
    return "\n".join(
        line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…" for line in text.splitlines()
    )


def main() -> int:
    """Replay what is asked for and print what differs. Exit status 1 if anything does."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.contract")
    commands = parser.add_subparsers(required=True)
    report = commands.add_parser("report", help="replay, and print what differs")
    report.add_argument("file", nargs="?", help="a recording's number, such as 03; all by default")
    report.add_argument("--summary", action="store_true", help="only the totals")
    report.add_argument("--keep", type=Path, help="keep the sandbox's directory here")
    given = parser.parse_args()
    numbers = [given.file.zfill(2)[:2]] if given.file else list(REPLAYED)
    replayed = needed_for(numbers[0]) if given.file else numbers
    known = known_differences()
    totals = [0, 0]
    with tempfile.TemporaryDirectory(prefix="kwtui-contract-") as temporary:
        home = given.keep or Path(temporary) / "node"
        with running_node(home) as node:
            replayer = Replayer(node)
            for number in replayed:
                results = replayer.replay(number)
                if number not in numbers:
                    for _ in results:
                        pass
                    continue
                listed = {index for file, index in known if file == number}
                matched, total = _report(number, results, listed, given.summary)
                totals = [totals[0] + matched, totals[1] + total]
            replayer.close()
    _print(f"{totals[0]} of {totals[1]} matched ({100 * totals[0] / max(1, totals[1]):.1f} %)")
    return 0 if totals[0] == totals[1] else 1


if __name__ == "__main__":
    sys.exit(main())

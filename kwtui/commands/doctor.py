"""kwtui doctor: what stands between this machine and a good backup."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.doctor import Check

_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "unknown": "unknown"}
_MARGIN = 9


async def doctor(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code 0 if nothing failed, 1 if something did; with --strict warnings count, too."""
    failure = await look_around(controller, args)
    checks = await controller.doctor.checks(failure)
    bad = [c for c in checks if c.state.value in _bad_states(strict=args.strict)]
    if output.json:
        output.object("doctor", {"checks": checks, "ok": not bad})
    else:
        for line in _lines(checks, min(output.width, 100), everything=args.verbose):
            output.line(line)
    return int(ExitCode.FAILED if bad else ExitCode.OK)


async def look_around(controller: Controller, args: argparse.Namespace) -> KwtuiError | None:
    """Connect and find the files, as far as that can be done; why there is no connection."""
    try:
        await connect(controller, args)
    except KwtuiError as error:
        if error.exit_code is ExitCode.USAGE:
            raise
        await _only_files(controller, args)
        return error
    return None


async def _only_files(controller: Controller, args: argparse.Namespace) -> None:
    from kwtui.commands.shared.arguments import given_target, path_of

    target = given_target(args)
    await controller.folders.use(
        extern=path_of(target.extern),
        store=path_of(target.store),
        logs=path_of(target.logs),
        unreached=target,
    )


def _bad_states(*, strict: bool) -> set[str]:
    return {"failed", "warning"} if strict else {"failed"}


def _lines(checks: Sequence[Check], width: int, *, everything: bool) -> Iterator[str]:
    for check in checks:
        state = check.state.value
        yield from _wrapped(f"{check.title}: {check.detail}", width, _MARKS[state])
        if check.hint:
            yield from _wrapped(f"-> {check.hint}", width)
        if everything or (state != "ok" and check.id != "deployment") or check.id == "nodes":
            for line in check.more:
                yield from _wrapped(f"- {line}", width)
    counts = {
        word: sum(c.state.value == word for c in checks)
        for word in ("failed", "warning", "unknown")
    }
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    yield ""
    yield f"{len(checks)} checks: {said or 'all is well'}."
    if not everything and any(c.id == "deployment" and c.more for c in checks):
        yield "Every source of the deployment: kwtui doctor --verbose"


def _wrapped(text: str, width: int, mark: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=f"{mark:{_MARGIN}}",
        subsequent_indent=" " * _MARGIN,
        break_on_hyphens=False,
    )

"""Running a plan that changes cluster settings: say it, then read it back."""

from __future__ import annotations

import asyncio

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.context import RunContext, RunResult
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.runner import StepOutcome, run_steps
from kwtui.server.connection.server import Server
from kwtui.server.state.wal_settings import LEVEL, WalSettings, level_words, read_wal_settings

EFFECT_SECONDS = 30.0
"""How long the engine may take to work with a new level."""
_POLL_SECONDS = 0.5


async def run_settings(context: RunContext) -> RunResult:
    """Set what the plan says. Raises KwtuiError: STATEMENT_REFUSED when it did not take effect."""
    server = await context.connect()
    try:
        changes: dict[str, str] = {}

        async def change(step: Step) -> StepOutcome:
            for sql in step.sql:
                await server.execute(sql, within=EFFECT_SECONDS * 4)
            changes[step.subject] = await _check(server, step)
            return StepOutcome(summary=changes[step.subject])

        await run_steps(context.plan, {StepKind.SQL: change}, context.reporter, context.halt)
    finally:
        await server.close()
    words = "; ".join(f"{name}: {outcome}" for name, outcome in changes.items())
    return RunResult(summary=f"Set. {words}", result={"settings": changes})


async def _check(server: Server, step: Step) -> str:
    """What the server says now, in words. Raises KwtuiError when it is not what was asked for."""
    found = await read_wal_settings(server)
    if step.subject != LEVEL:
        if found.interval_seconds != step.params["expected_seconds"]:
            raise _not_taken(step, found.interval or "nothing")
        return f"read back as {found.interval}"
    if str(found.level) != step.params["expected"]:
        raise _not_taken(step, level_words(found.level))
    return await _effect(server, found)


async def _effect(server: Server, found: WalSettings) -> str:
    """Wait until the engine works with the level; that takes a checkpoint at times."""
    left = EFFECT_SECONDS
    while found.effective is not None and found.effective != found.level and left > 0:
        await asyncio.sleep(_POLL_SECONDS)
        left -= _POLL_SECONDS
        found = await read_wal_settings(server)
    if found.effective is None:
        return f"read back as {level_words(found.level)}; what the engine does is unknown"
    if found.effective != found.level:
        return (
            f"read back as {level_words(found.level)}, but after {EFFECT_SECONDS:g} s the engine"
            f" still works with {level_words(found.effective)}: check again (kwtui wal)"
        )
    return f"the engine works with {level_words(found.effective)}"


def _not_taken(step: Step, value: str) -> KwtuiError:
    return KwtuiError(
        f"{step.subject} did not take effect.",
        cause=f"The server accepted the statement but reports {value} now.",
        hint="Another session may have changed it at the same time. Check it: kwtui wal",
        exit_code=ExitCode.STATEMENT_REFUSED,
    )

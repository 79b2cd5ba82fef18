"""Runs a plan: its steps in order, neighbours of the same kind side by side where the plan allows.

It knows no processes and no journals. What happens is told to a `Reporter`; whoever runs a plan
decides what becomes of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.operations.plan import Plan, Step, StepKind

PARALLEL_KINDS = frozenset({StepKind.EXPORT_TABLE, StepKind.IMPORT_TABLE})
"""Steps that may run beside their neighbours; every other step waits for the one before it."""


class Reporter(Protocol):
    """Is told what happens, as it happens."""

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None: ...

    def progress(
        self,
        step: Step,
        *,
        phase: str = "",
        table: int | None = None,
        tables: int | None = None,
        rows: int | None = None,
        rows_total: int | None = None,
        bytes: int | None = None,
        bytes_total: int | None = None,
        basis: str = "",
        estimated: bool = False,
    ) -> None:
        """How far a step is; what is not given stays as it was, unless the phase is another one.

        ``table`` of ``tables`` is the one at work, from 1 on. ``basis`` says in words what the
        figures come from; ``estimated`` rows are not counted.
        """

    def notice(self, step: Step, severity: str, message: str) -> None: ...

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None: ...

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None: ...


@dataclass(frozen=True)
class StepOutcome:
    """What a step did. ``details`` are JSON values for screens and scripts."""

    summary: str = ""
    rows: int | None = None
    bytes: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


class CancelledByPerson(KwtuiError):
    """The run was cancelled, and the step that was running has stopped."""

    def __init__(self) -> None:
        super().__init__("The run was cancelled.", exit_code=ExitCode.CANCELLED)


class StoppedWithOthers(KwtuiError):
    """The step was stopped because one beside it failed."""

    def __init__(self) -> None:
        super().__init__("Stopped, because another step failed.")


class Halt:
    """The wish that everything that runs stops: a person cancelled, or a step failed."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.by_person = False
        self.sweep: bool | None = None
        """What the person wants of what was written; None: what the plan says."""
        self.why: KwtuiError | None = None

    def cancel(self, *, sweep: bool | None = None) -> None:
        """A person wants the run to end."""
        self.by_person = True
        self.sweep = sweep
        self.requested.set()

    def stop(self, why: KwtuiError) -> None:
        """The run itself sees that it must end, before something worse happens."""
        if not self.requested.is_set():
            self.why = why
            self.requested.set()

    def reason(self) -> KwtuiError:
        if self.by_person:
            return CancelledByPerson()
        return self.why or StoppedWithOthers()


Executor = Callable[[Step], Awaitable[StepOutcome]]


async def run_steps(
    plan: Plan,
    executors: Mapping[StepKind, Executor],
    reporter: Reporter,
    halt: Halt,
    *,
    parallel: int = 1,
) -> None:
    """Run every step. The first failure halts those beside it; it is reported and raised.

    ``parallel`` steps run side by side where the plan's request does not say how many.
    """
    parallel = max(1, int(plan.request.get("parallel", parallel)))
    for steps in _batches(plan.steps):
        limit = asyncio.Semaphore(parallel)
        results = await asyncio.gather(
            *(_run_one(step, executors[step.kind], reporter, halt, limit) for step in steps),
            return_exceptions=True,
        )
        _raise_first(results)


def _beside(step: Step) -> StepKind | None:
    """Whose neighbours of the same kind may run at the same time.

    An import through a plain table may need the rows of the one before it.
    """
    return step.kind if step.kind in PARALLEL_KINDS and "through" not in step.params else None


def _batches(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    for beside, group in groupby(steps, key=_beside):
        if beside:
            yield tuple(group)
        else:
            yield from ((step,) for step in group)


async def _run_one(
    step: Step, execute: Executor, reporter: Reporter, halt: Halt, limit: asyncio.Semaphore
) -> None:
    async with limit:
        if halt.requested.is_set():
            raise halt.reason()
        reporter.step_started(step, step.sql)
        began = time.monotonic()
        try:
            outcome = await execute(step)
        except KwtuiError as error:
            failure = _failure(step, error, reporter, halt)
            if failure is error:
                raise
            raise failure from error
        except BaseException:
            halt.requested.set()
            raise
        reporter.step_finished(step, outcome, time.monotonic() - began)


def _failure(step: Step, error: KwtuiError, reporter: Reporter, halt: Halt) -> KwtuiError:
    """Report the failure by its true reason.

    A statement that is cancelled fails in its own way: the server closes the connection (recording
    10). What made it stop is what matters.
    """
    if halt.requested.is_set():
        error = halt.reason()
    elif step.subject and step.subject not in " ".join(error.lines()):
        # The server's words often name no table, and this is what remains of the run.
        error.cause = lines_of(f"In the step: {step.title}.", error.cause)
    halt.requested.set()
    reporter.step_failed(step, error, getattr(error, "sqlstate", "") or "")
    return error


def _raise_first(results: list[BaseException | None]) -> None:
    """Raise what stopped the batch: the failure itself before those that were stopped by it."""
    errors = [r for r in results if r is not None]
    errors.sort(key=lambda error: isinstance(error, CancelledByPerson | StoppedWithOthers))
    if errors:
        raise errors[0]

"""Which databases a restore made itself: what a failed step did not make is not its own. Pure.

Two restores of one name may run at once, and then work names and final names meet: the loser must
neither claim nor remove what the winner made.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kwtui.errors import ExitCode
from kwtui.operations.plan import Plan, Step, StepKind

PUBLISH = "publish"

CANNOT_GO_ON = frozenset(
    {
        ExitCode.BACKUP_DAMAGED,
        ExitCode.META_DAMAGED,
        ExitCode.RESTORE_DIFFERS,
        ExitCode.NAME_TAKEN,
        ExitCode.WRONG_CLUSTER,
    }
)
"""Failures that come again, however often one goes on."""

_NAME_TAKEN = "42P04"
_TAKEN = re.compile(r"\balready exists\b", re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """How the server refused a step."""

    sqlstate: str = ""
    """Empty where the step failed otherwise."""
    words: str = ""

    @property
    def says_taken(self) -> bool:
        return self.sqlstate == _NAME_TAKEN or bool(self.sqlstate and _TAKEN.search(self.words))


def makes_database(step: Step) -> bool:
    return step.id == "create-database" or step.kind is StepKind.IMPORT_DATABASE


def made_database(plan: Plan, begun: Collection[str], refused: Mapping[str, Refusal]) -> bool:
    """Whether the database that the plan works in was made by it, or may have been.

    ``begun`` are the ids of the steps that began. A continuation goes on with what an earlier run
    made, unless it makes it anew.
    """
    maker = next((step for step in plan.steps if makes_database(step)), None)
    if maker is None:
        return bool(plan.request.get("continues"))
    return maker.id in begun and not refused.get(maker.id, Refusal()).says_taken


def gave_name(begun: Collection[str], refused: Mapping[str, Refusal]) -> bool:
    """Whether the database got the name that was asked for, or may have got it."""
    return PUBLISH in begun and not refused.get(PUBLISH, Refusal()).sqlstate

"""The names that a restore works under: which are free, and whether they still are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan

SCRATCH_SUFFIX = "_kwtui_restoring"
_MAX_NAME = 63


def scratch_name(target: str, taken: frozenset[str]) -> str:
    """A free name that tells what it is; an earlier attempt may have left one behind."""
    number = 1
    while True:
        suffix = SCRATCH_SUFFIX if number == 1 else f"{SCRATCH_SUFFIX}_{number}"
        kept = target.encode()[: _MAX_NAME - len(suffix)].decode("utf-8", "ignore")
        if f"{kept}{suffix}" not in taken:
            return f"{kept}{suffix}"
        number += 1


def check_names(plan: Plan, scratch: str, databases: Mapping[str, str | None]) -> None:
    """Raises NAME_TAKEN or NOT_FOUND if somebody made or dropped a database since."""
    target, request = plan.database, plan.request
    standing = str(request.get("standing", ""))
    if standing and standing not in databases:
        raise KwtuiError(
            f"There is no database {standing} any more; there was when the plan was made.",
            hint=f"Plan it again: kwtui restore --continue {request['continues']}",
            exit_code=ExitCode.NOT_FOUND,
        )
    drops = any(step.id == "drop-replaced" for step in plan.steps)
    taken = target in databases and target != standing and not drops
    begins_anew = bool(request.get("continues")) and not standing
    if taken or (scratch in databases and scratch not in (target, standing) and not begins_anew):
        raise KwtuiError(
            f"A database named {target if taken else scratch} exists now; it did not when the plan "
            "was made.",
            hint="Plan the restore again.",
            exit_code=ExitCode.NAME_TAKEN,
        )


DRILL_PREFIX = "kwtui_drill_"
_SCRATCH = re.compile(rf"(.+){SCRATCH_SUFFIX}(?:_\d+)?\Z", re.DOTALL)


def is_scratch(database: str) -> bool:
    return database.startswith(DRILL_PREFIX) or _SCRATCH.match(database) is not None

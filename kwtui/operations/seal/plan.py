"""The plan of sealing a set that was made from another machine. Pure."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kwtui.backups.layout.draft import Draft
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.command_line import shell_line


def plan_seal(
    path: str,
    draft: Draft,
    file: Path,
    now: datetime,
    plan_id: str,
    *,
    chinese: bool = False,
) -> Plan:
    """``chinese``: RESTORE.md comes in Chinese too.

    Raises KwtuiError (USAGE) for a draft of another set.
    """
    made = draft.manifest
    if made.set_id != path:
        raise KwtuiError(
            f"{file} is the draft of {made.set_id}, not of {path}.",
            hint=f"Seal that one: {shell_line('seal', made.set_id, '--draft', str(file))}",
            exit_code=ExitCode.USAGE,
        )
    return Plan(
        id=plan_id,
        kind=PlanKind.SEAL,
        title=f"Seal {path}",
        created_at=now,
        cluster_id="",
        node_id=made.node_id,
        database=made.database,
        path=path,
        steps=(
            Step(
                id="seal",
                kind=StepKind.SEAL,
                title="Hash and count every file, then write the manifest",
                explanation="The number of records in the files must match what the server "
                "reported and what its content checksums counted when the backup "
                "was made. This detects a disk that filled up or a node that "
                "crashed.",
                subject=path,
            ),
        ),
        not_included=made.not_included,
        request={"path": path, "draft": str(file), "chinese": chinese},
    )

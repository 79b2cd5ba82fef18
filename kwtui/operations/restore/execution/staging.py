"""Making and removing a staging folder as steps of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from kwtui.backups.csv.alterations import FileForm, copy_plain
from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.staging import StagedFile, make_staging, remove_staging
from kwtui.files.foreign.reading import status_of
from kwtui.operations.plan import Step
from kwtui.operations.runner import StepOutcome
from kwtui.text import plural


async def stage_files(step: Step, extern: Path, server_extern: Path) -> StepOutcome:
    """Link the step's files, which lie in ``extern``, to where the server reads.

    Raises KwtuiError as `make_staging`.
    """
    staged = await asyncio.to_thread(
        make_staging,
        server_extern,
        step.params["staging"],
        _files(step, extern),
        step.params["texts"],
        folders=step.params["folders"],
    )
    how = ", ".join(sorted(staged.means)) or "nothing to link"
    return StepOutcome(
        summary=f"{plural(staged.files, 'file')}: {how}",
        details={"means": sorted(staged.means), "files": staged.files},
    )


async def unstage_files(step: Step, server_extern: Path) -> StepOutcome:
    removed = await asyncio.to_thread(remove_staging, server_extern, step.params["staging"])
    return StepOutcome(summary="removed" if removed else "not found")


def _files(step: Step, extern: Path) -> Iterator[StagedFile]:
    for file in step.params["files"]:
        source = inside(extern, file["source"])
        if step.params["skip_empty"] and status_of(source).st_size == 0:
            continue
        form = msgspec.convert(file["form"], FileForm) if "form" in file else None
        rewrite = partial(copy_plain, form=form) if form else None
        yield StagedFile(source, file["path"], rewrite)

"""The runbook of a set: restoring with nothing but a SQL client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.backups.manifest import Manifest
from kwtui.model import DatabaseSchema

TARGET_MARK = "kwtui_target_database"
"""Plan the restore into a database of this name; the texts put the real name in its place."""


@dataclass(frozen=True)
class RunbookStep:
    """A step of the restore plan in words and SQL."""

    title: str
    sql: tuple[str, ...]
    explanation: str = ""


def restore_sql(manifest: Manifest, steps: Sequence[RunbookStep], target: str) -> str:
    """``restore.sql``: the steps as one script that restores into ``target``."""
    raise NotImplementedError


def restore_sh(manifest: Manifest, steps: Sequence[RunbookStep]) -> str:
    """``restore.sh``: the same, with another name or another node's extern when asked."""
    raise NotImplementedError


def restore_md(manifest: Manifest, schema: DatabaseSchema, steps: Sequence[RunbookStep]) -> str:
    """``RESTORE.md``: what the set holds, what not, and how to restore it by hand."""
    raise NotImplementedError

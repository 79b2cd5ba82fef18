"""How long backups stay, as a person wrote it down: ``retention.toml`` beside the profiles.

``[default]`` counts for every database that has no ``[database.NAME]`` of its own::

    format = 1
    [default]
    keep_last = 3
    keep_daily = 7
    [database.shop]
    keep_daily = 14
    keep_monthly = 12
    min_proof = "P4"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import (
    check_format,
    read_toml,
    refuse_unknown,
    toml_value,
    typed_values,
    unusable,
)
from kwtui.files.toml_editing import drop_table, plain_fields, put_table
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies, RetentionPolicy

LEVELS = {f"P{int(level)}": level for level in ProofLevel if level >= ProofLevel.P1}


def retention_path() -> Path:
    return config_dir() / "retention.toml"


def load_policies(path: Path | None = None) -> RetentionPolicies:
    """The saved policies; none if there is no file.

    Raises KwtuiError (USAGE) for a file that cannot be understood, naming the place.
    """
    path = path or retention_path()
    document = read_toml(path)
    refuse_unknown(document, {"format", "default", "database"}, path, "at the top")
    check_format(document, path)
    databases = document.get("database", {})
    if not isinstance(databases, dict):
        raise unusable(path, "[database] must hold one table for each database")
    default = document.get("default")
    return RetentionPolicies(
        default=None if default is None else retention_from(default, path, "in [default]"),
        databases={
            name: retention_from(table, path, f"in [database.{name}]")
            for name, table in databases.items()
        },
    )


def save_policy(
    database: str | None, policy: RetentionPolicy | None, path: Path | None = None
) -> None:
    """Write down the policy of a database, or of all others (None); without a policy: forget it.
    Comments and order stay.

    Raises KwtuiError (USAGE) if the existing file cannot be understood, or if the policy keeps
    nothing.
    """
    path = path or retention_path()
    if policy is not None:
        check_policy(policy)
    known = load_policies(path)
    names = ("default",) if database is None else ("database", database)
    if policy is not None:
        level = f"P{int(policy.min_proof)}"
        values = plain_fields(policy, RetentionPolicy(), frozenset({"min_proof"}))
        values["min_proof"] = level
        put_table(path, names, values, RetentionPolicy())
    elif (known.default is not None) if database is None else (database in known.databases):
        drop_table(path, names)


def check_policy(policy: RetentionPolicy) -> None:
    """Raises KwtuiError (USAGE) for a policy that says nothing, or nothing sensible."""
    counts = (
        policy.keep_last,
        policy.keep_daily,
        policy.keep_weekly,
        policy.keep_monthly,
        policy.keep_yearly,
    )
    problem = ""
    if policy.keeps_nothing:
        problem = "A retention needs at least one count of what to keep."
    elif min(counts) < 0:
        problem = "A retention cannot keep a negative number."
    elif policy.min_proof < ProofLevel.P1:
        problem = "P0 proves nothing: a retention counts backups from P1 on."
    if problem:
        raise KwtuiError(
            problem,
            hint="For example: --keep-last 3 --keep-daily 7 --keep-weekly 4 --keep-monthly 12",
            exit_code=ExitCode.USAGE,
        )


def retention_from(
    table: object,
    path: Path,
    where: str,
    levels: Mapping[str, ProofLevel] = LEVELS,
    default: str = "P2",
) -> RetentionPolicy:
    """The policy that a table of a file holds; ``default`` is the level where it names none.

    Raises KwtuiError (USAGE) for what cannot be understood, naming the place.
    """
    if not isinstance(table, dict):
        raise unusable(path, f"the value {where} must be a table")
    values = dict(table)
    level = values.pop("min_proof", default)
    if level not in list(levels):  # It may be a list or a table, which no mapping looks up.
        words = ", ".join(levels)
        raise unusable(path, f"{where}: min_proof must be one of {words}, not {toml_value(level)}")
    counts = typed_values(RetentionPolicy, values, path, where, {"min_proof"})
    policy = RetentionPolicy(**counts, min_proof=levels[level])
    try:
        check_policy(policy)
    except KwtuiError as error:
        raise unusable(path, f"{where}: {error.title}") from error
    return policy

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

from dataclasses import replace
from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import (
    FORMAT,
    check_format,
    lines_of,
    read_toml,
    refuse_unknown,
    toml_string,
    typed_values,
    unusable,
    write_private,
)
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
        default=None if default is None else _policy(default, path, "in [default]"),
        databases={
            name: _policy(table, path, f"in [database.{name}]") for name, table in databases.items()
        },
    )


def save_policy(
    database: str | None, policy: RetentionPolicy | None, path: Path | None = None
) -> None:
    """Write down the policy of a database, or of all others (None); without a policy: forget it.

    Raises KwtuiError (USAGE) if the existing file cannot be understood, or if the policy keeps
    nothing.
    """
    path = path or retention_path()
    if policy is not None:
        check_policy(policy)
    policies = load_policies(path)
    if database is None:
        policies = replace(policies, default=policy)
    else:
        others = {k: v for k, v in policies.databases.items() if k != database}
        policies = replace(policies, databases=others | ({database: policy} if policy else {}))
    write_private(path, _text(policies))


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
        problem = "A retention cannot keep less than none."
    elif policy.min_proof < ProofLevel.P1:
        problem = "P0 proves nothing: a retention counts backups from P1 on."
    if problem:
        raise KwtuiError(
            problem,
            hint="For example: --keep-last 3 --keep-daily 7 --keep-weekly 4 --keep-monthly 12",
            exit_code=ExitCode.USAGE,
        )


def _policy(table: object, path: Path, where: str) -> RetentionPolicy:
    if not isinstance(table, dict):
        raise unusable(path, f"what stands {where} must be a table")
    values = dict(table)
    level = values.pop("min_proof", "P2")
    if level not in LEVELS:
        words = ", ".join(LEVELS)
        raise unusable(path, f"min_proof {where} must be one of {words}, not {level!r}")
    counts = typed_values(RetentionPolicy, values, path, where, {"min_proof"})
    policy = RetentionPolicy(**counts, min_proof=LEVELS[level])
    try:
        check_policy(policy)
    except KwtuiError as error:
        raise unusable(path, f"{where}: {error.title}") from error
    return policy


def _text(policies: RetentionPolicies) -> str:
    parts = [f"format = {FORMAT}"]
    if policies.default is not None:
        parts += ["", "[default]", *_lines(policies.default)]
    for name, policy in sorted(policies.databases.items()):
        parts += ["", f"[database.{toml_string(name)}]", *_lines(policy)]
    return "\n".join(parts) + "\n"


def _lines(policy: RetentionPolicy) -> list[str]:
    counts = lines_of(policy, RetentionPolicy(), {"min_proof"})
    return [*counts, f'min_proof = "P{int(policy.min_proof)}"']

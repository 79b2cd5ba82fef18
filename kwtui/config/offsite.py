"""The places for off-site copies that a person saved: ``offsite.toml`` beside the profiles.

::

    format = 1
    [target.vault]
    url = "sftp://backup@vault.example/srv/kwtui"
    recipients = ["age1…", "ssh-ed25519 AAAA…"]
    [target.vault.retention]
    keep_daily = 30
    keep_monthly = 12
    min_proof = "O2"

It holds no secret: SSH has its agent and keys, an object store its credentials file or environment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.config.replacing import replace_edited
from kwtui.config.retention import retention_from
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import (
    check_format,
    nearest,
    parse_toml,
    read_toml_text,
    refuse_unknown,
    typed_values,
    unusable,
)
from kwtui.files.toml_editing import drop_table, plain_fields, put_table
from kwtui.model.offsite import TargetSettings
from kwtui.model.proof import ProofLevel

LEVELS = {f"O{number}": ProofLevel(number) for number in range(1, 5)}
"""Levels of off-site copies, as retention counts them."""
_NAME = re.compile(r"\w[\w.-]*")
_SECRETS = ("password", "secret", "secret_key", "secret_access_key", "access_key", "token")


def targets_path() -> Path:
    return config_dir() / "offsite.toml"


def load_targets(path: Path | None = None) -> dict[str, TargetSettings]:
    """The saved targets by name; none if there is no file.

    Raises KwtuiError (USAGE) for a file that cannot be understood, naming the place.
    """
    path = path or targets_path()
    return parse_targets(read_toml_text(path), path)


def parse_targets(text: str, path: Path) -> dict[str, TargetSettings]:
    """The targets that the text says, as if it stood in this file. Raises as `load_targets`."""
    document = parse_toml(text, path)
    refuse_unknown(document, {"format", "target"}, path, "at the top")
    check_format(document, path)
    tables = document.get("target", {})
    if not isinstance(tables, dict):
        raise unusable(path, "[target] must hold one table for each target, as [target.vault]")
    return {name: _target(name, table, path) for name, table in tables.items()}


def _target(name: str, table: object, path: Path) -> TargetSettings:
    where = f"in [target.{name}]"
    if not isinstance(table, dict):
        raise unusable(path, f"[target.{name}] must be a table")
    values = dict(table)
    for key in _SECRETS:
        if key in values:
            raise unusable(
                path,
                f"a secret was found {where}",
                hint="kwtui stores none. Use the SSH agent or keys; for an object store "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the AWS credentials file.",
            )
    recipients = values.pop("recipients", [])
    if not isinstance(recipients, list) or not all(isinstance(key, str) for key in recipients):
        raise unusable(path, f"{where}: recipients must be a list of public keys")
    rules = values.pop("retention", None)
    retention = None
    if rules is not None:
        place = f"in [target.{name}.retention]"
        retention = retention_from(rules, path, place, LEVELS, default="O1")
    skip = {"name", "recipients", "retention"}
    found = typed_values(TargetSettings, values, path, where, skip)
    if not found.get("url"):
        raise unusable(path, f"{where}: url is missing")
    if found.get("lock_days", 0) < 0:
        raise unusable(path, f"{where}: lock_days must be 0 or more, not {found['lock_days']}")
    return TargetSettings(
        **found,
        name=name,
        recipients=tuple(recipients),
        retention=retention,
    )


def find_target(words: str, path: Path | None = None) -> TargetSettings:
    """The target that a person names: a saved one, or one by its URL.

    Raises KwtuiError (USAGE) for an unknown name, and as `load_targets`.
    """
    if ":" in words or words.startswith("/"):
        return TargetSettings(as_url(words))
    return saved_target(words, path)


def saved_target(name: str, path: Path | None = None) -> TargetSettings:
    """The saved target of that name. Raises KwtuiError (USAGE) for none, and as `load_targets`."""
    targets = load_targets(path)
    if name in targets:
        return targets[name]
    known = ", ".join(targets)
    hint = nearest(name, list(targets)) or (f"Saved are: {known}." if known else "")
    raise KwtuiError(
        f"There is no off-site target named {name!r}.",
        hint=hint
        or "Save one: kwtui offsite add NAME URL. Or give a URL: file:///mnt/backups, "
        "sftp://user@host/path, s3://bucket/prefix, rclone:remote:path",
        exit_code=ExitCode.USAGE,
    )


def as_url(words: str) -> str:
    """A folder may be written as its path alone."""
    return f"file://{words}" if words.startswith("/") else words


def check_free(name: str, path: Path | None = None) -> None:
    """Raises KwtuiError: NAME_TAKEN, USAGE for a name that would be read as a URL or a folder,
    and as `load_targets`."""
    path = path or targets_path()
    if _NAME.fullmatch(name) is None:
        raise KwtuiError(
            f"{name!r} is no name for an off-site target.",
            hint="Use letters, digits, '-', '_' and '.', such as vault; the folder or URL is the "
            "target's place.",
            exit_code=ExitCode.USAGE,
        )
    if name in load_targets(path):
        raise KwtuiError(
            f"A target named {name!r} exists in {path} already.",
            hint="Change it: kwtui offsite edit. Or choose another name.",
            exit_code=ExitCode.NAME_TAKEN,
        )


def add_target(target: TargetSettings, path: Path | None = None) -> None:
    """Write a new target down; comments and order of the file stay.

    Raises KwtuiError: NAME_TAKEN, USAGE for what cannot be used; the file stays as it was.
    """
    path = path or targets_path()
    check_free(target.name, path)
    _put(target, path)


def change_target(target: TargetSettings, path: Path | None = None) -> None:
    """Put a saved target in the place of the one with its name; comments and order stay, and so
    do its rules of retention.

    Raises KwtuiError (USAGE); the file stays as it was.
    """
    path = path or targets_path()
    saved_target(target.name, path)
    _put(target, path)


def _put(target: TargetSettings, path: Path) -> None:
    defaults = TargetSettings("")
    values = plain_fields(target, defaults, frozenset({"name", "recipients", "retention"}))
    values["url"] = as_url(target.url)
    if target.recipients:
        values["recipients"] = list(target.recipients)
    _target(target.name, values, path)
    put_table(path, ("target", target.name), values, defaults)


def delete_target(name: str, path: Path | None = None) -> None:
    """Forget a saved target, with its rules. Raises KwtuiError (USAGE) if there is none."""
    path = path or targets_path()
    saved_target(name, path)
    drop_table(path, ("target", name))


_SECRET_TEXT = re.compile(
    rf"""(?im)^\s*["']?(?:{"|".join(_SECRETS)})["']?\s*=|//[^/\s"']*:[^/\s"']*@"""
)


def replace_targets(
    before: str,
    text: str,
    check: Callable[[TargetSettings], None],
    path: Path | None = None,
) -> None:
    """Put a text in the place of the file, which was read as ``before``. Each target is handed to
    ``check``, which raises for one that names no place.

    Raises KwtuiError as `load_targets`, as ``check``, and FAILED where the file was changed since.
    What was written is kept beside the file then, unless it holds a secret.
    """
    path = path or targets_path()

    def usable(wanted: str) -> None:
        for target in parse_targets(wanted, path).values():
            check(target)

    replace_edited(path, before, text, usable, what="targets", secret=_SECRET_TEXT)

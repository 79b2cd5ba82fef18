"""Changing a file of a person in their editor, on a copy that is checked before it counts."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from kwtui.config.offsite import replace_targets, targets_path
from kwtui.config.policy_file import policy_text, replace_policy
from kwtui.config.profiles import profiles_path, replace_profiles
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import read_toml_text
from kwtui.model.offsite import TargetSettings


def edit_policy(name: str) -> bool:
    """Open it and wait: the terminal is the editor's meanwhile. Whether anything was changed.

    Raises KwtuiError: NOT_FOUND, FAILED if the editor cannot be used, and as `replace_policy`.
    """
    before = policy_text(name)
    after = _in_editor(before, f"{name}.toml", "The policy is unchanged.")
    if after == before:
        return False
    replace_policy(name, after)
    return True


def edit_profiles() -> bool:
    """Open the file of all profiles and wait, also one that cannot be used yet. Whether anything
    was changed.

    Raises KwtuiError: NOT_FOUND, FAILED if the editor cannot be used, and as `replace_profiles`.
    """
    return _edit(
        profiles_path(),
        replace_profiles,
        KwtuiError(
            "No profile is saved yet.",
            cause=f"Looked for {profiles_path()}.",
            hint="Save one: kwtui profiles add NAME --host HOST",
            exit_code=ExitCode.NOT_FOUND,
        ),
        "The profiles are unchanged.",
    )


def edit_targets(check: Callable[[TargetSettings], None]) -> bool:
    """The same for the file of all off-site targets; ``check`` as in `replace_targets`.

    Raises KwtuiError: NOT_FOUND, FAILED if the editor cannot be used, and as `replace_targets`.
    """
    return _edit(
        targets_path(),
        lambda before, after: replace_targets(before, after, check),
        KwtuiError(
            "No off-site target is saved yet.",
            cause=f"Looked for {targets_path()}.",
            hint="Save one: kwtui offsite add NAME URL",
            exit_code=ExitCode.NOT_FOUND,
        ),
        "The targets are unchanged.",
    )


def _edit(
    path: Path, replace: Callable[[str, str], None], missing: KwtuiError, unchanged: str
) -> bool:
    before = read_toml_text(path)
    if not before:
        raise missing
    after = _in_editor(before, path.name, unchanged)
    if after == before:
        return False
    replace(before, after)
    return True


def _in_editor(text: str, name: str, unchanged: str) -> str:
    """What the person left in a copy of this file name."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="kwtui-") as folder:
        copy = Path(folder) / name
        copy.write_text(text, "utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(copy)], check=True)  # noqa: S603
            return copy.read_text("utf-8")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            raise KwtuiError(
                f"The editor {editor} could not be used.",
                cause=str(error),
                hint=f"Name another one in VISUAL or EDITOR. {unchanged}",
            ) from error

"""Changing a file of a person in their editor, on a copy that is checked before it counts."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from kwtui.config.policy_file import policy_text, replace_policy
from kwtui.config.profiles import profiles_path, replace_profiles
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import read_toml_text


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
    path = profiles_path()
    before = read_toml_text(path)
    if not before:
        raise KwtuiError(
            "No profile is saved yet.",
            cause=f"Looked for {path}.",
            hint="Save one: kwtui profiles add NAME --host HOST",
            exit_code=ExitCode.NOT_FOUND,
        )
    after = _in_editor(before, path.name, "The profiles are unchanged.")
    if after == before:
        return False
    replace_profiles(before, after)
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

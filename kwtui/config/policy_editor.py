"""Changing a policy's file in the person's editor, on a copy that is checked before it counts."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from kwtui.config.policy_file import policy_text, replace_policy
from kwtui.errors import KwtuiError


def edit_policy(name: str) -> bool:
    """Open it and wait: the terminal is the editor's meanwhile. Whether anything was changed.

    Raises KwtuiError: NOT_FOUND, FAILED if the editor cannot be used, and as `replace_policy`.
    """
    before = policy_text(name)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="kwtui-") as folder:
        copy = Path(folder) / f"{name}.toml"
        copy.write_text(before, "utf-8")
        try:
            subprocess.run([*shlex.split(editor), str(copy)], check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise KwtuiError(
                f"The editor {editor} could not be used.",
                cause=str(error),
                hint="Name another one in VISUAL or EDITOR. The policy is as it was.",
            ) from error
        after = copy.read_text("utf-8")
    if after == before:
        return False
    replace_policy(name, after)
    return True

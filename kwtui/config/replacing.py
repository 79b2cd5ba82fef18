"""Putting an edited text in the place of a file of a person, once it can be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.files.toml import read_toml_text, write_private


def replace_edited(
    path: Path,
    before: str,
    text: str,
    check: Callable[[str], object],
    *,
    what: str,
    secret: re.Pattern[str],
) -> None:
    """Let the file, which was read as ``before``, hold this text.

    ``what`` names its contents in the plural; ``check`` raises for a text that cannot be used, and
    ``secret`` is found in one that may not be kept.

    Raises KwtuiError as ``check``, and FAILED where the file was changed since. What was written is
    kept beside the file then, unless it holds a secret.
    """
    try:
        check(text)
        if read_toml_text(path) != before:
            raise KwtuiError(f"The file {path} was changed by another process meanwhile.")
    except KwtuiError as error:
        if secret.search(text):
            error.hint = f"The {what} are unchanged. What you wrote holds a password: not kept."
            raise
        refused = path.with_name(f"{path.name}.refused")
        write_private(refused, text)
        error.hint = f"The {what} are unchanged. What you wrote is kept in {refused}."
        raise
    write_private(path, text)

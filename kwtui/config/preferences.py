"""Preferences: what a person wants of interface and documents, in a TOML file of their own.

Private and replaced by rename, as profiles are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.files.toml import check_format, read_toml, typed_values
from kwtui.files.toml_editing import plain_fields, put_table


@dataclass(frozen=True)
class Preferences:
    """Choices that belong to the person and not to a server."""

    theme: str | None = None
    ascii_only: bool = False
    """Draw without Unicode."""
    chinese_guide: bool = False
    """Each new backup gets its RESTORE.md in Chinese too."""


def preferences_path() -> Path:
    return config_dir() / "preferences.toml"


# -- preferences ------------------------------------------------------------------------------


def load_preferences(path: Path | None = None) -> Preferences:
    """The preferences, or the defaults if there is no file. Raises KwtuiError as load_profiles."""
    path = path or preferences_path()
    document = read_toml(path)
    check_format(document, path)
    document.pop("format", None)
    return replace(Preferences(), **typed_values(Preferences, document, path, "at the top"))


def save_preferences(preferences: Preferences, path: Path | None = None) -> None:
    """Write the preferences; refuses to replace a file that it cannot understand."""
    path = path or preferences_path()
    load_preferences(path)
    put_table(path, (), plain_fields(preferences, Preferences()), Preferences())

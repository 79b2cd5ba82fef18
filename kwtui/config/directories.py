"""Where kwtui keeps what belongs to a person.

Apart from the files in there: every command asks for the directories, few read the files.
"""

from __future__ import annotations

import os
from pathlib import Path

_APP = "kwtui"


def config_dir() -> Path:
    """Where profiles and preferences are: ``KWTUI_CONFIG_DIR`` or XDG's ``kwtui``."""
    return _directory("KWTUI_CONFIG_DIR", "config")


def state_dir() -> Path:
    """Where runs and journals are: ``KWTUI_STATE_DIR`` or XDG's ``kwtui``."""
    return _directory("KWTUI_STATE_DIR", "state")


def _directory(variable: str, kind: str) -> Path:
    override = os.environ.get(variable)
    if override:
        return Path(override).expanduser()
    # platformdirs loads a module per platform; the command line should not pay for it at import.
    import platformdirs

    found = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
    }[kind](_APP, appauthor=False)
    return Path(found)

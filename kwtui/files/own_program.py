"""Starting programs of kwtui itself: its own interpreter, and modules of nobody else.

Python takes modules from the current directory first (``-m``), and from relative or empty entries
of PYTHONPATH: in a folder where others write, that is their code under this account.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE_ROOT = Path(__file__).resolve().parent.parent.parent


def own_program(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of kwtui; with `own_environment`."""
    return [sys.executable, "-P", "-m", module, *arguments]


def own_environment() -> dict[str, str]:
    """This process's environment, in which Python finds kwtui and nothing in the current folder."""
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    entries = [str(_PACKAGE_ROOT), *(entry for entry in listed if os.path.isabs(entry))]
    path = os.pathsep.join(dict.fromkeys(entries))
    return os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}

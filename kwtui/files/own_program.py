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
    """This process's environment, in which Python finds kwtui and nothing in the current folder.

    What this process was told to ignore (``-E``: the offline bundle) is not handed on either: a
    PYTHONHOME of the account would lead its Python to another's library.
    """
    if sys.flags.ignore_environment:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
        user_site = {"PYTHONNOUSERSITE": "1"} if sys.flags.no_user_site else {}
        return kept | user_site | {"PYTHONPATH": str(_PACKAGE_ROOT), "PYTHONSAFEPATH": "1"}
    listed = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    entries = [str(_PACKAGE_ROOT), *(entry for entry in listed if os.path.isabs(entry))]
    path = os.pathsep.join(dict.fromkeys(entries))
    return os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def bundle_facts() -> Path | None:
    """The file that says how this offline bundle was made; None for any other installation."""
    path = Path(sys.prefix, "bundle.json")
    return path if path.is_file() else None


def starting_words() -> tuple[str, ...]:
    """The absolute words that start kwtui for another program, as a timer does.

    Of the offline bundle its launcher, as it was called: through a linked folder where there is
    one, which an upgrade points elsewhere.
    """
    facts = bundle_facts()
    if facts is not None:
        return (str(facts.parent.parent / "kwtui"),)
    return tuple(own_program("kwtui.cli"))

"""How the packages of an extra are added to kwtui as it was installed here.

kwtui is installed from a checkout, from wheels that were carried over or as a bundle: an index
need not know its name, and a checkout may be gone. The packages themselves can always be named.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from kwtui.files.own_program import bundle_facts
from kwtui.text import shell_joined

_FOR_EXTRA = re.compile(r"""extra\s*==\s*['"](?P<extra>[^'"]+)['"]""")


def how_to_add(extra: str) -> str:
    """What a person does to have the packages of the extra, as the hint of an error."""
    if bundle_facts() is not None:
        return f"Take an offline bundle that holds the extra {extra}: see kwtui manual install."
    packages = packages_of(extra)
    if not packages:
        return f"Install kwtui again with its extra {extra}: see kwtui manual install."
    return f"Install the extra {extra}: {shell_joined([*_installer(), *packages])}"


def packages_of(extra: str) -> tuple[str, ...]:
    """What the extra requires, with versions; none where kwtui was not installed as a package.

    What only some machines want is left out: no extra needs it.
    """
    try:
        required = metadata.requires("kwtui") or []
    except metadata.PackageNotFoundError:
        return ()
    found = []
    for each in required:
        package, _, marker = each.partition(";")
        wanted = _FOR_EXTRA.fullmatch(marker.strip())
        if wanted is not None and wanted["extra"] == extra:
            found.append(package.strip())
    return tuple(found)


def _installer() -> tuple[str, ...]:
    """The words that add a package to the environment that this process runs in."""
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return ("pipx", "inject", environment.name)
    if find_spec("pip") is None:
        return ("uv", "pip", "install", "--python", sys.executable)
    return (sys.executable, "-P", "-m", "pip", "install")

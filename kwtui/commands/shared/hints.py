"""Commands in hints that work as they stand: with the server and folders of the command. Pure."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence

_COMMAND = re.compile(
    r"\bkwtui (?:backup|restore|list|show|verify|survey|drill|seal|compare|pin|unpin|note|label|"
    r"delete|prune|cleanup|server|jobs|wal|sql|doctor|status|logs)\b"
)
_HAS_ITS_OWN = re.compile(r"--(?:help|dsn|profile|sandbox|extern|run|continue)\b|\bFILE\b")


def typed_options(args: Namespace) -> list[str]:
    """The options that name server and folders as they were typed; never a password."""
    from kwtui.text import shell_quoted, without_passwords

    options = ["--sandbox"] if args.sandbox else []
    for name in ("profile", "dsn", "extern", "store", "logs"):
        value = getattr(args, name)
        if value:
            options += [f"--{name}", shell_quoted(without_passwords(value))]
    return options


def with_connection(hint: str, options: Sequence[str]) -> str:
    """``hint`` with ``options`` behind each command of it that needs them and names no others.

    ``kwtui list`` becomes ``kwtui list --sandbox``.
    """
    if not options or _HAS_ITS_OWN.search(hint):
        return hint
    return _COMMAND.sub(lambda found: " ".join((found[0], *options)), hint)

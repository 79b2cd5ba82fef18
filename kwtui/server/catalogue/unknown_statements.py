"""Which statements a version of the server has no word for, remembered from one run to the next.

Each refusal becomes an error in the node's own log. So a version is asked once, and what it did not
understand is kept in a small file, by the full text of its version: another build is asked anew.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from kwtui.config.directories import state_dir
from kwtui.errors import KwtuiError
from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, write_file
from kwtui.files.json_text import parse
from kwtui.files.untrusted import NotReadable, read_text

_FILE = "unknown-statements.json"
_MOST_VERSIONS = 30


class UnknownStatements:
    """Blocking, and quick."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or state_dir()) / _FILE

    def has(self, version: str, sql: str) -> bool:
        return sql in self._read().get(version, ())

    def add(self, version: str, sql: str) -> None:
        """Remember it; where the file cannot be written, the server is asked again next time."""
        if not version:
            return
        known = self._read()
        statements = known.pop(version, [])
        known[version] = sorted({*statements, sql})
        newest = dict(list(known.items())[-_MOST_VERSIONS:])
        with suppress(OSError, KwtuiError):
            self._path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            write_file(self._path, json.dumps(newest, indent=1).encode(), mode=PRIVATE_FILE)

    def _read(self) -> dict[str, list[str]]:
        """What is known; nothing where the file is not there, or is damaged."""
        try:
            found = parse(read_text(self._path))
        except (NotReadable, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {
            version: [sql for sql in statements if isinstance(sql, str)]
            for version, statements in found.items()
            if isinstance(statements, list)
        }

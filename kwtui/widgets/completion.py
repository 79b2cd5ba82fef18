"""What a half typed path or name could become. The file system is read, nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

MOST_NAMES = 20_000
"""Names of one folder that are looked at, so that a huge one costs no more than a moment."""


def complete_path(text: str, *, base: Path | None = None, folders_only: bool = False) -> str | None:
    """``text`` with as much more as the names in its folder allow; None where nothing fits.

    Relative paths begin at ``base``, and nowhere without one. A folder ends with ``/``. A path that
    is complete, or ends with ``/``, gets nothing more: Tab then goes to the next field. Names with
    control characters are left out. Blocking, never raises.
    """
    folder_text, slash, partial = text.rpartition("/")
    if not partial or partial in (".", ".."):
        return None
    if text.startswith("~"):
        if not slash:
            return None
        folder = Path(folder_text).expanduser()
    elif text.startswith("/"):
        folder = Path(folder_text or "/")
    elif base is not None and ".." not in folder_text.split("/"):
        folder = base / folder_text
    else:
        return None
    found = complete_name(partial, _names(folder, partial, folders_only=folders_only))
    return None if found is None else f"{folder_text}{slash}{found}"


def complete_name(text: str, names: Iterable[str]) -> str | None:
    """``text`` with what all names that begin so have in common, or the first of them."""
    fitting = sorted({name for name in names if name.startswith(text)})
    if not text or not fitting or text in fitting or f"{text}/" in fitting:
        return None
    shared = _shared_start(fitting[0], fitting[-1])
    return shared if len(shared) > len(text) else fitting[0]


def _shared_start(first: str, last: str) -> str:
    """Of two names; for the first and the last of sorted ones it is that of all between."""
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]


def path_completer(
    *, base: Path | None = None, folders_only: bool = False
) -> Callable[[str], str | None]:
    """`complete_path` for one field."""
    return lambda text: complete_path(text, base=base, folders_only=folders_only)


def name_completer(names: Callable[[], Collection[str]]) -> Callable[[str], str | None]:
    """`complete_name` for one field whose names are asked for each time."""
    return lambda text: complete_name(text, names())


def _names(folder: Path, partial: str, *, folders_only: bool) -> list[str]:
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_NAMES:
                    break
                if not entry.name.startswith(partial) or not entry.name.isprintable():
                    continue
                if entry.is_dir():
                    found.append(f"{entry.name}/")
                elif not folders_only:
                    found.append(entry.name)
    except OSError:
        return []
    return found

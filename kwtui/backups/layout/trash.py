"""Names of what a deletion moves aside: hidden, in the same folder, recognised by every listing."""

from __future__ import annotations

from pathlib import PurePosixPath

from kwtui.backups.layout.naming import parse_stamp

_MARK = ".deleted-"
"""No database's folder begins with a dot, so that nothing else has such a name."""


def trash_path(path: str) -> str:
    """Where a set goes on its way out; what already lies there stays there."""
    pure = PurePosixPath(path)
    return path if is_trash(path) else str(pure.with_name(_MARK + pure.name))


def original_path(path: str) -> str:
    """The path that a set had before it was moved aside; other paths come back as they are."""
    pure = PurePosixPath(path)
    return str(pure.with_name(pure.name.removeprefix(_MARK))) if is_trash(path) else path


def is_trash(path: str) -> bool:
    """Whether it is what a deletion moved aside: the hidden name of a set, where sets lie."""
    pure = PurePosixPath(path)
    has_mark = pure.name.startswith(_MARK) and len(pure.parts) >= 3
    return has_mark and parse_stamp(pure.name.removeprefix(_MARK)) is not None

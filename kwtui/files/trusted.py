"""Files that say what commands are run: nobody but their reader may have written them."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from kwtui.files.toml import unusable


def check_trusted(path: Path) -> None:
    """Raises KwtuiError (USAGE) for a file that another account may have written."""
    try:
        why = why_not_trusted(path)
    except OSError as error:
        raise unusable(path, f"it cannot be read: {error.strerror}") from error
    if why:
        raise unusable(
            path,
            f"it says what commands are run, and {why}",
            hint="Let it and its folder belong to the account that runs kwtui, and let no other "
            "one write them: chown, chmod go-w.",
        )


def why_not_trusted(path: Path) -> str:
    """Why another account may have written the file, in words; empty if none may.

    Trusted are this account and root, and under sudo whoever called it. The folder counts too: who
    owns it may put another file there. Raises OSError.
    """
    trusted = {0, os.geteuid()}
    caller = os.environ.get("SUDO_UID", "")
    if os.geteuid() == 0 and caller.isdecimal():
        trusted.add(int(caller))
    for what, place in (("it", path), ("its folder", path.parent)):
        found = os.stat(place)
        if found.st_uid not in trusted:
            return f"{what} belongs to {_account(found.st_uid)}, not to this account"
        shared = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if found.st_mode & stat.S_IWOTH and not shared:
            return f"every account may write {what}"
    return ""


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"

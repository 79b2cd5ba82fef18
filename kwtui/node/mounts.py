"""On what kind of file system a folder lies."""

from __future__ import annotations

import re
from pathlib import Path

_NETWORK = re.compile(r"nfs|cifs|smb|fuse|9p|ceph|lustre|gluster|afs|ncp|vboxsf|virtiofs|davfs")
_OCTAL = re.compile(r"\\([0-7]{3})")


def file_system_of(folder: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """The type of the file system that holds ``folder``; empty if it cannot be found out."""
    try:
        lines = mountinfo.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    folder = folder.resolve()
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        mounted = Path(_OCTAL.sub(lambda m: chr(int(m[1], 8)), fields[4]))
        # Of mounts on the same place the last one is what is seen.
        if folder.is_relative_to(mounted) and len(mounted.parts) >= best:
            best, kind = len(mounted.parts), after.split(" ")[0]
    return kind


def tells_of_changes(file_system: str) -> bool:
    """Whether the kernel hears of every change there; on networks others change files unheard."""
    return _NETWORK.match(file_system) is None

"""How a copy is opened without kwtui: ``SHA256SUMS``, ``RESTORE.txt``, and the list of joins. Pure.

``tar``, ``zstd``, ``age`` and ``sha256sum`` are enough.
"""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from kwtui.offsite.archive import JOIN_FILE, Archive
from kwtui.offsite.planning import CopyPlan
from kwtui.text import shell_quoted


def checksums(archive: Archive) -> bytes:
    """``SHA256SUMS`` of every part that the copy needs, as ``sha256sum -c`` reads it there."""
    lines = [
        f"{part.sha256}  {posixpath.relpath(part.path, archive.set_id)}\n" for part in archive.parts
    ]
    return "".join(lines).encode()


def joins(plan: CopyPlan) -> bytes:
    """Which unpacked files are put together, and where: one ``from<TAB>to`` a line.

    Of pieces of a large file, and of contents that an earlier copy, or another file, holds. Empty
    where every file is unpacked in its place.
    """
    stamp = PurePosixPath(plan.folder).name
    lines = [
        f"{piece.member}\t{stamp}/{file.path}\n"
        for file in plan.files
        for piece in file.pieces
        if piece.member != f"{stamp}/{file.path}"
    ]
    return "".join(lines).encode("utf-8", "surrogateescape")


def restore_text(archive: Archive) -> bytes:
    """``RESTORE.txt``: three lines of shell, to be run where it lies."""
    stamp = PurePosixPath(archive.set_id).name
    decrypt = 'age -d -i "$KEY" "$part" | zstd -dcq' if archive.recipients else 'zstd -dcq "$part"'
    ask = "KEY=/path/to/identity " if archive.recipients else ""
    folder = shell_quoted(stamp)
    ending = ".age" if archive.recipients else ""
    read_plan = 'Read it: age -d -i "$KEY" ../RECOVERY-TIME.en.md.age\n'
    reading = read_plan if archive.recipients else ""
    text = f"""\
The backup {archive.set_id} of the database {archive.database}.
To unpack it, copy this folder (and those that SHA256SUMS names), and run there, in a shell:

  {ask}TO="$PWD/unpacked"; mkdir -p "$TO" && sha256sum -c SHA256SUMS
  cut -c67- SHA256SUMS | while read -r part; do {decrypt} | tar -xf - -C "$TO"; done
  cd "$TO" && tab=$(printf '\\t') && if [ -e {folder}/{JOIN_FILE} ]; then \
while IFS="$tab" read -r from to; do mkdir -p "${{to%/*}}" && cat "$from" >>"$to"; done \
<{folder}/{JOIN_FILE}; fi

Then {stamp}/RESTORE.md there tells how to bring the data back, with kwtui or without.

The recovery plan of the database (what to do in which order, and who to call) lies one folder up,
where one was sent: RECOVERY-TIME.en.md{ending}, in Chinese RECOVERY-TIME.zh.md{ending}.
{reading}"""
    return text.encode("utf-8", "surrogateescape")

"""What an unfinished backup leaves behind: marked, and kept or removed as it was asked for.

KWDB has no statement that removes it.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.unfinished import Unfinished, write_mark
from kwtui.backups.removing import remove_set
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.walking import walk
from kwtui.operations.context import RunContext
from kwtui.text import human_bytes, plural, sentences


def mark_or_sweep(context: RunContext, error: KwtuiError) -> None:
    """Mark what was written as unfinished, or remove it if asked; complete the error's hint.

    After a lost connection it stays in any case: the node may still be writing. Blocking.
    """
    path = context.plan.path
    if not _measure(context.extern / path)[0]:
        return
    lost = error.exit_code is ExitCode.CONNECTION_LOST
    if _is_to_go(context) and not lost:
        try:
            removed = remove_set(context.extern, path, context.state)
        except KwtuiError as second:
            _add(error, sentences(second.title, second.cause))
        else:
            size = human_bytes(removed.bytes)
            _add(error, f"{plural(removed.files, 'file')} ({size}) were removed, as asked.")
            return
    _mark(context, error)
    error.hint = describe_leftovers(context.extern, path, error.hint)


def _is_to_go(context: RunContext) -> bool:
    """What the person said who cancelled it counts more than what the plan says."""
    halt = context.halt
    if halt.by_person and halt.sweep is not None:
        return halt.sweep
    return bool(context.plan.request.get("sweep"))


def describe_leftovers(extern: Path, path: str, hint: str) -> str:
    """The hint of a failure, with what stays on disk and that it is no backup."""
    count, size = _measure(extern / path)
    if not count:
        return hint
    left = (
        f"{plural(count, 'file')} ({human_bytes(size)}) stay in {extern / path}. They are not a "
        "backup and can be removed: kwtui cleanup"
    )
    return sentences(hint, left)


def _mark(context: RunContext, error: KwtuiError) -> None:
    outcome = "cancelled" if context.halt.by_person else "failed"
    mark = Unfinished(datetime.now(UTC), context.run_id, outcome, error.title)
    try:
        write_mark(context.extern / context.plan.path, mark)
    except KwtuiError as second:
        # The folder has no manifest, which says the same; only the reason is missing.
        _add(error, f"The folder could not be marked: {second.title}")


def _add(error: KwtuiError, words: str) -> None:
    error.hint = sentences(error.hint, words)


def _measure(folder: Path) -> tuple[int, int]:
    count = size = 0
    # Gone or hidden meanwhile: the number is for people, not for proof.
    with suppress(OSError):
        for entry in walk(folder):
            if not entry.is_folder:
                count += 1
                size += entry.bytes
    return count, size

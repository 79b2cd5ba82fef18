"""What is known to be wrong with a set or export before its data files are read. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import EntryKind


def known_damage(details: SetDetails) -> tuple[str, ...]:
    """What a check refuses, in words, beside what `Presence` tells of a set's files.

    Nothing of what did not finish: it promises nothing.
    """
    if details.entry.kind is EntryKind.INCOMPLETE:
        return ()
    if details.manifest is not None:
        return details.problems if details.schema is None else ()
    return tuple(dict.fromkeys(_of_export(details)))


def _of_export(details: SetDetails) -> Iterator[str]:
    yield from details.problems
    for file in details.unread:
        yield f"{file.path} {file.why}, so its rows are not compared. {file.remedy}"
    if any(table.columns for table in details.tables):
        # A whole export without definitions is a form of its own (data_only).
        for table in details.undefined:
            if not table.problem:
                yield f"{table.name} has data but no definition: its meta.sql is missing."
    if details.dialect is not None and details.dialect.dialect is None:
        yield details.dialect.reason

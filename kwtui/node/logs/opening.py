"""From the log files of a node to something to read."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile, find_logs
from kwtui.node.logs.stream import LogStream


def by_family(files: Sequence[LogFile]) -> dict[LogFamily, list[LogFile]]:
    """The files that can be read, by family."""
    families: dict[LogFamily, list[LogFile]] = {}
    for file in files:
        if not file.problem:
            families.setdefault(file.family, []).append(file)
    return families


def stream_of(files: Sequence[LogFile], *, poll_seconds: float | None = None) -> LogStream:
    """The files joined by family and, where there are several families, merged by time.

    Files of no known family have no times to merge by; they are left out unless they are alone.
    A single file stays alone; of more, those that come later are taken in.
    """
    families = by_family(files)
    if len(families) > 1:
        families.pop(LogFamily.OTHER, None)
    folders = sorted({file.path.parent for file in files})

    def again(family: LogFamily) -> list[LogFile]:
        return [file for file in find_logs(folders) if file.family is family]

    alone = len(files) == 1 and not files[0].current
    if poll_seconds is None:
        # Looking costs the same for each family; an idle screen is to take no noticeable CPU.
        poll_seconds = 0.1 if len(families) == 1 else 0.2 if len(families) <= 4 else 0.4
    logs = [
        JoinedLog(each, poll_seconds=poll_seconds, relist=None if alone else again)
        for each in families.values()
    ]
    return LogStream(logs)

"""Answers to the checks that an explanation names, as lines: it only reads."""

from __future__ import annotations

import re
from pathlib import Path

from kwtui.diagnosis import KnownCheck
from kwtui.doctor.check import Check
from kwtui.files.foreign.reading import read_end
from kwtui.node.logs.listing import find_logs
from kwtui.server.connection.server import Server

_MOST_LINES = 20
_LOG_END = 4 << 20
"""Bytes at the end of a log in which a check looks."""

NO_SERVER = ["unknown: There is no connection."]


def check_lines(check: Check) -> list[str]:
    """A check of the doctor as the answer to a question."""
    lines = [f"{check.state.value}: {check.detail}", *check.more, check.hint]
    return [line for line in lines if line][:_MOST_LINES]


async def ask(server: Server, sql: str) -> list[str]:
    """The rows that a statement gives, on a connection that only reads.

    Raises KwtuiError as `Server.query`.
    """
    await server.execute("SET default_transaction_read_only = on", within=30)
    answer = await server.query(sql, within=30)
    lines = [" | ".join(column.name for column in answer.columns)]
    lines += [" | ".join(v if v is not None else "NULL" for v in row) for row in answer.rows]
    if len(lines) > _MOST_LINES + 1:
        lines = [*lines[: _MOST_LINES + 1], f"and {len(lines) - _MOST_LINES - 1} more rows"]
    return lines


def search_log(folder: Path, check: KnownCheck) -> list[str]:
    """The last lines that the check looks for, in the newest log of its family. Blocking."""
    files = find_logs([folder])
    file = next((f for f in files if f.family.value == check.family), None)
    if file is None:
        return [f"There is no log file of the family {check.family}."]
    try:
        text = read_end(file.path, _LOG_END).decode("utf-8", "replace")
    except OSError as error:
        return [f"{file.path} cannot be read: {error.strerror}."]
    pattern = re.compile(check.log)
    hits = [line for line in text.splitlines() if pattern.search(line)]
    return hits[-_MOST_LINES:] or [f"Nothing in the end of {file.path}."]

"""Content checksums: read on the server, compared by value."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.model import ContentChecksum
from kwtui.operations.exporting import run_stoppable
from kwtui.operations.runner import Halt
from kwtui.server.connection import Server
from kwtui.server.results import ResultSet


@dataclass(frozen=True)
class TableChecksum:
    """A table's checksum, or why there is none that can be relied on."""

    checksum: ContentChecksum | None
    doubt: str = ""


async def read_checksum(server: Server, sql: str, halt: Halt) -> ContentChecksum:
    """Run a checksum statement (`statements.content_checksum`), however long it takes."""
    return parse_checksum((await run_stoppable(server, sql, halt)).result)


def parse_checksum(answer: ResultSet) -> ContentChecksum:
    """Of an empty table xor and sum are NULL, which is written as nothing."""
    count, xor, total = answer.rows[0]
    return ContentChecksum(int(count or 0), xor or "", total or "")

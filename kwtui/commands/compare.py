"""kwtui compare."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import find_files, set_of
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode

if TYPE_CHECKING:
    from kwtui.backups.difference import SetDifference, TableDifference
    from kwtui.controller import Controller

_BOTH = ("same", "changed", "unknown")
"""Changes of tables that are in both sets."""


async def compare(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code 31 where one of them is known not to be what was sealed."""
    await find_files(controller, args)
    found = await controller.storage.compare(set_of(args.before), set_of(args.after))
    if output.json:
        output.object("compare", {"same": found.is_same, "difference": found})
    else:
        for line in difference_lines(found):
            output.line(line)
    return int(ExitCode.BACKUP_DAMAGED if found.damaged else ExitCode.OK)


def difference_lines(found: SetDifference) -> Iterator[str]:
    yield f"{found.before.path}  ->  {found.after.path}"
    rows: list[tuple[str, ...]] = [("TABLE", "CHANGE", "ROWS", "", "SIZE", "", "CONTENT")]
    rows += [_table_row(each) for each in found.tables]
    yield from (f"  {line}" for line in table(rows, right=frozenset({2, 3, 4, 5})))
    for each in found.changed:
        if each.columns or each.definition:
            yield f"  {each.name}:"
        for column in each.columns:
            words = " -> ".join(filter(None, (column.before, column.after)))
            yield f"    {column.change.value:8} {column.name}: {words}"
        yield from (f"      {line.replace(chr(9), '  ')}" for line in each.definition)
    for other in found.objects:
        words = " -> ".join(filter(None, (other.before, other.after)))
        yield f"  {other.change.value:8} {other.what} {other.name}: {words}"
    yield from (f"  not known  {words}" for words in found.unknown)
    if found.is_same:
        yield "  No difference is known."
    elif found.compared_nothing:
        yield "  Nothing could be compared."
    elif not found.differs:
        yield "  No difference was found in what could be compared."


def _table_row(each: TableDifference) -> tuple[str, ...]:
    from kwtui.text import human_bytes, human_count

    counts = [human_count(n) if n is not None else "" for n in (each.rows_before, each.rows_after)]
    sizes = [human_bytes(n) if n is not None else "" for n in (each.bytes_before, each.bytes_after)]
    content = each.content.value if each.change.value in _BOTH else ""
    return (str(each.name), each.change.value, *counts, *sizes, content)

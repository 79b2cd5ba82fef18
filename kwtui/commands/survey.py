"""kwtui survey: what a backup would find."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect
from kwtui.commands.shared.output import Output, table

if TYPE_CHECKING:
    from kwtui.controller import Controller


async def survey(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """What is in a database and what to watch out for."""
    await connect(controller, args)
    if not args.database:
        return await _databases(controller, output)
    found = await controller.server.survey(args.database)
    if output.json:
        output.object("survey", {"survey": found})
        return 0
    from kwtui.commands.shared.plan_text import coverage_lines
    from kwtui.text import human_bytes, human_count

    schema = found.schema
    output.line(f"{schema.database}  ({schema.engine.value}, {_short(found.server.version)})")
    rows = [("TABLE", "COLUMNS", "ROWS", "SIZE")]
    rows += [
        (str(t.name), str(len(t.visible_columns)), human_count(t.rows), human_bytes(t.bytes))
        for t in schema.tables
    ]
    for line in table(rows, right=frozenset({1, 2, 3})):
        output.line(f"  {line}")
    output.line("What a backup makes of it:")
    for line in coverage_lines(found.coverage):
        output.line(f"  {line}")
    if found.findings:
        output.line("Before a backup:")
    for finding in found.findings:
        output.line(f"  {finding.severity.value:8} {finding.subject}: {finding.message}")
        if finding.remedy:
            output.line(f"           {finding.remedy}")
    return 0


def _short(version: str) -> str:
    """``KaiwuDB V3.2.1-28-ga5c90efc1`` of the whole sentence that a node says."""
    return version.partition(" (")[0]


async def _databases(controller: Controller, output: Output) -> int:
    found = await controller.server.databases()
    if output.json:
        output.object("databases", {"databases": found})
        return 0
    rows = [("DATABASE", "ENGINE", "")]
    rows += [(d.name, d.engine.value, "KWDB's own" if d.system else "") for d in found]
    for line in table(rows):
        output.line(line)
    return 0

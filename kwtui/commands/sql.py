"""kwtui sql: one statement that reads."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect
from kwtui.commands.shared.output import Output, table
from kwtui.text import plural

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.server.console.session import Answer, Console


async def sql(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    text = args.statement
    if text is None:
        text = await asyncio.to_thread(sys.stdin.read)
    await connect(controller, args)
    console = controller.sql.open(database=args.database)
    console.timeout_seconds = max(0, args.timeout)
    try:
        if args.csv:
            return await _save(console, text, Path(args.csv), output)
        answer = await console.run(text, limit=args.rows)
    finally:
        await console.close()
    if output.json:
        output.object(
            "sql",
            {
                "columns": answer.result.names,
                "rows": answer.result.rows,
                "limited": answer.limited,
                "tag": answer.tag,
                "notices": answer.notices,
                "seconds": answer.seconds,
            },
        )
        return 0
    _show(answer, output)
    return 0


def _show(answer: Answer, output: Output) -> None:
    if answer.result.names:
        rows = [tuple(answer.result.names)]
        rows += [
            tuple("NULL" if v is None else v.replace("\n", "↵") for v in row)
            for row in answer.result.rows
        ]
        for line in table(rows):
            output.line(line)
    for notice in answer.notices:
        output.note(f"{notice.severity}: {notice.message}")
    count = plural(len(answer.result.rows), "row")
    more = "; there are more, --rows N or --csv FILE reads them" if answer.limited else ""
    output.note(f"kwtui: {count}, {answer.seconds:.3f} s{more}")


async def _save(console: Console, text: str, path: Path, output: Output) -> int:
    from kwtui.files.csv_file import CsvFile

    with CsvFile(path) as file:
        count = await console.stream(text, file)
    if output.json:
        output.object("sql", {"file": str(path), "rows": count})
    else:
        output.line(f"{plural(count, 'row')} saved in {path}")
    return 0

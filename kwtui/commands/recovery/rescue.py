"""kwtui rescue: from a folder of backups or off-site copies to data, with nothing else there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.recovery.sources import Source, find_source
from kwtui.commands.shared.arguments import connect, paths_of, usage
from kwtui.commands.shared.asking import ask_key
from kwtui.commands.shared.follow import start_and_follow
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import shell_quoted

if TYPE_CHECKING:
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.controller import Controller
    from kwtui.model.requests import ExcerptRequest

_SHOWN = 9
"""What one key can choose from."""


async def rescue(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError: NOT_FOUND where no backup is, and what its parts raise."""
    source = await find_source(controller, output, args.place, paths_of(args.identity))
    if args.plan:
        return await _print_plan(args, output, source)
    chosen = _named(source, args) if args.set else None
    if args.csv:
        return await _save(args, output, source, chosen or source.entries[0])
    if args.table and not (args.list or output.is_terminal):
        raise usage("--table saves one table: name the new file with --csv.")
    if chosen is None and (args.list or not output.is_terminal):
        _show(source, output)
        return 0
    connected = await _connected(controller, args, output)
    return await _Dialogue(controller, args, output, source, connected).run(chosen)


async def _print_plan(args: argparse.Namespace, output: Output, source: Source) -> int:
    text = await source.plan(args.plan, args.language)
    if output.json:
        output.object("runbook", {"language": args.language, "markdown": text})
        return 0
    for line in text.splitlines():
        output.line(line)
    return 0


def _named(source: Source, args: argparse.Namespace) -> BackupEntry:
    for entry in source.entries:
        if entry.path == args.set.rstrip("/"):
            return entry
    raise KwtuiError(
        f"{args.set} is not a backup in {source.place}.",
        hint=f"List what exists: kwtui rescue {shell_quoted(str(args.place))} --list",
        exit_code=ExitCode.NOT_FOUND,
    )


def _show(source: Source, output: Output) -> None:
    if output.json:
        proofs = [source.proof(entry) for entry in source.entries]
        output.object(
            "rescue",
            {
                "root": source.place,
                "entries": source.entries,
                "proofs": proofs,
                "plans": source.plans,
            },
        )
    else:
        for line in _lines(source, source.entries, output.out_width):
            output.line(line)
        for plan in source.plans:
            output.note(plan.words)
    if source.problem:
        output.note(source.problem)


def _lines(source: Source, entries: tuple[BackupEntry, ...], width: int | None) -> list[str]:
    """Without the paths of sets where they do not fit: database and time say the same."""
    from kwtui.backups.listing.entries import EntryKind
    from kwtui.text import cell_width, human_bytes, human_count

    rows = [("", "DATABASE", "MADE", "PROOF", "ROWS", "SIZE", "PATH")]
    for number, entry in enumerate(entries, 1):
        rows.append(
            (
                str(number) if number <= _SHOWN else "",
                (entry.database or "?") + (" (part)" if entry.only else ""),
                f"{entry.started:%Y-%m-%d %H:%M:%S}" if entry.started else "?",
                source.proof(entry),
                "?" if entry.rows is None else human_count(entry.rows),
                human_bytes(entry.bytes),
                entry.path,
            )
        )
    right = frozenset({0, 4, 5})
    lines = table(rows, right=right)
    known = all(entry.kind is EntryKind.SET for entry in entries)
    if known and width is not None and max(map(cell_width, lines)) > width:
        return table([row[:-1] for row in rows], right=right)
    return lines


def _wanted(args: argparse.Namespace, path: str, name: str) -> ExcerptRequest:
    from kwtui.model.requests import ExcerptRequest
    from kwtui.model.schema import TableName
    from kwtui.node.logs.time_words import time_of_rows

    table = TableName("", name)
    return ExcerptRequest(
        source=path,
        table=table,
        into=table,
        since=time_of_rows(args.since),
        until=time_of_rows(args.until),
        where=args.where or "",
    )


async def _save(
    args: argparse.Namespace, output: Output, source: Source, entry: BackupEntry
) -> int:
    """One table as CSV, without questions."""
    if not args.table:
        raise usage("--csv saves one table: name it with --table.")
    file = _path(args.csv)
    wanted = _wanted(args, entry.path, args.table)
    rows = await source.save(entry, args.table, file, wanted)
    if output.json:
        output.object(
            "rescued", {"path": entry.path, "table": args.table, "file": file, "rows": rows}
        )
    else:
        output.line(f"Saved {rows:,} rows of {args.table} from {entry.path}: {file}")
    return 0


async def _connected(controller: Controller, args: argparse.Namespace, output: Output) -> bool:
    if not (args.dsn or args.profile or args.sandbox):
        return False
    try:
        await connect(controller, args)
    except KwtuiError as error:
        output.error(error)
        output.note("Without the server, tables can still be saved as CSV.")
        return False
    return True


class _Dialogue:
    """At most five keys from the list to a restore, or to a file."""

    def __init__(
        self,
        controller: Controller,
        args: argparse.Namespace,
        output: Output,
        source: Source,
        connected: bool,
    ) -> None:
        self._controller = controller
        self._args = args
        self._output = output
        self._source = source
        self._connected = connected

    async def run(self, chosen: BackupEntry | None) -> int:
        entry = chosen or self._choose()
        if entry is None:
            return int(ExitCode.CANCELLED)
        whole = await self._source.check(entry)
        if not self._connected:
            self._output.note("To restore it, name a server: --dsn or --profile.")
        more = self._source.may_read_all(entry)
        while (key := self._ask(more=more)) == "v":
            whole, more = await self._source.read_all(entry), False
        if key == "c":
            return await self._save(entry)
        if key == "r" and self._may_go_on(whole):
            return await self._restore(entry)
        return int(ExitCode.CANCELLED)

    def _ask(self, *, more: bool) -> str:
        choices = {
            "r": f"[r] restore it into {self._server}" if self._connected else "",
            "c": "[c] save a table as CSV",
            "v": "[v] read it all and check it" if more else "",
            "q": "[q] quit:",
        }
        offered = {key: words for key, words in choices.items() if words}
        return ask_key(self._output, ", ".join(offered.values()), "".join(offered))

    @property
    def _server(self) -> str:
        target = self._controller.connection.target
        return target.label if target is not None else ""

    def _choose(self) -> BackupEntry | None:
        entries = self._source.entries
        for line in _lines(self._source, entries[:_SHOWN], self._output.out_width):
            self._output.line(line)
        for plan in self._source.plans:
            self._output.note(plan.words)
        if self._source.problem:
            self._output.note(self._source.problem)
        more = len(entries) - _SHOWN
        if more > 0:
            self._output.note(f"and {more:,} more: --list shows them, --set PATH takes one")
        numbers = "".join(str(n) for n in range(1, min(len(entries), _SHOWN) + 1))
        key = ask_key(
            self._output, f"Which one? {_range(numbers)}, Enter for 1, [q] quit:", f"{numbers}\nq"
        )
        return None if key == "q" else entries[0 if key == "\n" else int(key) - 1]

    def _may_go_on(self, whole: bool) -> bool:
        if whole:
            return True
        question = "It is damaged: a restore stops at the missing part. [y] try, [q] quit:"
        return ask_key(self._output, question, "yq") == "y"

    async def _save(self, entry: BackupEntry) -> int:
        name = self._args.table or self._choose_table(await self._tables(entry))
        if name is None:
            return int(ExitCode.CANCELLED)
        file = _free_file(f"{entry.database or 'table'}.{name}".replace("/", "_"))
        wanted = _wanted(self._args, entry.path, name)
        rows = await self._source.save(entry, name, file, wanted)
        self._output.line(f"Saved {rows:,} rows of {name}: {file}")
        return 0

    async def _tables(self, entry: BackupEntry) -> list[str]:
        names = await self._source.tables(entry)
        if not names:
            raise KwtuiError(f"{entry.path} holds no table.", exit_code=ExitCode.NOT_FOUND)
        return names

    def _choose_table(self, names: list[str]) -> str | None:
        for number, name in enumerate(names[:_SHOWN], 1):
            self._output.line(f"{number}  {name}")
        if len(names) > _SHOWN:
            self._output.note(f"and {len(names) - _SHOWN:,} more: --table NAME takes one")
        numbers = "".join(str(n) for n in range(1, min(len(names), _SHOWN) + 1))
        key = ask_key(self._output, f"Which table? {_range(numbers)}, [q] quit:", f"{numbers}q")
        return None if key == "q" else names[int(key) - 1]

    async def _restore(self, entry: BackupEntry) -> int:
        from kwtui.model.requests import RestoreRequest

        controller, output = self._controller, self._output
        name = self._args.target or await self._free_name(entry.database or "rescued")
        in_place = self._source.is_in_place(entry)
        moving = f"{self._source.moving} it to {controller.folders.extern()}, then "
        words = f"[y] {'' if in_place else moving}restore it into {self._server} as {name}"
        if ask_key(output, f"{words}, [q] quit:", "yq") == "q":
            return int(ExitCode.CANCELLED)
        path = entry.path if in_place else await self._source.bring(entry)
        plan = await controller.plans.restore(RestoreRequest(path, target=name))
        return await start_and_follow(controller, plan, output)

    async def _free_name(self, name: str) -> str:
        taken = {database.name for database in await self._controller.server.databases()}
        return name if name not in taken else f"{name}_rescued"


def _range(numbers: str) -> str:
    return f"[1-{numbers[-1]}]" if len(numbers) > 1 else "[1]"


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _free_file(stem: str) -> Path:
    """A file here that is not there yet."""
    file, number = Path.cwd() / f"{stem}.csv", 1
    while file.exists():
        number += 1
        file = Path.cwd() / f"{stem}-{number}.csv"
    return file

"""kwtui rescue: from a folder of backups to data, with nothing else there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect, usage
from kwtui.commands.shared.asking import ask_key
from kwtui.commands.shared.follow import start_and_follow
from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.backups.proof.verify import VerifyReport
    from kwtui.backups.rescue import Found
    from kwtui.controller import Controller
    from kwtui.model.requests import ExcerptRequest

_SHOWN = 9
"""What one key can choose from."""


async def rescue(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError: NOT_FOUND where no backup is, and what its parts raise."""
    found = await controller.rescue.find(_path(args.folder))
    if not found.entries:
        raise KwtuiError(
            f"No backup lies in {found.root}.",
            cause=found.problem,
            hint="Name the folder that holds `kwtui/DATABASE/TIME`, or a set itself. Off-site "
            "copies are fetched first: kwtui offsite fetch TARGET SET --extern DIR",
            exit_code=ExitCode.NOT_FOUND,
        )
    chosen = _named(found, args.set) if args.set else None
    if args.csv:
        return await _save(controller, args, output, found, chosen or found.entries[0])
    if chosen is None and (args.list or not output.is_terminal):
        _show(found, output)
        return 0
    connected = await _connected(controller, args, output)
    return await _Dialogue(controller, args, output, found, connected).run(chosen)


def _named(found: Found, path: str) -> BackupEntry:
    for entry in found.entries:
        if entry.path == path.rstrip("/"):
            return entry
    raise KwtuiError(
        f"{path} is no backup in {found.root}.",
        hint=f"See what there is: kwtui rescue {found.root} --list",
        exit_code=ExitCode.NOT_FOUND,
    )


def _show(found: Found, output: Output) -> None:
    if output.json:
        output.object("rescue", {"root": found.root, "entries": found.entries})
        return
    for line in _lines(found.entries):
        output.line(line)


def _lines(entries: tuple[BackupEntry, ...]) -> list[str]:
    from kwtui.text import human_bytes, human_count

    rows = [("", "DATABASE", "MADE", "PROOF", "ROWS", "SIZE", "PATH")]
    for number, entry in enumerate(entries, 1):
        proof = "damaged" if entry.problem else f"P{int(entry.proof)}" if entry.proof else "?"
        rows.append(
            (
                str(number) if number <= _SHOWN else "",
                (entry.database or "?") + (" (part)" if entry.only else ""),
                f"{entry.started:%Y-%m-%d %H:%M}" if entry.started else "?",
                proof,
                "?" if entry.rows is None else human_count(entry.rows),
                human_bytes(entry.bytes),
                entry.path,
            )
        )
    return table(rows, right=frozenset({0, 4, 5}))


def _wanted(args: argparse.Namespace, path: str, name: str) -> ExcerptRequest:
    from kwtui.commands.shared.moments import moment
    from kwtui.model.requests import ExcerptRequest
    from kwtui.model.schema import TableName

    table = TableName("", name)
    return ExcerptRequest(
        source=path,
        table=table,
        into=table,
        since=moment(args.since),
        until=moment(args.until),
        where=args.where or "",
    )


async def _save(
    controller: Controller,
    args: argparse.Namespace,
    output: Output,
    found: Found,
    entry: BackupEntry,
) -> int:
    """One table as CSV, without questions."""
    if not args.table:
        raise usage("--csv saves one table: name it with --table.")
    file = _path(args.csv)
    wanted = _wanted(args, entry.path, args.table)
    rows = await controller.rescue.save_table(found, entry.path, args.table, file, wanted)
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
        found: Found,
        connected: bool,
    ) -> None:
        self._controller = controller
        self._args = args
        self._output = output
        self._found = found
        self._connected = connected

    async def run(self, chosen: BackupEntry | None) -> int:
        entry = chosen or self._choose()
        if entry is None:
            return int(ExitCode.CANCELLED)
        report = await self._check(entry)
        question = "[c] save a table as CSV, [q] quit:"
        if self._connected:
            question = f"[r] restore it into {self._server}, {question}"
        else:
            self._output.note("To restore it, name a server: --dsn or --profile.")
        key = ask_key(self._output, question, "rcq" if self._connected else "cq")
        if key == "c":
            return await self._save(entry)
        if key == "r" and self._may_go_on(report):
            return await self._restore(entry)
        return int(ExitCode.CANCELLED)

    @property
    def _server(self) -> str:
        target = self._controller.connection.target
        return target.label if target is not None else ""

    def _choose(self) -> BackupEntry | None:
        entries = self._found.entries
        for line in _lines(entries[:_SHOWN]):
            self._output.line(line)
        more = len(entries) - _SHOWN
        if more > 0:
            self._output.note(f"and {more:,} more: --list shows them, --set PATH takes one")
        numbers = "".join(str(n) for n in range(1, min(len(entries), _SHOWN) + 1))
        key = ask_key(
            self._output, f"Which one? {_range(numbers)}, Enter for 1, [q] quit:", f"{numbers}\nq"
        )
        return None if key == "q" else entries[0 if key == "\n" else int(key) - 1]

    async def _check(self, entry: BackupEntry) -> VerifyReport:
        from kwtui.text import human_bytes

        self._output.status(f"Reading {entry.path}, {human_bytes(entry.bytes)}...")
        report = await self._controller.rescue.check(self._found, entry.path)
        if report.ok:
            level = f", proven to P{int(report.reached)}" if report.reached is not None else ""
            self._output.line(f"{entry.path} is whole{level}.")
        for finding in report.findings:
            words = f"{finding.severity.value} {finding.subject}: {finding.message}"
            self._output.line(f"  {words}")
        return report

    def _may_go_on(self, report: VerifyReport) -> bool:
        if report.ok:
            return True
        question = "It is damaged: a restore ends at what is missing. [y] try, [q] quit:"
        return ask_key(self._output, question, "yq") == "y"

    async def _save(self, entry: BackupEntry) -> int:
        details = await self._controller.rescue.look_inside(self._found, entry.path)
        names = [str(each.name) for each in details.tables]
        if not names:
            raise KwtuiError(f"{entry.path} holds no table.", exit_code=ExitCode.NOT_FOUND)
        name = self._args.table or self._choose_table(names)
        if name is None:
            return int(ExitCode.CANCELLED)
        file = _free_file(f"{entry.database or 'table'}.{name}".replace("/", "_"))
        wanted = _wanted(self._args, entry.path, name)
        rows = await self._controller.rescue.save_table(self._found, entry.path, name, file, wanted)
        self._output.line(f"Saved {rows:,} rows of {name}: {file}")
        return 0

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
        in_place = controller.rescue.is_in_place(self._found)
        first = "" if in_place else f"copy it to {controller.folders.extern()}, then "
        words = f"[y] {first}restore it into {self._server} as {name}, [q] quit:"
        if ask_key(output, words, "yq") == "q":
            return int(ExitCode.CANCELLED)
        path = entry.path
        if not in_place:
            output.status("Copying...")
            path = await controller.rescue.bring(self._found, entry.path)
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

"""Comparing a restored database with the backup: counts, content checksums, definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.proof import ContentChecksum
from kwtui.model.schema import DatabaseSchema, TableName
from kwtui.operations.restore.execution.content_found import compare_content
from kwtui.operations.restore.execution.export_again import ExportAgain
from kwtui.operations.restore.expected_content import NOTHING_KNOWN
from kwtui.operations.shared.checksums import SMALL, WORTH_IT, WholeTable, read_together
from kwtui.operations.shared.selection import Chosen, part_of
from kwtui.server.catalogue.devices import in_order
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection, programs
from kwtui.sql.meaning import same
from kwtui.sql.sequences import position
from kwtui.text import plural


async def compare_tables(
    server: Server,
    database: str,
    tables: list[dict[str, Any]],
    added_to: Mapping[str, int],
    again: ExportAgain,
    tell: Callable[[TableName, int], None],
) -> list[dict[str, Any]]:
    """One line a table: what was expected, what is there, and whether that is the same.

    ``tell`` is called for each table before it is read, with its number from 1 on.

    ``added_to`` holds the rows that were in a table (``schema.name``) before rows were added. Of
    time-series rows with the same time and primary tags a table keeps one, so that it may then hold
    fewer than the sum (``met``), but never fewer than it had, nor than were added.
    """
    lines = []
    known = await _read_small(server, database, tables, added_to, again)
    for number, expected in enumerate(tables, 1):
        name = TableName(expected["schema"], expected["table"])
        tell(name, number)
        before = added_to.get(str(name), 0)
        alone = _alone(expected, before)
        found = await compare_content(server, database, alone, again, known.get(name))
        wanted_rows = None if expected["rows"] is None else expected["rows"] + before
        met = 0
        if before and expected.get("series") and wanted_rows is not None:
            met = min(max(wanted_rows - found.rows, 0), before, expected["rows"])
        # What nobody counted is not the same: a table that was left out would be.
        same_rows = wanted_rows is not None and found.rows == wanted_rows - met
        devices = await _devices(server, database, name, expected, adds=before > 0)
        lines.append(
            {
                "table": str(name),
                "schema": name.schema,
                "name": name.name,
                "rows_expected": wanted_rows,
                "rows_found": found.rows,
                "met": met,
                "check": str(found.check),
                "check_reason": found.reason,
                "checksum": found.word,
                "differing": list(found.differing),
                "same": same_rows and not found.differing and devices.same,
                **devices.words,
            }
        )
    return lines


async def _read_small(
    server: Server,
    database: str,
    tables: list[dict[str, Any]],
    added_to: Mapping[str, int],
    again: ExportAgain,
) -> dict[TableName, ContentChecksum]:
    """Checksums of small tables, read together where there are many of them."""
    small = []
    for expected in tables:
        name = TableName(expected["schema"], expected["table"])
        rows = expected["rows"]
        hashed = expected["checksum"] is not None and not added_to.get(str(name))
        if hashed and rows is not None and rows <= SMALL:
            small.append(WholeTable(name, tuple(expected["columns"])))
    if len(small) < WORTH_IT:
        return {}
    return await read_together(server, database, small, again.halt)


@dataclass(frozen=True)
class _FoundDevices:
    same: bool = True
    words: dict[str, Any] = field(default_factory=dict)
    """For the line of the table; nothing where nothing is known of its devices."""


async def _devices(
    server: Server, database: str, name: TableName, expected: dict[str, Any], *, adds: bool
) -> _FoundDevices:
    """No fewer than the backup knew, and those without readings with every tag.

    More may be there: some came with the first rows while the backup was made.
    """
    wanted = expected.get("devices")
    if wanted is None:
        return _FoundDevices()
    answer = await server.query(inspection.tag_values(database, name), within=None)
    found = set(in_order(answer, expected["tags"]))
    missing = [device for device in expected["silent"] if tuple(device) not in found]
    same = len(found) >= wanted and (adds or not missing)
    words = {"devices_expected": wanted, "devices_found": len(found)}
    return _FoundDevices(same, words | ({"devices_missing": len(missing)} if missing else {}))


def _alone(expected: dict[str, Any], before: int) -> dict[str, Any]:
    """Where other rows were before nothing but their number can be compared."""
    return {**expected, **NOTHING_KNOWN} if before else expected


def met_words(lines: list[dict[str, Any]]) -> Iterator[str]:
    """What is not proven of tables in which rows of the backup met rows that were there."""
    for line in lines:
        if line["met"]:
            yield (
                f"{line['table']}: {plural(line['met'], 'row')} fewer than before and added "
                "together. Of rows with the same time and primary tags the table keeps one; that "
                "it is for this reason alone was not compared."
            )


def check_lines(lines: list[dict[str, Any]], where: str) -> None:
    """Raises RESTORE_DIFFERS naming every table that differs."""
    differing = [line for line in lines if not line["same"]]
    if not differing:
        return
    words = [
        f"{line['table']}: {plural(line['rows_found'], 'row')}, expected {line['rows_expected']}; "
        f"content {line['checksum']}{_differing(line)}{_device_words(line)}"
        for line in differing
    ]
    raise KwtuiError(
        f"The restored data in {where} differs from the backup: {words[0]}.",
        cause=lines_of(*words[1:]),
        hint="Check the backup (kwtui verify), then restore again.",
        exit_code=ExitCode.RESTORE_DIFFERS,
    )


def layout_differences(
    layout: Iterable[Mapping[str, Any]], restored: DatabaseSchema
) -> Iterator[str]:
    """Tables of a foreign export that were not made, or not with the columns of its files."""
    for table in layout:
        name = TableName(table["schema"], table["table"])
        found = restored.table(name)
        if found is None:
            yield f"{name} is missing"
        elif list(found.visible_columns) != table["columns"]:
            yield (
                f"{name} has the columns {', '.join(found.visible_columns)}, its files hold "
                f"{', '.join(table['columns'])}"
            )


def _differing(line: dict[str, Any]) -> str:
    return f" ({'; '.join(line['differing'])})" if line.get("differing") else ""


def _device_words(line: dict[str, Any]) -> str:
    found, wanted = line.get("devices_found"), line.get("devices_expected")
    missing = line.get("devices_missing", 0)
    if found is None or (found >= wanted and not missing):
        return ""
    gone = f", {missing:,} of those without readings not as they were" if missing else ""
    return f"; {plural(found, 'device')}, expected {wanted:,}{gone}"


def other_differences(
    chosen: Chosen, restored: DatabaseSchema, database: str, accounts: frozenset[str]
) -> Iterator[str]:
    """Views, procedures, triggers, sequences, comments and grants that are not as captured."""
    yield from _unvalidated(chosen, restored)
    yield from _views(chosen, restored, database)
    yield from _programs(chosen, restored, database)
    positions = {s.name: position(s) for s in restored.sequences}
    for sequence in chosen.sequences:
        if positions.get(sequence.name) != position(sequence):
            yield f"the sequence {sequence.name} has another value"
    wanted = part_of(chosen.schema, chosen.tables) if not chosen.whole else chosen.schema
    there = {(_plain(c.target), c.text) for c in restored.comments}
    for comment in wanted.comments:
        if (_plain(comment.target), comment.text) not in there:
            yield f"the comment on {comment.target} is missing"
    granted = {(_plain(g.target), g.grantee, p) for g in restored.grants for p in g.privileges}
    asked = {
        (_plain(g.target), g.grantee, p)
        for g in wanted.grants
        for p in g.privileges
        if g.grantee in accounts
    }
    for target, grantee, privilege in sorted(asked - granted):
        yield f"{privilege} on {target} is not granted to {grantee}"
    for target, grantee, privilege in sorted(granted - asked):
        yield f"{privilege} on {target} is granted to {grantee}, which it was not"


def _unvalidated(chosen: Chosen, restored: DatabaseSchema) -> Iterator[str]:
    """Constraints that every row kept, and that the server does not vouch for any more."""
    for table in chosen.tables:
        found = restored.table(table.name)
        for name in found.not_validated if found else ():
            if name not in table.not_validated:
                yield f"the constraint {name} of {table.name} is not validated"


def _views(chosen: Chosen, restored: DatabaseSchema, database: str) -> Iterator[str]:
    there = {view.name: view.create_statement for view in restored.views}
    schema = chosen.schema
    for view in chosen.views:
        was = ddl.with_database(view.create_statement, schema.database, database, schema.schemas)
        now = there.get(view.name)
        if now is None:
            yield f"the view {view.name} is missing"
        elif not same(was, now):
            yield f"the view {view.name} is `{now}`, and was `{was}`"


def _programs(chosen: Chosen, restored: DatabaseSchema, database: str) -> Iterator[str]:
    schema = chosen.schema
    there = {(p.kind, p.name, p.table): p.create_statement for p in restored.programs}
    for program in chosen.programs:
        was = programs.moved(program, schema.database, database, schema.schemas)
        now = there.get((program.kind, program.name, program.table))
        if now is None:
            yield f"the {program} is missing"
        elif not same(programs.without_order(was), programs.without_order(now.rstrip("; \n"))):
            yield f"the {program} is `{now}`, and was `{was}`"


def _plain(target: str) -> str:
    """A comment's or grant's object; the database is the same under any name."""
    return "DATABASE" if target.startswith("DATABASE ") else target

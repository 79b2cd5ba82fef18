"""What else changed in a database while it was backed up: everything but its tables. Pure.

A table that changed makes a backup incomplete. Of the rest the set has what was read before the
exports, but for sequences: whatever came or went after that is said with the result.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping

from kwtui.model.schema import DatabaseSchema, TableName
from kwtui.server.connection.results import ResultSet

_Parts = Mapping[str, Hashable]
Numbers = Mapping[TableName, str]
"""Of tables, what the server calls them by: a table that is dropped and made again gets another."""


def numbers_of(descriptors: ResultSet | None) -> Numbers:
    """From the answer to `inspection.descriptors`; none where it was refused."""
    rows = descriptors.dicts() if descriptors is not None else ()
    return {
        TableName(row["schema_name"] or "", row["name"] or ""): row["table_id"] or ""
        for row in rows
        if row["state"] == "PUBLIC"
    }


def made_anew(before: Numbers, after: Numbers, names: Iterable[TableName]) -> Iterator[str]:
    """Tables of the backup that are others now, under their names. A relational TRUNCATE makes one,
    too (public source, sql/truncate.go). In words, as `other_changes`."""
    for name in sorted(names):
        then, now = before.get(name), after.get(name)
        if then and now and then != now:
            yield f"{name} was truncated, or dropped and recreated, while the backup ran"


def other_changes(before: DatabaseSchema, after: DatabaseSchema) -> Iterator[str]:
    """In words, each a sentence without its full stop."""
    then, now = _parts(before), _parts(after)
    for name in sorted({*then, *now}):
        if name not in then:
            yield f"{name} was created while the backup ran, and is not in it"
        elif name not in now:
            yield f"{name} was dropped while the backup ran, and is in it"
        elif then[name] != now[name]:
            yield f"{name} was changed while the backup ran; the backup has its earlier state"
    # Where a sequence stands is no change: every nextval moves it.
    old, new = ({s.name: s.create_statement for s in d.sequences} for d in (before, after))
    for sequence in sorted({*old, *new}):
        if sequence not in old:
            yield f"sequence {sequence} was created while the backup ran, and is in it"
        elif sequence not in new:
            yield f"sequence {sequence} was dropped while the backup ran, and is not in it"
        elif old[sequence] != new[sequence]:
            yield (
                f"sequence {sequence} was changed while the backup ran; its new state is backed up"
            )


def _parts(schema: DatabaseSchema) -> _Parts:
    found: dict[str, Hashable] = {
        "the definition of the database": (
            schema.create_statement,
            schema.retention,
            schema.partition_interval,
            schema.zone_statements,
        )
    }
    found |= {f"schema {name}": True for name in schema.schemas}
    found |= {f"view {v.name}": (v.create_statement, v.materialized) for v in schema.views}
    found |= {str(program): program.create_statement for program in schema.programs}
    found |= {f"the comment on {c.target}": c.text for c in schema.comments}
    found |= {
        f"the grant on {g.target} to {g.grantee}": frozenset(g.privileges) for g in schema.grants
    }
    found |= {
        f"zone configuration of table {table.name}": table.zone_statements
        for table in schema.tables
        if table.zone_statements
    }
    # Of kinds that kwtui does not capture there is no more than a line.
    return found | {words: True for words in schema.not_captured}

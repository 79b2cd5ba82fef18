"""A small table of text values with typed columns: what SHOW and the virtual tables are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from kwtui.sandbox.answers.answer import Answer, Column, Row

BOOL, BYTES, NAME, INT8, INT2, INT4 = 16, 17, 19, 20, 21, 23
TEXT, OID, JSONB, FLOAT4, FLOAT8 = 25, 26, 3802, 700, 701
BPCHAR, TIMESTAMP, TIMESTAMPTZ, NUMERIC, UUID = 1042, 1114, 1184, 1700, 2950
INT2_ARRAY, INT8_ARRAY, TEXT_ARRAY, OID_ARRAY = 1005, 1016, 1009, 1028
INT2_VECTOR, OID_VECTOR, REGPROC = 22, 30, 24


@dataclass(frozen=True)
class RowSet:
    """Columns with their type OIDs, and rows as the node prints them."""

    columns: tuple[Column, ...]
    rows: list[Row]

    def answer(self, tag: str, *, counted: bool = True) -> Answer:
        """These rows as the answer of a statement; the tag ends with their number."""
        return Answer(f"{tag} {len(self.rows)}" if counted else tag, self.columns, self.rows)

    def select(self, *names: str) -> RowSet:
        """Only these columns, in this order."""
        index = {column.name: i for i, column in enumerate(self.columns)}
        picked = [index[name] for name in names]
        return RowSet(
            tuple(self.columns[i] for i in picked),
            [tuple(row[i] for i in picked) for row in self.rows],
        )


@cache
def columns(definition: str) -> tuple[Column, ...]:
    """Columns from ``name:OID`` words; a bare name is text."""
    made = []
    for word in definition.split():
        name, _, oid = word.partition(":")
        made.append(Column(name, int(oid) if oid else TEXT))
    return tuple(made)


def rowset(definition: str, rows: Iterable[Sequence[object]]) -> RowSet:
    """A RowSet from Python values: booleans, numbers, lists and times become the node's text."""
    # Most values are texts already, and a table of columns has some fifty thousand of them.
    texts = [tuple([v if v is None or type(v) is str else text(v) for v in row]) for row in rows]
    return RowSet(columns(definition), texts)


def text(value: object) -> str | None:
    """A value as the node prints it; ``None`` stays NULL."""
    # Most of what is no text is a number, and there are thousands of them.
    if type(value) is int:
        return str(value)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, list | tuple):
        return array(value)
    return str(value)


def timestamp(moment: datetime) -> str:
    """``2026-11-22 08:19:54.27703``: no trailing zeros in the fraction; an offset if it has one."""
    shown = moment.replace(tzinfo=None).isoformat(sep=" ")
    if "." in shown:
        shown = shown.rstrip("0")
    return f"{shown}+00:00" if moment.tzinfo else shown


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal. Line breaks and tabs stand as they are (recording 12)."""
    return "{" + ",".join(_element(text(value)) for value in values) + "}"


def _element(value: str | None) -> str:
    if value is None:
        return "NULL"
    plain = value and not any(ch in '{},"\\' or ch.isspace() for ch in value)
    if plain and value.upper() != "NULL":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def reference(name: str) -> Any:
    """The parsed content of ``data/<name>.json``: text that a real node printed."""
    return json.loads((files("kwtui.sandbox") / "data" / f"{name}.json").read_text("utf-8"))

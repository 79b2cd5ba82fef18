"""Ranges: how the keys of all tables are cut, and which of them hold which table.

Small relational tables lie side by side in one range; a time series has a range of its own, and
``ALTER TABLE … SPLIT AT`` cuts a table (recording 18; keys as KWDB 3.2 encodes them,
``util/encoding``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog, ColumnDef, Relation, RelationKind, SplitDef
from kwtui.sandbox.values.types import INTEGERS, STRINGS, base_family

FIRST_TABLE = 50
END_KEY, END_PRETTY = "ffff", "/Max"
_FIRST_RANGE = 58
_FIRST_SPLIT = 1_000_000
_STORED = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)


@dataclass
class Range:
    """A stretch of keys. ``start`` and ``end`` are hexadecimal, as they are compared."""

    id: int
    start: str
    start_pretty: str
    first: int
    """The id of the table that the start key belongs to."""
    end: str = END_KEY
    end_pretty: str = END_PRETTY
    series: bool = False
    behind_series: bool = False
    """Whether it begins where a time series ends, or ended."""
    holds: list[tuple[Relation, int]] = field(default_factory=list)
    """Tables, each with the range id of the cut that begins their part here; 0 for the first."""
    split_at: int = 0
    """When it was cut off, in nanoseconds."""
    uncounted: bool = False
    """Whether nobody knows how many entries it has."""

    def start_in(self, relation: Relation) -> str | None:
        """The start as SHOW RANGES of a table prints it; None where it lies before the table."""
        return _within(self.start_pretty, relation)

    def end_in(self, relation: Relation) -> str | None:
        """The end, as ``start_in``; None where it lies behind the table."""
        return _within(self.end_pretty, relation)


def _within(pretty: str, relation: Relation) -> str | None:
    """What a key adds to the key of a table and its index."""
    table = f"{table_pretty(relation.id)}/"
    if not pretty.startswith(table):
        return None
    return "/" + pretty.removeprefix(table).partition("/")[2]


def ranges(catalog: Catalog) -> list[Range]:
    """All ranges of user tables, in the order of their keys."""
    made = [Range(_FIRST_RANGE, table_key(FIRST_TABLE), table_pretty(FIRST_TABLE), FIRST_TABLE)]
    left = {number: None for number in catalog.left_behind}
    for number, relation in sorted((left | dict(catalog.relations)).items()):
        if relation is None or number in left:
            _begin_behind(made, number)
        if relation is None:
            continue
        if relation.kind is RelationKind.TIME_SERIES:
            _begin(made, 60 + 2 * number, table_key(number), table_pretty(number), number)
            made[-1].series = True
            _begin_behind(made, number + 1)
        elif relation.kind in _STORED:
            _hold(made, catalog, relation)
    return made


def _begin_behind(made: list[Range], number: int) -> None:
    """The range that begins where a time series ends."""
    if made[-1].first != number:
        _begin(made, 59 + 2 * number, table_key(number), table_pretty(number), number)
        made[-1].behind_series = True


def forget_ranges(catalog: Catalog, relation: Relation) -> None:
    """A table is dropped: its cuts go, but where a time series ended there is still an end."""
    catalog.splits = [split for split in catalog.splits if split.relation_id != relation.id]
    if relation.kind is not RelationKind.TIME_SERIES:
        return
    ends = sorted({*catalog.left_behind, relation.id + 1})
    # Of those with no table in between, the last one is enough.
    between = [*ends[1:], max([*catalog.relations, *ends]) + 1]
    catalog.left_behind = [
        end
        for end, following in zip(ends, between, strict=True)
        if end == ends[-1] or any(end <= number < following for number in catalog.relations)
    ]


def _hold(made: list[Range], catalog: Catalog, relation: Relation) -> None:
    own = [split for split in catalog.splits if split.relation_id == relation.id]
    part = 0
    for split in sorted(own, key=lambda split: split.key):
        if split.value is not None and not part:
            made[-1].holds.append((relation, 0))
        made[-1].uncounted |= split.uncounted
        _begin(made, split.range_id, split.key, split.pretty, relation.id)
        made[-1].split_at = split.made_at
        part = split.range_id if split.value is not None else 0
        if part:
            made[-1].holds.append((relation, part))
    if not part:
        made[-1].holds.append((relation, 0))


def _begin(made: list[Range], number: int, key: str, pretty: str, first: int) -> None:
    made[-1].end, made[-1].end_pretty = key, pretty
    made.append(Range(number, key, pretty, first))


def loses_counts(catalog: Catalog, relation: Relation) -> bool:
    """Whether a first cut leaves a part without counts in front of it.

    A range that a time series has left behind stays one of time series: of its two parts KWDB 3.2
    counts the right one only (``batcheval/cmd_end_transaction.go``).
    """
    if any(split.relation_id == relation.id for split in catalog.splits):
        return False
    return any(found.behind_series and (relation, 0) in found.holds for found in ranges(catalog))


def next_range_id(catalog: Catalog) -> int:
    """A fresh number for a part that is cut off."""
    return max([_FIRST_SPLIT, *(split.range_id for split in catalog.splits)]) + 1


# --- keys ---------------------------------------------------------------------------------------


def table_pretty(number: int) -> str:
    """``/Table/53``."""
    return f"/Table/{number}"


def table_key(number: int) -> str:
    """The key of a table, in hexadecimal."""
    return _whole(number).hex()


def _whole(value: int) -> bytes:
    size = (value.bit_length() + 7) // 8
    if value < 0:
        return bytes([0x88 - size]) + (value + (1 << 8 * size)).to_bytes(size, "big")
    if value <= 109:
        return bytes([136 + value])
    return bytes([0xF5 + size]) + value.to_bytes(size, "big")


def split_at(relation: Relation, column: ColumnDef, value: object) -> SplitDef:
    """A cut of a table's primary index in front of a value of its first column.

    Raises SqlError (0A000) for a value whose key the sandbox does not know.
    """
    family = base_family(column.type)
    if family in INTEGERS and isinstance(value, int):
        coded, pretty = _whole(value), str(value)
    elif family in STRINGS and isinstance(value, str):
        body = value.encode().replace(b"\0", b"\0\xff")
        coded, pretty = b"\x12" + body + b"\0\x01", '"' + value.replace('"', '\\"') + '"'
    else:
        raise SqlError("the sandbox splits tables at whole numbers and text only", "0A000")
    index = relation.primary.id if relation.primary else 1
    key = (_whole(relation.id) + _whole(index) + coded).hex()
    return SplitDef(relation.id, key, f"{table_pretty(relation.id)}/{index}/{pretty}", str(value))

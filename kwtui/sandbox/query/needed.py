"""What of a virtual table a query can need, so that nothing else of it is made and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from kwtui.sandbox.answers.answer import Column, Row
from kwtui.sandbox.answers.rowset import TEXT

Only = dict[str, frozenset[str]]
"""Texts that a column, in small letters, can have in a row that is asked for."""


@dataclass(frozen=True)
class Needed:
    """Columns and rows; without anything set, all of them."""

    named: frozenset[str] | None = None
    """The names in the query, in small letters: other columns get no values."""
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def rows(self, columns: Sequence[Column], rows: Sequence[Row]) -> Sequence[Row]:
        """Without the rows that WHERE leaves out anyway."""
        for place, column in enumerate(columns):
            texts = self.only.get(column.name.lower())
            if texts is not None and column.oid == TEXT:
                rows = [row for row in rows if row[place] in texts]
        return rows


ALL = Needed()


def named(tree: exp.Expr) -> frozenset[str] | None:
    """What a query names, in small letters: of a virtual table, nothing else is read.

    None where it may read columns without naming them.
    """
    if tree.find(exp.Star) or any(join.args.get("method") for join in tree.find_all(exp.Join)):
        return None
    found = frozenset(node.name.lower() for node in tree.find_all(exp.Identifier))
    tables = {t.alias_or_name.lower() for t in tree.find_all(exp.Table, exp.Subquery)}
    whole_rows = any(
        column.name.lower() in tables for column in tree.find_all(exp.Column) if not column.table
    )
    return None if whole_rows else found


def only(node: exp.Select) -> Only:
    """The texts that WHERE compares columns with, of a SELECT from one table alone."""
    where = node.args.get("where")
    clause = node.args.get("from_") or node.args.get("from")
    if where is None or clause is None or node.args.get("joins"):
        return {}
    table = clause.this
    if not isinstance(table, exp.Table):
        return {}
    found: Only = {}
    for condition in _conjuncts(where.this):
        column, texts = _comparison(condition)
        if column is not None and column.table in ("", table.alias_or_name):
            name = column.name.lower()
            found[name] = found.get(name, texts) & texts
    return found


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.left)
        yield from _conjuncts(condition.right)
    else:
        yield condition


def _comparison(condition: exp.Expr) -> tuple[exp.Column | None, frozenset[str]]:
    """``column = 'text'`` or ``column IN ('text', …)``; no column for anything else."""
    values: Iterable[exp.Expr] = ()
    if isinstance(condition, exp.EQ):
        values = (condition.right,)
    elif isinstance(condition, exp.In) and not set(condition.args) - {"this", "expressions"}:
        values = condition.expressions
    texts = [v.name for v in values if isinstance(v, exp.Literal) and v.is_string]
    column = condition.this
    if not texts or len(texts) != len(list(values)) or not isinstance(column, exp.Column):
        return None, frozenset()
    return column, frozenset(texts)

"""Queries that the time-series engine answers from the tags alone, without a reading.

``SELECT DISTINCT`` and GROUP BY over nothing but tags of one table know devices without readings,
which no other query does (recording 20; KWDB 3.2, ``sql/opt/norm/groupby_funcs.go``).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.query.functions import FUNCTIONS, called, known_as

Series = Callable[[list[str]], "Relation | None"]


def reads_tags_only(node: exp.Select, series: Series) -> bool:
    """Whether this SELECT groups the tags of one time-series table and reads nothing else."""
    distinct, group = node.args.get("distinct"), node.args.get("group")
    if (distinct is None or distinct.args.get("on")) and group is None:
        return False
    clause = node.args.get("from_") or node.args.get("from")
    table = clause.this if clause is not None else None
    if not isinstance(table, exp.Table) or isinstance(table.this, exp.Anonymous):
        return False
    if node.args.get("joins") or any(n is not node for n in node.find_all(exp.Query)):
        return False
    relation = series([part.name for part in table.parts])
    if relation is None or any(map(_needs_readings, node.find_all(exp.Star, exp.Func))):
        return False
    tags = {column.name for column in relation.columns if column.is_tag}
    aliases = {item.alias for item in node.expressions if isinstance(item, exp.Alias)}
    names = {column.name for column in node.find_all(exp.Column)}
    return bool(names & tags) and names <= tags | aliases


def _needs_readings(node: exp.Expr) -> bool:
    """An aggregate counts readings, ``*`` names them."""
    if isinstance(node, exp.Anonymous):
        function = FUNCTIONS.get(known_as(called(node)))
        return function is not None and function.aggregate
    return isinstance(node, exp.AggFunc | exp.Star)

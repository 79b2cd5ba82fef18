"""A hash that several aggregates of one SELECT take is planned once.

kwtui's checksum of a table names its hash twice, and a macro that is called twice is planned and
computed twice: most of what such a statement costs on a small table.
"""

from __future__ import annotations

from sqlglot import exp

_HASHES = ("kw_fnv64", "kw_fnv64_text", "kw_fnv64a", "kw_fnv64a_text")
_AGGREGATES = ("bit_xor", "count", "sum")
_SHARED = "kw_shared_hash"
_OTHERS = ("group", "having", "distinct", "order", "joins", "laterals", "windows")


def share_hash(node: exp.Select) -> None:
    """Move the one hash of a translated SELECT of aggregates below it, with FROM and WHERE.

    Left as it is: what calls it once, and what reads anything besides it.
    """
    key = "from_" if node.args.get("from_") else "from"
    if node.args.get(key) is None or any(node.args.get(name) for name in _OTHERS):
        return
    calls = [
        call
        for item in node.expressions
        for call in item.find_all(exp.Anonymous)
        if call.name in _HASHES
    ]
    if len(calls) < 2 or any(call != calls[0] for call in calls):
        return
    if not _reads_only(node.expressions, calls[0]):
        return
    inner = exp.Select(expressions=[exp.alias_(calls[0].copy(), _SHARED, quoted=True)])
    inner.set(key, node.args[key])
    inner.set("where", node.args.get("where"))
    for call in calls:
        call.replace(exp.column(_SHARED, quoted=True))
    below = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(_SHARED)))
    node.set(key, exp.From(this=below))
    node.set("where", None)


def _reads_only(items: list[exp.Expr], hashed: exp.Expr) -> bool:
    """Whether aggregates of the hash are all there is, so that one row comes out."""
    for item in items:
        if not isinstance(item.this, exp.Anonymous) or item.this.name not in _AGGREGATES:
            return False
        rest = item.copy()
        for call in list(rest.find_all(exp.Anonymous)):
            if call == hashed:
                call.replace(exp.Null())
        if rest.find(exp.Column, exp.Query, exp.Window, exp.Filter):
            return False
    return True

"""The hash of a checksum is planned once, and says what it says when it is planned twice."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from kwtui.sandbox.query.functions import call
from kwtui.sandbox.query.shared_hash import share_hash


def shared(*items: exp.Expr, ending: str = "") -> str:
    tree = sqlglot.parse_one(f"SELECT 1 FROM t {ending}", read="duckdb")
    assert isinstance(tree, exp.Select)
    tree.set("expressions", [exp.alias_(item, f"c{n}") for n, item in enumerate(items)])
    share_hash(tree)
    return tree.sql("duckdb")


def hashed(column: str = "v") -> exp.Expr:
    return call("kw_fnv64_text", exp.column(column))


def test_two_aggregates_share_the_hash_and_the_rows_that_are_read() -> None:
    said = shared(
        call("count", exp.Star()),
        call("bit_xor", hashed()),
        call("sum", exp.cast(hashed(), "HUGEINT")),
        ending="WHERE n > 3",
    )
    assert said == (
        'SELECT COUNT(*) AS c0, BIT_XOR("kw_shared_hash") AS c1,'
        ' SUM(CAST("kw_shared_hash" AS INT128)) AS c2'
        ' FROM (SELECT KW_FNV64_TEXT(v) AS "kw_shared_hash" FROM t WHERE n > 3) AS kw_shared_hash'
    )


def test_what_reads_anything_else_stays_as_it_is() -> None:
    twice = call("bit_xor", hashed()), call("sum", hashed())
    for items, ending in (
        (twice[:1], ""),
        ((*twice, call("count", exp.column("w"))), ""),
        ((*twice, exp.column("w")), ""),
        ((hashed(), hashed()), ""),
        ((call("bit_xor", hashed()), call("sum", hashed("w"))), ""),
        (twice, "GROUP BY n"),
        (twice, "JOIN u ON t.n = u.n"),
    ):
        assert "kw_shared_hash" not in shared(*(i.copy() for i in items), ending=ending)

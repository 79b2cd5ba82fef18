"""Operators: comparisons, arithmetic, concatenation, JSON."""

from __future__ import annotations

from sqlglot import exp

from kwtui.sandbox.query.conversions import comparable, sortable
from kwtui.sandbox.query.functions import (
    BOOL,
    BYTES,
    DECIMAL,
    INT8,
    JSONB,
    STRING,
    call,
    cast,
    text,
)
from kwtui.sandbox.query.scopes import Scope
from kwtui.sandbox.query.translation import Translation, Typed
from kwtui.sandbox.values.collations import check_comparable
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import BINARY, INTEGERS, base_family

_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}


class Operators(Translation):
    """Translates operators."""

    def _operand(self, node: exp.Expr, scope: Scope, other: SqlType | None) -> exp.Expr:
        """A side of a comparison; a string literal takes the other side's type."""
        if isinstance(node, exp.Literal) and node.is_string and other is not None:
            return self._constant(node.name, other)
        inner = node.this.unnest() if isinstance(node, exp.Any | exp.All) else None
        if isinstance(inner, exp.Literal) and inner.is_string and other is not None:
            items = SqlType(other.family, other.args, array=True)
            node.set("this", self._constant(inner.name, items))
            return node
        translated, kind = self.translate(node, scope)
        return comparable(translated, kind)

    def _comparison(self, node: exp.Binary, scope: Scope) -> Typed:
        left, left_type = self.translate(node.left.copy(), scope)
        _, right_type = self.translate(node.right.copy(), scope)
        del left
        null = isinstance(node.left, exp.Null) or isinstance(node.right, exp.Null)
        if not null:
            check_comparable(left_type, right_type, _SIGNS.get(type(node), node.key))
        sides = (
            self._operand(node.left, scope, right_type),
            self._operand(node.right, scope, left_type),
        )
        ordered = isinstance(node, exp.GT | exp.GTE | exp.LT | exp.LTE)
        kind = left_type or right_type if ordered else None
        node.set("this", sortable(sides[0], kind))
        node.set("expression", sortable(sides[1], kind))
        return node, BOOL

    def _on_between(self, node: exp.Between, scope: Scope) -> Typed:
        this, kind = self.translate(node.this, scope)
        node.set("this", sortable(comparable(this, kind), kind))
        for key in ("low", "high"):
            node.set(key, sortable(self._operand(node.args[key], scope, kind), kind))
        return node, BOOL

    def _arithmetic(self, node: exp.Binary, scope: Scope) -> Typed:
        left, left_type = self.translate(node.left, scope)
        right, right_type = self.translate(node.right, scope)
        node.set("this", self._number(left, left_type))
        node.set("expression", self._number(right, right_type))
        return node, _arithmetic_type(left_type, right_type)

    def _number(self, node: exp.Expr, kind: SqlType | None) -> exp.Expr:
        if kind is not None and base_family(kind) in INTEGERS:
            return cast(node, "BIGINT")
        return comparable(node, kind)

    def _on_div(self, node: exp.Div, scope: Scope) -> Typed:
        left, left_type = self.translate(node.left, scope)
        right, right_type = self.translate(node.right, scope)
        dividend = cast(comparable(left, left_type), "DOUBLE")
        divided = call("kw_divide", dividend, comparable(right, right_type))
        floats = {t.family for t in (left_type, right_type) if t} & {"FLOAT4", "FLOAT8"}
        return divided, SqlType("FLOAT8") if floats else DECIMAL

    def _on_pow(self, node: exp.Pow, scope: Scope) -> Typed:
        left, kind = self.translate(node.this, scope)
        right, _ = self.translate(node.expression, scope)
        return call("power", comparable(left, kind), right), SqlType("FLOAT8")

    def _on_neg(self, node: exp.Neg, scope: Scope) -> Typed:
        inner, kind = self.translate(node.this, scope)
        return exp.Neg(this=comparable(inner, kind)), kind

    def _on_dpipe(self, node: exp.DPipe, scope: Scope) -> Typed:
        sides = []
        kinds = []
        for side in (node.left, node.right):
            translated, kind = self.translate(side, scope)
            kinds.append(kind)
            sides.append(translated)
        if any(k is not None and k.array for k in kinds):
            return call("list_concat", *sides), next(k for k in kinds if k and k.array)
        if any(k is not None and base_family(k) in BINARY for k in kinds):
            return exp.DPipe(this=sides[0], expression=sides[1]), BYTES
        joined = [self._text(s, k) for s, k in zip(sides, kinds, strict=True)]
        return exp.DPipe(this=joined[0], expression=joined[1]), STRING

    def _on_not(self, node: exp.Not, scope: Scope) -> Typed:
        return exp.Not(this=self.translate(node.this, scope)[0]), BOOL

    def _on_predicate(self, node: exp.Expr, scope: Scope) -> Typed:
        return self._children(node, scope), BOOL

    def _on_connector(self, node: exp.Connector, scope: Scope) -> Typed:
        return self._children(node, scope), BOOL

    def _on_jsonextract(self, node: exp.Binary, scope: Scope) -> Typed:
        return self._json(node, scope, "json_extract"), JSONB

    def _on_jsonextractscalar(self, node: exp.Binary, scope: Scope) -> Typed:
        return self._json(node, scope, "json_extract_string"), STRING

    def _on_arraycontainsall(self, node: exp.Binary, scope: Scope) -> Typed:
        left, kind = self.translate(node.this, scope)
        if kind != JSONB:
            node.set("this", left)
            node.set("expression", self._operand(node.expression, scope, kind))
            return node, BOOL
        return call("json_contains", left, self._operand(node.expression, scope, kind)), BOOL

    def _json(self, node: exp.Binary, scope: Scope, function: str) -> exp.Expr:
        document, _ = self.translate(node.this, scope)
        path = node.expression
        if isinstance(path, exp.JSONPath):
            keys = [p.this for p in path.expressions if not isinstance(p, exp.JSONPathRoot)]
            pointer = "".join(
                f"[{k}]" if isinstance(k, int) else '."' + str(k).replace('"', "") + '"'
                for k in keys
            )
            return call(function, document, text("$" + pointer))
        return call(function, document, self.translate(path, scope)[0])


def _arithmetic_type(left: SqlType | None, right: SqlType | None) -> SqlType | None:
    families = {base_family(t) for t in (left, right) if t is not None}
    if families & {"FLOAT4", "FLOAT8"}:
        return SqlType("FLOAT8")
    if "DECIMAL" in families:
        return DECIMAL
    if families and families <= set(INTEGERS):
        return INT8
    for family in ("TIMESTAMPTZ", "TIMESTAMP", "DATE"):
        if family in families:
            both = left is not None and right is not None and left.family == right.family
            return SqlType("INTERVAL") if both else SqlType(family)
    return None

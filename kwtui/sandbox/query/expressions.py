"""Turns the node's expressions into DuckDB's and knows their types.

Each method answers the new expression and the node's type of it, None where only DuckDB can tell.
"""

from __future__ import annotations

from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.query.calls import Calls
from kwtui.sandbox.query.conversions import comparable, convert
from kwtui.sandbox.query.functions import BOOL, DECIMAL, INT8, STRING, call, cast
from kwtui.sandbox.query.operators import Operators
from kwtui.sandbox.query.scopes import Scope
from kwtui.sandbox.query.translation import Typed
from kwtui.sandbox.values.collations import collated
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import STRINGS, base_family, storage_type


class Expressions(Operators, Calls):
    """Translates expressions for one statement of a session."""

    # --- leaves ---------------------------------------------------------------------------

    def _on_column(self, node: exp.Column, scope: Scope) -> Typed:
        if isinstance(node.this, exp.Star):
            return node, None
        parts = [p.name for p in node.parts]
        column = scope.column(parts[-1], parts[-2] if len(parts) > 1 else "")
        if len(parts) > 2:
            node = exp.column(parts[-1], parts[-2], quoted=True)
        return node, column.type

    def _on_identifier(self, node: exp.Identifier, scope: Scope) -> Typed:
        return node, None

    def _on_literal(self, node: exp.Literal, scope: Scope) -> Typed:
        if node.is_string:
            return node, None
        if node.name.isdigit():
            return (node, INT8) if int(node.name) < 2**63 else (cast(node, "HUGEINT"), DECIMAL)
        return node, DECIMAL

    def _on_boolean(self, node: exp.Boolean, scope: Scope) -> Typed:
        return node, BOOL

    def _on_null(self, node: exp.Null, scope: Scope) -> Typed:
        return node, None

    def _on_star(self, node: exp.Star, scope: Scope) -> Typed:
        return node, None

    def _on_paren(self, node: exp.Paren, scope: Scope) -> Typed:
        inner, kind = self.translate(node.this, scope)
        return exp.Paren(this=inner), kind

    def _on_alias(self, node: exp.Alias, scope: Scope) -> Typed:
        inner, kind = self.translate(node.this, scope)
        return exp.alias_(inner, node.alias, quoted=True), kind

    # --- subqueries -----------------------------------------------------------------------

    def _query(self, node: exp.Expr, scope: Scope) -> Typed:
        query, kinds = self._subquery(node, scope)
        return query, kinds[0] if len(kinds) == 1 else None

    def _on_exists(self, node: exp.Exists, scope: Scope) -> Typed:
        query, _ = self._subquery(node.this, scope)
        return exp.Exists(this=query), BOOL

    def _on_in(self, node: exp.In, scope: Scope) -> Typed:
        left, kind = self.translate(node.this, scope)
        node.set("this", comparable(left, kind))
        query = node.args.get("query")
        if query is not None:
            node.set("query", self._subquery(query, scope)[0])
        items = [self._operand(e, scope, kind) for e in node.expressions]
        node.set("expressions", items)
        return node, BOOL

    # --- conditions and collections -------------------------------------------------------

    def _on_case(self, node: exp.Case, scope: Scope) -> Typed:
        kind: SqlType | None = None
        if node.this is not None:
            node.set("this", self.translate(node.this, scope)[0])
        for branch in node.args["ifs"]:
            branch.set("this", self.translate(branch.this, scope)[0])
            result, found = self.translate(branch.args["true"], scope)
            branch.set("true", result)
            kind = kind or found
        if node.args.get("default") is not None:
            result, found = self.translate(node.args["default"], scope)
            node.set("default", result)
            kind = kind or found
        return node, kind

    def _on_coalesce(self, node: exp.Coalesce, scope: Scope) -> Typed:
        pairs = [self.translate(n, scope) for n in (node.this, *node.expressions)]
        kind = next((k for _, k in pairs if k is not None), None)
        return call("coalesce", *(p for p, _ in pairs)), kind

    def _on_array(self, node: exp.Array, scope: Scope) -> Typed:
        pairs = [self.translate(n, scope) for n in node.expressions]
        kind = next((k for _, k in pairs if k is not None), None)
        if kind is None:
            strings = any(isinstance(n, exp.Literal) for n, _ in pairs)
            kind = STRING if strings else None
        items = exp.Array(expressions=[p for p, _ in pairs])
        return items, SqlType(kind.family, kind.args, array=True) if kind else None

    # --- collations -----------------------------------------------------------------------

    def _on_collate(self, node: exp.Collate, scope: Scope) -> Typed:
        """The value stays; its type has the collation, in which it is compared and sorted."""
        if isinstance(node.expression, exp.Cast):
            # The parser takes ``COLLATE de::STRING`` for a cast of the name.
            outer = node.expression
            inner = exp.Collate(this=node.this, expression=outer.this)
            return self.translate(exp.Cast(this=exp.Paren(this=inner), to=outer.to), scope)
        value, kind = self.translate(node.this, scope)
        if kind is not None and (base_family(kind) not in STRINGS or kind.array):
            raise SqlError(f"incompatible type for COLLATE: {kind.text.lower()}", "42804")
        return value, collated(kind or STRING, node.expression.name)

    # --- casts ----------------------------------------------------------------------------

    def _on_cast(self, node: exp.Cast, scope: Scope) -> Typed:
        kind = self._named_type(node.to)
        if isinstance(node.this, exp.Literal) and node.this.is_string:
            return self._constant(node.this.name, kind), kind
        if isinstance(node.this, exp.Null):
            return cast(node.this, storage_type(kind)), kind
        inner, source = self.translate(node.this, scope)
        return convert(inner, source, kind, self._style), kind

    def _named_type(self, to: exp.DataType) -> SqlType:
        name = str(to.args.get("kind") or to.sql()).strip('"').lower()
        if not name.startswith("kwt_"):
            raise SqlError(f'type "{name}" does not exist', "42704")
        return self.types[int(name[4:])]

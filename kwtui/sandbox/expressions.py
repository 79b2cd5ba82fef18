"""Turns the node's expressions into DuckDB's and knows their types.

Each method answers the new expression and the node's type of it, None where only DuckDB can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kwtui.sandbox import values
from kwtui.sandbox.answer import SqlError
from kwtui.sandbox.catalog import SqlType
from kwtui.sandbox.conversions import (
    as_text,
    comparable,
    constant,
    convert,
    json_sql,
    unknown_function,
    written,
)
from kwtui.sandbox.functions import (
    BOOL,
    BYTES,
    DECIMAL,
    FUNCTIONS,
    INT8,
    JSONB,
    STRING,
    TIMESTAMP,
    TIMESTAMPTZ,
    call,
    cast,
    text,
)
from kwtui.sandbox.scopes import Scope
from kwtui.sandbox.session_functions import SESSION_FUNCTIONS
from kwtui.sandbox.types import BINARY, INTEGERS, base_family, storage_type

if TYPE_CHECKING:
    from kwtui.sandbox.session import Session

Typed = tuple[exp.Expr, SqlType | None]

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod)


class Expressions:
    """Translates expressions for one statement of a session."""

    def __init__(
        self,
        session: Session,
        types: list[SqlType],
        subquery: Callable[[exp.Expr, Scope], tuple[exp.Expr, list[SqlType | None]]],
    ) -> None:
        self.session = session
        self.types = types
        self._subquery = subquery
        self.used: set[str] = set()
        """The names of the functions that were met."""

    @property
    def _zone(self) -> str:
        return self.session.variables.get("timezone")

    def _text(self, node: exp.Expr, kind: SqlType | None) -> exp.Expr:
        return as_text(node, kind, self._zone)

    def _constant(self, content: str, kind: SqlType) -> exp.Expr:
        """A string literal as a value of a type."""
        return constant(kind, values.parse(kind, content, self._zone))

    def translate(self, node: exp.Expr, scope: Scope) -> Typed:
        """The DuckDB expression for ``node``, and its type."""
        method = self._method(node)
        if method is not None:
            return method(node, scope)
        return self._children(node, scope), None

    def _method(self, node: exp.Expr) -> Callable[[Any, Scope], Typed] | None:
        if isinstance(node, _COMPARISONS):
            return self._comparison
        if isinstance(node, _ARITHMETIC):
            return self._arithmetic
        if isinstance(node, exp.Query | exp.Subquery):
            return self._query
        for kind in type(node).__mro__:
            if method := getattr(self, f"_on_{kind.__name__.lower()}", None):
                return method  # type: ignore[no-any-return]
        return None

    def _children(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        """The same node with translated children."""
        for key, value in list(node.args.items()):
            if isinstance(value, exp.Expr) and not isinstance(value, exp.DataType):
                node.set(key, self.translate(value, scope)[0])
            elif isinstance(value, list):
                node.set(
                    key,
                    [self.translate(v, scope)[0] if isinstance(v, exp.Expr) else v for v in value],
                )
        return node

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

    # --- operators ------------------------------------------------------------------------

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
        node.set("this", self._operand(node.left, scope, right_type))
        node.set("expression", self._operand(node.right, scope, left_type))
        return node, BOOL

    def _on_between(self, node: exp.Between, scope: Scope) -> Typed:
        this, kind = self.translate(node.this, scope)
        node.set("this", comparable(this, kind))
        for key in ("low", "high"):
            node.set(key, self._operand(node.args[key], scope, kind))
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

    # --- casts ----------------------------------------------------------------------------

    def _on_cast(self, node: exp.Cast, scope: Scope) -> Typed:
        kind = self._named_type(node.to)
        if isinstance(node.this, exp.Literal) and node.this.is_string:
            return self._constant(node.this.name, kind), kind
        if isinstance(node.this, exp.Null):
            return cast(node.this, storage_type(kind)), kind
        inner, source = self.translate(node.this, scope)
        return convert(inner, source, kind, self._zone), kind

    def _named_type(self, to: exp.DataType) -> SqlType:
        name = str(to.args.get("kind") or to.sql()).strip('"').lower()
        if not name.startswith("kwt_"):
            raise SqlError(f'type "{name}" does not exist', "42704")
        return self.types[int(name[4:])]

    # --- functions ------------------------------------------------------------------------

    def _on_anonymous(self, node: exp.Anonymous, scope: Scope) -> Typed:
        name = str(node.name).lower().removeprefix("kwf_")
        self.used.add(name)
        if name == "bytes":
            return call("unhex", text(node.expressions[0].name)), BYTES
        if name == "bits":
            return text(node.expressions[0].name), SqlType("VARBIT")
        if name in ("json_agg", "jsonb_agg", "to_json", "to_jsonb", "row_to_json"):
            return self._documents(name, node, scope)
        if name in SESSION_FUNCTIONS:
            return SESSION_FUNCTIONS[name](self.session, node.expressions, bool(scope.sources))
        function = FUNCTIONS.get(name)
        if function is None:
            raise unknown_function(name)
        args, kinds = [], []
        for argument in node.expressions:
            translated, kind = self._argument(argument, scope, function.aggregate)
            args.append(translated)
            kinds.append(kind)
        return function.build(args, kinds), function.type(kinds)

    def _argument(self, node: exp.Expr, scope: Scope, aggregate: bool) -> Typed:
        if isinstance(node, exp.Distinct):
            pairs = [self.translate(n, scope) for n in node.expressions]
            return exp.Distinct(expressions=[p for p, _ in pairs]), pairs[0][1]
        if isinstance(node, exp.Order):
            inner, kind = self._argument(node.this, scope, aggregate)
            ordered = [self.translate(o, scope)[0] for o in node.expressions]
            return exp.Order(this=inner, expressions=ordered), kind
        translated, kind = self.translate(node, scope)
        return (comparable(translated, kind) if aggregate else translated), kind

    def _on_ordered(self, node: exp.Ordered, scope: Scope) -> Typed:
        inner, kind = self.translate(node.this, scope)
        descending = bool(node.args.get("desc"))
        # The node sorts NULL below every value.
        return exp.Ordered(this=inner, desc=descending, nulls_first=not descending), kind

    def _on_count(self, node: exp.Count, scope: Scope) -> Typed:
        return self._children(node, scope), INT8

    def _on_extract(self, node: exp.Extract, scope: Scope) -> Typed:
        value, _ = self.translate(node.expression, scope)
        part = text(node.this.name.lower())
        return cast(call("date_part", part, value), "DOUBLE"), SqlType("FLOAT8")

    def _on_attimezone(self, node: exp.AtTimeZone, scope: Scope) -> Typed:
        value, kind = self.translate(node.this, scope)
        zone = node.args["zone"].name
        outward = kind is not None and base_family(kind) == "TIMESTAMPTZ"
        first, second = ("UTC", zone) if outward else (zone, "UTC")
        shifted = call("timezone", text(second), call("timezone", text(first), value))
        return shifted, TIMESTAMP if outward else TIMESTAMPTZ

    def _on_func(self, node: exp.Func, scope: Scope) -> Typed:
        """Functions with a syntax of their own: SUBSTRING(x FROM 1), TRIM, POSITION, OVERLAY."""
        allowed = (exp.Substring, exp.Trim, exp.StrPosition, exp.If, exp.Overlay, exp.Any, exp.All)
        if not isinstance(node, allowed):
            raise unknown_function(node.sql_name().lower())
        kind = INT8 if isinstance(node, exp.StrPosition) else STRING
        return self._children(node, scope), kind

    def _on_window(self, node: exp.Window, scope: Scope) -> Typed:
        _, kind = self.translate(node.this.copy(), scope)
        return self._children(node, scope), kind

    def _on_filter(self, node: exp.Filter, scope: Scope) -> Typed:
        _, kind = self.translate(node.this.copy(), scope)
        return self._children(node, scope), kind

    def _documents(self, name: str, node: exp.Anonymous, scope: Scope) -> Typed:
        """JSON of a value or of a whole row (recording 08: ``json_agg(e.*)``)."""
        argument = node.expressions[0]
        if isinstance(argument, exp.Column) and isinstance(argument.this, exp.Star):
            source = scope.source(argument.table)
            if source is None:
                raise SqlError(f"no data source matches prefix: {argument.table}", "42P01")
            pairs = []
            for column in sorted(source.columns, key=lambda c: c.name):
                if not column.hidden:
                    reference = exp.column(column.name, argument.table, quoted=True)
                    key = values.literal(values.quoted(column.name) + ": ")
                    pairs.append(f"{key} || {json_sql(reference.sql('duckdb'), column.type)}")
            document = "'{' || " + " || ', ' || ".join(pairs) + " || '}'"
        else:
            value, kind = self.translate(argument, scope)
            document = json_sql(value.sql("duckdb"), kind)
        if name.endswith("_agg"):
            return written(f"'[' || string_agg({document}, ', ') || ']'"), JSONB
        return written(document), JSONB


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

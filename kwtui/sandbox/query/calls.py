"""Calls of functions: KWDB's own, those of the session, aggregates, windows, JSON documents."""

from __future__ import annotations

from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.query.catalog_functions import CATALOG_FUNCTIONS
from kwtui.sandbox.query.conversions import comparable, json_sql, unknown_function, written
from kwtui.sandbox.query.functions import (
    BYTES,
    DUCKDB,
    FUNCTIONS,
    INT8,
    JSONB,
    STRING,
    TIMESTAMP,
    TIMESTAMPTZ,
    call,
    called,
    cast,
    known_as,
    text,
)
from kwtui.sandbox.query.scopes import Scope
from kwtui.sandbox.query.session_functions import SESSION_FUNCTIONS
from kwtui.sandbox.query.translation import Translation, Typed
from kwtui.sandbox.values import values
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family


class Calls(Translation):
    """Translates calls of functions."""

    def _on_anonymous(self, node: exp.Anonymous, scope: Scope) -> Typed:
        written_name = called(node)
        name = known_as(written_name)
        self.used.add(name)
        if name == "bytes":
            return call("unhex", text(node.expressions[0].name)), BYTES
        if name == "bits":
            return text(node.expressions[0].name), SqlType("VARBIT")
        if name in ("json_agg", "jsonb_agg", "to_json", "to_jsonb", "row_to_json"):
            return self._documents(name, node, scope)
        if name in SESSION_FUNCTIONS:
            return SESSION_FUNCTIONS[name](self.session, node.expressions, bool(scope.sources))
        if name in CATALOG_FUNCTIONS:
            return self._catalog(name, node, scope)
        function = FUNCTIONS.get(name)
        if function is None:
            raise unknown_function(written_name)
        args, kinds = [], []
        for argument in node.expressions:
            translated, kind = self._argument(argument, scope, function.aggregate)
            args.append(translated)
            kinds.append(kind)
        return function.build(args, kinds), function.type(kinds)

    def _catalog(self, name: str, node: exp.Anonymous, scope: Scope) -> Typed:
        pairs = [self.translate(argument, scope) for argument in node.expressions]
        counts, build = CATALOG_FUNCTIONS[name]
        if len(pairs) not in counts:
            kinds = ", ".join(str(kind.family).lower() if kind else "unknown" for _, kind in pairs)
            raise SqlError(f"unknown signature: {name}({kinds})", "42883")
        return build(self.session, [argument for argument, _ in pairs])

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
            document = json_sql(value.sql(DUCKDB), kind)
        if name.endswith("_agg"):
            return written(f"'[' || string_agg({document}, ', ') || ']'"), JSONB
        return written(document), JSONB

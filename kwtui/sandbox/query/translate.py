"""Turns a SELECT of the node's dialect into one that DuckDB runs on the stored tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.query.conversions import sortable
from kwtui.sandbox.query.expressions import Expressions
from kwtui.sandbox.query.functions import AFTERWARDS, DUCKDB, called, known_as
from kwtui.sandbox.query.needed import ALL, Needed, Only, named, only
from kwtui.sandbox.query.prepare import Prepared
from kwtui.sandbox.query.scopes import Output, Scope, Source, SourceColumn
from kwtui.sandbox.query.shared_hash import share_hash
from kwtui.sandbox.query.sources import Sources
from kwtui.sandbox.query.tags_only import reads_tags_only
from kwtui.sandbox.values.sql_type import SqlType

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


@dataclass
class Translated:
    """A query for DuckDB."""

    sql: str
    outputs: list[Output]
    functions: set[str] = field(default_factory=set)
    """The names of KWDB's functions in it."""
    time_series: bool = False
    """Whether it reads a time-series table."""


class Translator:
    """Translates one query of a session."""

    def __init__(
        self, session: Session, prepared: Prepared, catalog: Catalog, sources: Sources
    ) -> None:
        self.session = session
        self.sources = sources
        self.catalog = catalog
        self.expressions = Expressions(session, prepared.types, self._subquery)
        self._prepared = prepared
        self._named = named(prepared.tree)
        self._only: Only = {}
        """The rows that a SELECT from one table alone can want."""
        self._devices = False
        """Set while the one table of a query over tags alone is read."""

    def query(self) -> Translated:
        """The whole query."""
        tree = self._prepared.tree
        tables = self.sources.tables_in_order(tree)
        outputs = self._query(tree, Scope(), outermost=True)
        return Translated(
            tree.sql(DUCKDB, copy=False),
            outputs,
            self.expressions.used,
            self._reads_time_series(tables),
        )

    def _reads_time_series(self, tables: list[exp.Table]) -> bool:
        return self.sources.read_time_series and bool(tables)

    def _subquery(self, node: exp.Expr, scope: Scope) -> tuple[exp.Expr, list[SqlType | None]]:
        inner = node.this if isinstance(node, exp.Subquery) else node
        outputs = self._query(inner, Scope(parent=scope))
        return node, [o.type for o in outputs]

    # --- queries --------------------------------------------------------------------------

    def _query(self, node: exp.Expr, scope: Scope, *, outermost: bool = False) -> list[Output]:
        """Translates a query in place and answers its columns."""
        self._with(node, scope)
        if isinstance(node, exp.Subquery):
            outputs = self._query(node.this, scope)
            self._order(node, Scope(scope, aliases={o.name for o in outputs}))
            return outputs
        if isinstance(node, exp.SetOperation):
            outputs = self._query(node.left, Scope(parent=scope))
            self._query(node.right, Scope(parent=scope))
            columns = [SourceColumn(o.name, o.type) for o in outputs]
            self._order(node, Scope(scope, [Source("", columns)]))
            return outputs
        if isinstance(node, exp.Values):
            return self._values(node, scope)
        if isinstance(node, exp.Select):
            return self._select(node, scope, outermost=outermost)
        raise SqlError(f"the sandbox cannot run this query: {node.key.upper()}", "0A000")

    def _with(self, node: exp.Expr, scope: Scope) -> None:
        clause = node.args.get("with_") or node.args.get("with")
        if clause is None:
            return
        for table in clause.expressions:
            if clause.args.get("recursive"):
                raise SqlError("the sandbox does not implement WITH RECURSIVE", "0A000")
            outputs = self._query(table.this, Scope(parent=scope))
            names = [c.name for c in table.args["alias"].args.get("columns") or []]
            scope.tables[table.alias] = _renamed(outputs, names)

    def _values(self, node: exp.Values, scope: Scope) -> list[Output]:
        kinds: list[SqlType | None] = []
        rows = []
        for row in node.expressions:
            pairs = [self.expressions.translate(e, scope) for e in row.expressions]
            rows.append(exp.Tuple(expressions=[p for p, _ in pairs]))
            kinds = [
                k or found
                for k, (_, found) in zip(kinds or [None] * len(pairs), pairs, strict=True)
            ]
        node.set("expressions", rows)
        return [Output(f"column{i}", k) for i, k in enumerate(kinds, 1)]

    def _select(self, node: exp.Select, scope: Scope, *, outermost: bool) -> list[Output]:
        self._devices = reads_tags_only(node, self.sources.series)
        self._only = only(node)
        self._from(node, scope)
        projections: list[exp.Expr] = []
        outputs: list[Output] = []
        for item in node.expressions:
            for expression, output in self._projection(item, scope, outermost=outermost):
                projections.append(exp.alias_(expression, output.name, quoted=True, copy=False))
                outputs.append(output)
        scope.aliases = {o.name for o in outputs}
        node.set("expressions", projections)
        if node.args.get("where"):
            where = node.args["where"]
            where.set("this", self.expressions.translate(where.this, scope)[0])
        self._group(node, scope)
        self._distinct(node, scope)
        self._order(node, scope, outputs)
        if outermost and not node.args.get("order"):
            self._natural_order(node, scope)
        node.set("locks", None)
        share_hash(node)
        return outputs

    def _projection(
        self, item: exp.Expr, scope: Scope, *, outermost: bool
    ) -> list[tuple[exp.Expr, Output]]:
        star_of = _star(item)
        if star_of is not None:
            return self._star(star_of, scope)
        name = output_name(item)
        inner = item.this if isinstance(item, exp.Alias) else item
        afterwards = None
        if outermost and isinstance(inner, exp.Anonymous):
            function = known_as(called(inner))
            if function in AFTERWARDS:
                afterwards, inner = function, inner.expressions[0]
        translated, kind = self.expressions.translate(inner, scope)
        kind = SqlType("STRING") if afterwards else kind
        if isinstance(translated, exp.Literal) and translated.is_string and kind is None:
            kind = SqlType("STRING")
        return [(translated, Output(name, kind, afterwards))]

    def _star(self, table: str, scope: Scope) -> list[tuple[exp.Expr, Output]]:
        sources = scope.sources
        if table:
            source = scope.source(table)
            if source is None:
                raise SqlError(f"no data source matches prefix: {table}", "42P01")
            sources = [source]
        if not sources:
            raise SqlError('cannot use "*" without a FROM clause', "42602")
        return [
            (exp.column(c.name, s.alias, quoted=True), Output(c.name, c.type))
            for s in sources
            for c in s.columns
            if not c.hidden
        ]

    def _group(self, node: exp.Select, scope: Scope) -> None:
        group = node.args.get("group")
        if group is not None:
            group.set("expressions", [self._key(e, scope) for e in group.expressions])
        having = node.args.get("having")
        if having is not None:
            having.set("this", self.expressions.translate(having.this, scope)[0])

    def _distinct(self, node: exp.Select, scope: Scope) -> None:
        distinct = node.args.get("distinct")
        on = distinct.args.get("on") if distinct is not None else None
        if on is not None:
            on.set("expressions", [self._key(e, scope) for e in on.expressions])

    def _key(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        """A key of GROUP BY or ORDER BY: a position, an output column or an expression."""
        if isinstance(node, exp.Literal) and not node.is_string:
            return node
        if isinstance(node, exp.Column) and not node.table and node.name in scope.aliases:
            known = any(s.find(node.name) for s in scope.sources)
            if not known:
                return node
        return self.expressions.translate(node, scope)[0]

    def _order(self, node: exp.Expr, scope: Scope, outputs: list[Output] | None = None) -> None:
        order = node.args.get("order")
        if order is None:
            return
        names = {o.name for o in outputs or []} | scope.aliases
        kinds = {o.name: o.type for o in outputs or []}
        made = []
        for item in order.expressions:
            key = item.this
            alias = isinstance(key, exp.Column) and not key.table and key.name in names
            if alias:
                inner = sortable(key, kinds.get(key.name))
            elif isinstance(key, exp.Literal) and not key.is_string:
                inner = key
            else:
                inner = sortable(*self.expressions.translate(key, scope))
            descending = bool(item.args.get("desc"))
            # The node sorts NULL below every value.
            made.append(exp.Ordered(this=inner, desc=descending, nulls_first=not descending))
        order.set("expressions", made)

    def _natural_order(self, node: exp.Select, scope: Scope) -> None:
        """Rows of one table come in the order of its key, as on the node."""
        grouped = any(node.args.get(k) for k in ("group", "distinct", "having", "joins"))
        if grouped or len(scope.sources) != 1 or scope.sources[0].relation is None:
            return
        if any(node.find_all(exp.AggFunc, exp.Window)) or self._aggregates(node):
            return
        source = scope.sources[0]
        keys = self.sources.order_of(source.relation)
        ordered = [
            exp.Ordered(
                this=exp.column(name, source.alias, quoted=True),
                desc=descending,
                nulls_first=not descending,
            )
            for name, descending in keys
        ]
        if ordered:
            node.set("order", exp.Order(expressions=ordered))

    def _aggregates(self, node: exp.Select) -> bool:
        from kwtui.sandbox.query.functions import FUNCTIONS

        aggregates = {n for n, f in FUNCTIONS.items() if f.aggregate} | {"json_agg", "jsonb_agg"}
        return bool(self.expressions.used & aggregates)

    # --- FROM -----------------------------------------------------------------------------

    def _from(self, node: exp.Select, scope: Scope) -> None:
        clause = node.args.get("from_") or node.args.get("from")
        if clause is not None:
            clause.set("this", self._source(clause.this, scope))
        for join in node.args.get("joins") or []:
            join.set("this", self._source(join.this, scope))
            if join.args.get("on") is not None:
                join.set("on", self.expressions.translate(join.args["on"], scope)[0])
            self._using(join, scope)

    def _using(self, join: exp.Join, scope: Scope) -> None:
        """USING merges columns: the right table's copy is not seen any more."""
        names = {i.name for i in join.args.get("using") or []}
        if names and scope.sources:
            last = scope.sources[-1]
            last.columns = [
                SourceColumn(c.name, c.type, hidden=True) if c.name in names else c
                for c in last.columns
            ]

    def _source(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        alias = node.args.get("alias")
        names = [c.name for c in alias.args.get("columns") or []] if alias else []
        name = node.alias or (node.name if isinstance(node, exp.Table) else "")
        if isinstance(node, exp.Lateral):
            inner = node.this
            node.set("this", self._source(inner, scope))
            scope.sources[-1].alias = name or scope.sources[-1].alias
            return node
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Anonymous):
            return self._table_function(node, name, names, scope)
        if isinstance(node, exp.Table):
            return self._table(node, name, names, scope)
        if isinstance(node, exp.Subquery):
            outputs = self._query(node.this, Scope(parent=scope))
        elif isinstance(node, exp.Values):
            outputs = self._values(node, scope)
            names = names or [o.name for o in outputs]
        else:
            raise SqlError(f"the sandbox cannot read from {node.key.upper()}", "0A000")
        scope.sources.append(Source(name, _renamed(outputs, names)))
        if name or names:
            node.set("alias", _alias(name or "t", names))
        return node

    def _table(self, node: exp.Table, name: str, names: list[str], scope: Scope) -> exp.Expr:
        parts = [p.name for p in node.parts]
        known = scope.table(parts[0]) if len(parts) == 1 else None
        if known is not None:
            scope.sources.append(Source(name, _renamed_columns(known, names)))
            return node
        devices, self._devices = self._devices, False
        needed = ALL if names else Needed(self._named, self._only)
        loaded = self.sources.load(parts, self._view, devices=devices, needed=needed)
        columns = _renamed_columns(loaded.columns, names)
        scope.sources.append(Source(name, columns, loaded.relation))
        made = exp.Subquery(this=exp.Var(this=loaded.sql))
        made.set("alias", _alias(name, [c.name for c in columns] if names else []))
        made.set("joins", node.args.get("joins"))
        return made

    def _view(self, prepared: Prepared, database: str) -> tuple[str, list[Output]]:
        """The query of a view, read in the database that it belongs to."""
        inner = Translator(self.session, prepared, self.catalog, self.sources)
        translated = inner.query()
        return translated.sql, translated.outputs

    def _table_function(
        self, node: exp.Table, name: str, names: list[str], scope: Scope
    ) -> exp.Expr:
        function = known_as(called(node.this))
        if function not in ("generate_series", "unnest"):
            raise SqlError(f"unknown function: {function.replace('__', '.')}()", "42883")
        made, kind = self.expressions.translate(node.this, scope)
        alias = node.alias or function
        column = names[0] if names else alias
        scope.sources.append(Source(alias, [SourceColumn(column, kind)]))
        return exp.Table(this=made, alias=_alias(alias, [column]))


def _alias(name: str, columns: list[str]) -> exp.TableAlias:
    return exp.TableAlias(
        this=exp.to_identifier(name, quoted=True),
        columns=[exp.to_identifier(c, quoted=True) for c in columns],
    )


def _renamed(outputs: list[Output], names: list[str]) -> list[SourceColumn]:
    return _renamed_columns([SourceColumn(o.name, o.type) for o in outputs], names)


def _renamed_columns(columns: list[SourceColumn], names: list[str]) -> list[SourceColumn]:
    shown = [c for c in columns if not c.hidden] if names else columns
    if not names:
        return columns
    fresh = names + [c.name for c in shown[len(names) :]]
    return [SourceColumn(n, c.type) for n, c in zip(fresh, shown, strict=False)]


def _star(item: exp.Expr) -> str | None:
    """The table of ``t.*``, ``""`` for ``*``, None for anything else."""
    if isinstance(item, exp.Star):
        return ""
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return item.table
    return None


_NAMED: list[tuple[type[exp.Expr], str]] = [
    (exp.Case, "case"),
    (exp.Coalesce, "coalesce"),
    (exp.Array, "array"),
    (exp.Exists, "exists"),
    (exp.Boolean, "bool"),
    (exp.Extract, "extract"),
    (exp.Count, "count"),
    (exp.Substring, "substring"),
    (exp.Trim, "btrim"),
    (exp.StrPosition, "strpos"),
    (exp.Overlay, "overlay"),
]


def output_name(node: exp.Expr) -> str:
    """The name that the node gives to a column of a result without AS."""
    if isinstance(node, exp.Alias):
        return node.alias
    if isinstance(node, exp.Column):
        return node.name
    if isinstance(node, exp.Paren | exp.Window | exp.Filter):
        return output_name(node.this)
    if isinstance(node, exp.Cast):
        return output_name(node.this)
    if isinstance(node, exp.Anonymous):
        name = known_as(called(node)).replace("__", ".")
        return "?column?" if name in ("bytes", "bits") else name
    for kind, name in _NAMED:
        if isinstance(node, kind):
            return name
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
        return output_name(node.this.expressions[0])
    return "?column?"

"""What every translation of expressions needs: the dispatch by kind of node, and small helpers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from kwtui.sandbox.query.conversions import as_text, constant
from kwtui.sandbox.query.scopes import Scope
from kwtui.sandbox.values import values
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import TextStyle, style_of

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Typed = tuple[exp.Expr, SqlType | None]

_FAMILIES: tuple[tuple[tuple[type[exp.Expr], ...], str], ...] = (
    (
        (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ),
        "_comparison",
    ),
    ((exp.Add, exp.Sub, exp.Mul, exp.Mod), "_arithmetic"),
    ((exp.Query, exp.Subquery), "_query"),
)
"""Kinds of node that share a method, whatever else they are."""


class Translation:
    """Finds the method that translates a node: ``_on_<class>``, or one for a family of nodes."""

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

    @property
    def _style(self) -> TextStyle:
        return style_of(self.session.variables)

    def _text(self, node: exp.Expr, kind: SqlType | None) -> exp.Expr:
        return as_text(node, kind, self._style)

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
        for kinds, name in _FAMILIES:
            if isinstance(node, kinds):
                return getattr(self, name)  # type: ignore[no-any-return]
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

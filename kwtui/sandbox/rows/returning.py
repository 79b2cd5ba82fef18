"""The tail of a statement that changes rows: ON CONFLICT and RETURNING."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kwtui.sandbox.answers.answer import Answer, Column, Row, SqlError
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.sources import column_name
from kwtui.sandbox.rows.staging import NEW, Staged
from kwtui.sandbox.values.types import oid_of


@dataclass
class Returning:
    """What follows the rows of an INSERT, the condition of an UPDATE or DELETE."""

    query_end: int
    """Where the statement's own part ends in its text."""
    on_conflict: str | None = None
    """``nothing`` for ON CONFLICT DO NOTHING."""
    returning: str | None = None
    """The text after RETURNING."""
    columns: tuple[Column, ...] = field(default=())

    def rows(self, staged: Staged) -> list[Row]:
        """What RETURNING asks of the staged rows."""
        if self.returning is None or self.returning.strip().lower() == "nothing":
            return []
        return self._ask(staged)

    def _ask(self, staged: Staged) -> list[Row]:
        from kwtui.sandbox.query.needed import ALL, Needed
        from kwtui.sandbox.query.prepare import prepare
        from kwtui.sandbox.query.query import render_query
        from kwtui.sandbox.query.scopes import SourceColumn
        from kwtui.sandbox.query.sources import Loaded, Sources
        from kwtui.sandbox.query.translate import Translator

        relation, session = staged.relation, staged.session
        listed = ", ".join(
            f'{column_name(c)} AS "{c.name.replace(chr(34), chr(34) * 2)}"'
            for c in relation.columns
        )
        text = f'SELECT {self.returning} FROM "{relation.name}"'
        prepared = prepare(text, TokenStream(text).tokens)
        columns = [SourceColumn(c.name, c.type, c.hidden) for c in relation.columns]

        class _New(Sources):
            def load(
                self,
                parts: list[str],
                view: Any,
                *,
                devices: bool = False,
                needed: Needed = ALL,
            ) -> Loaded:
                return Loaded(f"SELECT {listed} FROM {NEW}", columns)

        sources = _New(session, staged.cursor, session.engine.catalog, prepared.sources)
        translated = Translator(session, prepared, session.engine.catalog, sources).query()
        outputs, sql, _ = render_query(session, staged.cursor, translated, {}, {}, as_values=False)
        self.columns = tuple(Column(name, oid_of(kind)) for name, kind in outputs)
        return staged.cursor.execute(sql).fetchall()

    def answer(self, tag: str, rows: list[Row]) -> Answer:
        """The answer of the statement."""
        return Answer(tag, self.columns, rows) if self.columns else Answer(tag)


def returning_clause(statement: Statement, stream: TokenStream) -> Returning:
    """Looks ahead for ON CONFLICT and RETURNING; the stream stays where it is.

    Raises SqlError (0A000) for ON CONFLICT DO UPDATE.
    """
    end = len(statement.text)
    clause = Returning(end)
    depth = 0
    tokens = statement.tokens
    for index in range(stream.position, len(tokens)):
        token = tokens[index]
        if token.kind is Kind.OPERATOR:
            depth += {"(": 1, ")": -1}.get(token.value, 0)
        if depth or token.kind is not Kind.WORD:
            continue
        if token.value == "returning":
            clause.returning = statement.text[token.end :]
            clause.query_end = min(clause.query_end, token.start)
        elif token.value == "on" and tokens[index + 1].value == "conflict":
            clause.query_end = min(clause.query_end, token.start)
            words = [t.value for t in tokens[index:]]
            if "nothing" not in words:
                raise SqlError("the sandbox does not implement ON CONFLICT DO UPDATE", "0A000")
            clause.on_conflict = "nothing"
    return clause

"""EXPLAIN of a plain ``SELECT * FROM table`` (recording 12); other plans are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.answers.rowset import rowset
from kwtui.sandbox.catalog.objects import RelationKind
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_named
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


@handles("EXPLAIN")
def explain(session: Session, statement: Statement) -> Answer:
    """``EXPLAIN SELECT * FROM table``: a full scan of its primary index.

    Raises:
        SqlError: 0A000 for every other statement.
    """
    stream = TokenStream.of(statement, "try \\h EXPLAIN")
    stream.expect("explain")
    refused = SqlError(
        "the sandbox explains only SELECT * FROM a table",
        "0A000",
        hint="A real node explains every statement. The sandbox has no plans of its own.",
    )
    if not stream.accept("select", "*", "from"):
        raise refused
    relation = find_named(session, stream.qualified_name()).relation
    if not stream.at_end or relation.kind is not RelationKind.TABLE or relation.primary is None:
        raise refused
    index = f"{relation.name}@{relation.primary.name}"
    rows = [
        ("", "distributed", "true"),
        ("", "vectorized", "false"),
        ("scan", "", ""),
        ("", "table", index),
        ("", "spans", "FULL SCAN"),
    ]
    return rowset("tree field description", rows).answer("EXPLAIN")

"""``ALTER TABLE … SPLIT AT VALUES``: cuts the range of a table (recording 18)."""

from __future__ import annotations

from dataclasses import replace

from kwtui.sandbox.answers.answer import Answer, Column, SqlError
from kwtui.sandbox.catalog.objects import Relation, RelationKind, SplitDef
from kwtui.sandbox.catalog.ranges import (
    loses_counts,
    next_range_id,
    split_at,
    table_key,
    table_pretty,
)
from kwtui.sandbox.ddl.table import column_of
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.values import parse

_COLUMNS = (Column("key", 17), Column("pretty", 25), Column("split_enforced_until", 1114))
_FOR_EVER = "2262-04-11 23:47:16.854776"


def split_table(session: Session, relation: Relation, stream: TokenStream) -> Answer:
    """Reads ``VALUES (…), …`` and cuts in front of each. Raises SqlError."""
    if relation.kind is not RelationKind.TABLE or relation.primary is None:
        raise SqlError("split at is not supported in timeseries table", "0A000")
    name, direction = relation.primary.columns[0]
    column = column_of(relation, name)
    if direction != "ASC" or column.hidden:
        raise SqlError("the sandbox splits tables at ascending keys of their own only", "0A000")
    stream.expect("values")
    cuts = []
    while True:
        stream.expect("(")
        token = stream.next()
        if token.kind not in (Kind.STRING, Kind.NUMBER):
            raise stream.error(token)
        stream.expect(")")
        cuts.append(split_at(relation, column, parse(column.type, token.value)))
        if not stream.accept(","):
            break
    stream.expect_end()
    with session.engine.change(session):
        cuts[0].uncounted = loses_counts(session.engine.catalog, relation)
        for cut in cuts:
            _keep(session, relation, cut)
    rows = [(f"\\x{cut.key}", cut.pretty, _FOR_EVER) for cut in cuts]
    return Answer(f"SPLIT {len(rows)}", _COLUMNS, rows)


def _keep(session: Session, relation: Relation, cut: SplitDef) -> None:
    """Keeps a cut. The part behind it is cut again where the next table begins."""
    catalog, now = session.engine.catalog, session.engine.clock.now()
    following = [r.id for r in catalog.relations.values() if r.id > relation.id]
    behind = min(following, default=None)
    places = [cut]
    if behind is not None:
        places.append(SplitDef(behind, table_key(behind), table_pretty(behind), None))
    for place in places:
        if all(known.key != place.key for known in catalog.splits):
            made = replace(place, range_id=next_range_id(catalog), made_at=now)
            catalog.splits.append(made)

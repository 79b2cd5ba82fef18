"""DROP of relations, and TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterable

from kwtui.sandbox.catalog.lookup import lookup, missing_relation
from kwtui.sandbox.catalog.objects import Catalog, Relation
from kwtui.sandbox.language.lexer import Kind
from kwtui.sandbox.language.stream import TokenStream


def sequence_in_default(catalog: Catalog, table: Relation, default: str | None) -> Relation | None:
    """The sequence whose nextval() a default calls."""
    if default is None or not default.startswith("nextval("):
        return None
    token = TokenStream(default).tokens[2]
    if token.kind is not Kind.STRING:
        return None
    return lookup(catalog, table.database, TokenStream(token.value).qualified_name())


def check_sequence(catalog: Catalog, databases: Iterable[str], default: str | None) -> None:
    """Raises SqlError (42P01) for a default of a sequence that is in none of these databases: the
    one that a statement names, and the session's (KWDB 3.2, sql/sequence.go)."""
    if default is None or not default.startswith("nextval("):
        return
    token = TokenStream(default).tokens[2]
    if token.kind is Kind.STRING:
        parts = TokenStream(token.value).qualified_name()
        if all(lookup(catalog, database, parts) is None for database in databases):
            raise missing_relation(parts)


def referencing(catalog: Catalog, relation: Relation) -> list[Relation]:
    """The other tables with a foreign key into this one."""
    return [
        other
        for other in catalog.relations.values()
        if other.id != relation.id and any(k.target_id == relation.id for k in other.foreign_keys)
    ]


def dependent_views(catalog: Catalog, relation: Relation) -> list[Relation]:
    """The views whose query names this relation."""
    full = (relation.database, relation.schema, relation.name)
    found = []
    for view in catalog.relations.values():
        if view.view_query is None or view.id == relation.id:
            continue
        tokens = TokenStream(view.view_query).tokens
        words = [t.value for t in tokens]
        if any(tuple(words[i : i + 5 : 2]) == full for i in range(len(words) - 4)):
            found.append(view)
    return found

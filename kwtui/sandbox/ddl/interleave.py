"""``INTERLEAVE IN PARENT``: rows kept among those of another table (KWDB 3.2, sql.y).

No recording has it: what it prints and refuses is KWDB's public source (show_create_clauses.go,
importer/import_table_details.go, drop_table.go).
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog, IndexDef, Relation
from kwtui.sandbox.ddl.table_spec import Interleaving
from kwtui.sandbox.engine.names import find_relation
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.stream import TokenStream


def interleaving(stream: TokenStream) -> Interleaving | None:
    """The clause, if it comes next."""
    if not stream.accept("interleave", "in", "parent"):
        return None
    parent = stream.qualified_name()
    stream.expect("(")
    columns = [stream.expect_identifier()]
    while stream.accept(","):
        columns.append(stream.expect_identifier())
    stream.expect(")")
    return Interleaving(parent, columns)


def interleave(session: Session, relation: Relation, spec: Interleaving) -> None:
    """Raises SqlError where the columns are not those that both keys begin with."""
    own = [name for name, _ in relation.primary.columns] if relation.primary else []
    parent = _parent(session, own, spec)
    relation.parent_id, relation.parent_columns = parent.id, spec.columns


def interleave_index(session: Session, index: IndexDef, spec: Interleaving | None) -> None:
    """The same of an index (sql.y, index_def). Raises SqlError."""
    if spec is not None:
        parent = _parent(session, [name for name, _ in index.keys], spec)
        index.parent_id, index.parent_columns = parent.id, spec.columns


def _parent(session: Session, own: list[str], spec: Interleaving) -> Relation:
    parent = find_relation(session, spec.parent)
    theirs = [name for name, _ in parent.primary.columns] if parent.primary else []
    if spec.columns != own[: len(spec.columns)]:
        raise SqlError(
            f"declared interleaved columns ({', '.join(spec.columns)}) must be a prefix of the"
            f" primary columns being interleaved ({', '.join(own)})"
        )
    if len(spec.columns) != len(theirs):
        raise SqlError(
            f"declared interleaved columns ({', '.join(spec.columns)}) must match the parent's"
            f" primary index ({', '.join(theirs)})"
        )
    return parent


def interleaved_with(catalog: Catalog, relation: Relation) -> list[Relation]:
    """The tables that are interleaved in this one."""
    return [r for r in catalog.relations.values() if relation.id in _parents_of(r)]


def _parents_of(relation: Relation) -> set[int]:
    """Of the table itself and of its indexes."""
    ids = (relation.parent_id, *(index.parent_id for index in relation.indexes))
    return {each for each in ids if each is not None}


def check_importable(catalog: Catalog, relation: Relation) -> None:
    """Raises SqlError (0A000) for a table that is interleaved with another."""
    if _parents_of(relation) or interleaved_with(catalog, relation):
        raise SqlError("Cannot use IMPORT INTO with interleaved tables", "0A000")


def part_from_children(catalog: Catalog, relation: Relation, *, cascade: bool) -> None:
    """Before a table is dropped. Raises SqlError (0A000)."""
    for child in interleaved_with(catalog, relation):
        if not cascade:
            raise SqlError(
                f'unimplemented: "{relation.name}" is interleaved by table "{child.name}"', "0A000"
            )
        if child.parent_id == relation.id:
            child.parent_id = None
        child.indexes = [index for index in child.indexes if index.parent_id != relation.id]

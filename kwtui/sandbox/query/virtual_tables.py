"""The tables that a node makes up when they are read: which there are, and how to read one.

Names, columns and descriptions are data (``data/virtual_tables.json``: KWDB's own definitions, and
the descriptions of recording 12). The rows come from functions that register themselves here. A
table without a function is not known to the sandbox and answers like one that does not exist,
unless the node's own description says that it is always empty.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import RowSet, reference, rowset
from kwtui.sandbox.catalog.listings import visible
from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, ProcedureDef, Relation
from kwtui.sandbox.catalog.users import require_admin

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

INTERNAL, INFORMATION_SCHEMA, PG_CATALOG = "kwdb_internal", "information_schema", "pg_catalog"
SCHEMAS = (INFORMATION_SCHEMA, INTERNAL, PG_CATALOG)
SYSTEM = "system"

_PROVIDERS = ("internal", "node_status", "information_schema", "pg_catalog")
# Virtual descriptors count down from the largest 32-bit id, in the order of the list.
_FIRST_ID = 2**32 - 1


@dataclass(frozen=True)
class Scope:
    """What a virtual table sees: who reads it, and the database it is read in."""

    session: Session
    database: str

    @property
    def catalog(self) -> Catalog:
        return self.session.engine.catalog

    @property
    def user(self) -> str:
        return self.session.user

    @property
    def databases(self) -> list[DatabaseDef]:
        """All databases by id."""
        return sorted(self.catalog.databases.values(), key=lambda database: database.id)

    @property
    def relations(self) -> list[Relation]:
        """The relations of the database that the user may see and no import holds, by id."""
        present = [r for r in self.catalog.relations_in(self.database) if not r.offline]
        return visible(self.catalog, self.user, present)

    @property
    def procedures(self) -> list[ProcedureDef]:
        """The procedures of the database by id."""
        made = sorted(self.catalog.procedures.values(), key=lambda procedure: procedure.id)
        return [procedure for procedure in made if procedure.database == self.database]

    @property
    def all_relations(self) -> list[Relation]:
        """The relations of all databases that the user may see, by id."""
        return visible(
            self.catalog, self.user, [r for _, r in sorted(self.catalog.relations.items())]
        )


Rows = Iterable[Sequence[object]]
Provider = Callable[[Scope], Rows]


@dataclass(frozen=True)
class Definition:
    """A virtual table as the node defines it."""

    id: int
    schema: str
    name: str
    columns: str
    """``name:OID`` words; ``!`` marks a column that is never NULL."""
    description: str | None

    @property
    def column_words(self) -> str:
        """The columns without their marks."""
        return self.columns.replace("!", "")

    @property
    def always_empty(self) -> bool:
        """Whether the node itself says that it never fills this table."""
        text = (self.description or "").lower()
        return "(empty" in text or "unimplemented" in text


@cache
def definitions() -> dict[tuple[str, str], Definition]:
    """All virtual tables in the node's own order."""
    return {
        (row["schema"], row["name"]): Definition(
            _FIRST_ID - place, row["schema"], row["name"], row["columns"], row["description"]
        )
        for place, row in enumerate(reference("virtual_tables"))
    }


_providers: dict[tuple[str, str], Provider] = {}
_admin_only: dict[tuple[str, str], str] = {}


def provides(schema: str, *names: str, admin: str | None = None) -> Callable[[Provider], Provider]:
    """Register the rows of one or more virtual tables.

    ``admin`` names what only administrators may do, for the 42501 of everybody else.
    """

    def register(provider: Provider) -> Provider:
        for name in names:
            _providers[schema, name] = provider
            if admin is not None:
                _admin_only[schema, name] = admin
        return provider

    return register


def is_virtual(schema: str) -> bool:
    """Whether a schema holds virtual tables only."""
    return schema in SCHEMAS


def load(session: Session, database: str | None, schema: str, name: str) -> RowSet:
    """The columns and rows of a virtual table.

    ``database`` is the one named in front of the schema, else the session's. Tables of the
    database ``system`` are read with ``schema`` as ``public``.

    Raises:
        SqlError: 42P01 for an unknown table, 3D000 for an unknown database, 42501 for a table
            that the user may not read.
    """
    _load_providers()
    where = database if database is not None else session.database
    scope = Scope(session, where)
    if schema not in SCHEMAS:
        from kwtui.sandbox.query import system_tables

        return system_tables.load(scope.catalog, scope.user, name)
    if database is not None and database not in session.engine.catalog.databases:
        raise SqlError(f'database "{database}" does not exist', "3D000")
    definition = definitions().get((schema, name))
    provider = _providers.get((schema, name))
    if definition is None or (provider is None and not definition.always_empty):
        raise SqlError(f'relation "{schema}.{name}" does not exist', "42P01")
    action = _admin_only.get((schema, name))
    if action is not None:
        require_admin(session.engine.catalog, session.user, action)
    return rowset(definition.column_words, provider(scope) if provider is not None else ())


@cache
def _load_providers() -> None:
    for name in _PROVIDERS:
        importlib.import_module(f"kwtui.sandbox.introspection.{name}")

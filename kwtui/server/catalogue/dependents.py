"""What in other databases uses a database, and would go with it: DROP DATABASE … CASCADE says
nothing of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kwtui.server.catalogue import derive
from kwtui.server.catalogue.derive import Described
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection
from kwtui.sql.names import split_name

_SEQUENCE = re.compile(r"\bnextval\('((?:[^']|'')+)'", re.IGNORECASE)


async def dependents(server: Server, database: str, others: Iterable[str]) -> tuple[str, ...]:
    """Views, keys and defaults of the ``others`` that use the database, in words.

    Raises KwtuiError where one of them may not be looked at.
    """
    found: list[str] = []
    for other in others:
        answer = await server.query(inspection.create_statements(other))
        schemas = {row.get("schema_name") or "public" for row in answer.dicts()}
        for item in derive.described(answer, schemas):
            found += [f"{words} {other}.{item.name}" for words in uses(item, other, database)]
    return tuple(found)


def uses(item: Described, home: str, database: str) -> Iterator[str]:
    """How a table or view of the database ``home`` uses the other one."""
    if item.kind == "view":
        if database in derive.foreign_sources(item, home, ()):
            yield "the view"
        return
    for statement in item.alter_statements:
        try:
            key, printed = ddl.parse_foreign_key(statement)
        except ddl.StrangeDefinitionError:
            continue
        if len(printed) == 3 and printed[0] == database:
            yield f"the foreign key {key.name} of"
    names = (split_name(m.replace("''", "'")) for m in _SEQUENCE.findall(item.create))
    if any(len(parts) == 3 and parts[0] == database for parts in names):
        yield "a default of"

"""Tables that an import makes: hidden while they are filled, dropped or blocked when it fails.

A failed ``IMPORT TABLE`` leaves its name behind for some seconds: ``already exists`` for whoever
wants to make it, ``does not exist`` for whoever wants to read it (live-findings, row 21).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.ddl.storage import remove
from kwtui.sandbox.ddl.table import create_table
from kwtui.sandbox.imports.meta_file import MetaFile
from kwtui.sandbox.imports.run import prefixed
from kwtui.sandbox.language.lexer import quote_identifier

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine
    from kwtui.sandbox.engine.session import Session

BLOCKED_SECONDS = 9.0
"""How long the name of a failed import stays taken (recording 10, ``blk``)."""


def create_hidden(session: Session, file: MetaFile, database: str, schema: str) -> Relation:
    """Make the table of a ``meta.sql``, offline. Needs an open transaction of the session."""
    with prefixed("import-create-table"), session.engine.change(session):
        relation = create_table(session, file.create.text, database, schema)
        relation.offline = relation.unpublished = True
    return relation


def publish(
    session: Session, relations: Sequence[tuple[Relation, MetaFile]], *, comment: bool
) -> None:
    """Let everybody see imported tables, with their comments if they were asked for."""
    engine = session.engine
    with engine.change(None):
        for relation, file in relations:
            current = engine.catalog.relations[relation.id]
            current.offline = current.unpublished = False
            for statement in file.comments if comment else ():
                statement.apply_to_table(current)


def run_grants(session: Session, files: Sequence[MetaFile]) -> None:
    """The GRANT statements of the tables' files. Those of the database are lost (row 19)."""
    for file in files:
        for statement in file.grants:
            session.run(statement)
            # As it does after an import, not after a GRANT of a client (recording 06).
            session.engine.jobs.collect_garbage("updating privileges", session.user)


@contextmanager
def in_database(session: Session, name: str) -> Iterator[None]:
    """Names without a database are looked up in this one."""
    before = session.database
    session.database = name
    try:
        yield
    finally:
        session.database = before


def block_name(session: Session, relation: Relation) -> None:
    """Keep the failed table offline, and drop it when its time is over."""
    engine = session.engine
    name = ".".join(map(quote_identifier, (relation.database, relation.schema, relation.name)))
    engine.announce(session, f"DROP TABLE {name}", garbage=True)
    later(BLOCKED_SECONDS, lambda: drop(engine, relation.id))


def drop(engine: Engine, relation_id: int) -> None:
    """Take a table that was never published out of the catalogue and the storage."""
    with engine.change(None) as cursor:
        relation = engine.catalog.relations.get(relation_id)
        if relation is not None and relation.unpublished:
            remove(engine.catalog, cursor, relation)


def later(seconds: float, action: Callable[[], None]) -> None:
    """Do something after a while, unless the node stops before."""

    def act() -> None:
        try:
            action()
        except duckdb.ConnectionException:
            return  # the node has stopped; the next start settles what is left over

    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def settle(engine: Engine) -> None:
    """After a start: drop what an import never published, show what it was writing into."""
    left_over = [r for r in engine.catalog.relations.values() if r.offline]
    if not left_over:
        return
    with engine.change(None) as cursor:
        for relation in left_over:
            relation.offline = False
            if relation.unpublished:
                remove(engine.catalog, cursor, relation)

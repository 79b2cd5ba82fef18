"""CREATE SEQUENCE and ALTER SEQUENCE."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.grants import inherited
from kwtui.sandbox.catalog.objects import Relation, RelationKind, SequenceDef
from kwtui.sandbox.ddl.series import refuse_in_series
from kwtui.sandbox.ddl.storage import check_free
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_relation, place_for
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream

_LARGEST = 2**63 - 1


@handles("CREATE SEQUENCE")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE SEQUENCE [IF NOT EXISTS] s [options]``."""
    stream = TokenStream.of(statement, "try \\h CREATE SEQUENCE")
    stream.expect("create", "sequence")
    if_not_exists = stream.accept("if", "not", "exists")
    database, schema, name = place_for(session, stream.qualified_name())
    refuse_in_series(session.engine.catalog, database, "create sequence")
    options = _options(stream)
    if if_not_exists and session.engine.catalog.find(database, schema, name):
        return Answer("CREATE SEQUENCE")
    definition = _definition(options)
    with session.engine.change(session):
        catalog = session.engine.catalog
        check_free(catalog, database, schema, name)
        relation = Relation(
            catalog.allocate_id(), name, schema, database, RelationKind.SEQUENCE,
            sequence=definition, grants=inherited(catalog.databases[database]),
            created_at=session.engine.clock.now(),
        )  # fmt: skip
        catalog.relations[relation.id] = relation
    return Answer("CREATE SEQUENCE")


def _options(stream: TokenStream) -> dict[str, int]:
    options: dict[str, int] = {}
    while not stream.at_end:
        if stream.accept("increment"):
            stream.accept("by")
            options["increment"] = stream.expect_integer()
        elif stream.accept("start"):
            stream.accept("with")
            options["start"] = stream.expect_integer()
        elif stream.accept("minvalue"):
            options["minimum"] = stream.expect_integer()
        elif stream.accept("maxvalue"):
            options["maximum"] = stream.expect_integer()
        elif stream.accept("cache"):
            options["cache"] = stream.expect_integer()
        elif stream.accept("virtual"):
            options["virtual"] = 1
        elif not (
            stream.accept("no", "minvalue")
            or stream.accept("no", "maxvalue")
            or stream.accept("no", "cycle")
        ):
            raise stream.error()
    return options


def _definition(options: dict[str, int]) -> SequenceDef:
    increment = options.get("increment", 1)
    if increment == 0:
        raise SqlError("INCREMENT must not be zero", "22023")
    rising = increment > 0
    minimum = options.get("minimum", 1 if rising else -_LARGEST - 1)
    maximum = options.get("maximum", _LARGEST if rising else -1)
    start = options.get("start", minimum if rising else maximum)
    if start > maximum:
        raise SqlError(
            f"START value ({start}) cannot be greater than MAXVALUE ({maximum})", "22023"
        )
    if start < minimum:
        raise SqlError(f"START value ({start}) cannot be less than MINVALUE ({minimum})", "22023")
    return SequenceDef(
        start, increment, minimum, maximum, options.get("cache", 1), "virtual" in options
    )


@handles("ALTER SEQUENCE")
def alter(session: Session, statement: Statement) -> Answer:
    """``ALTER SEQUENCE s RENAME TO …`` or new options."""
    stream = TokenStream.of(statement, "try \\h ALTER SEQUENCE")
    stream.expect("alter", "sequence")
    if_exists = stream.accept("if", "exists")
    parts = stream.qualified_name()
    from kwtui.sandbox.catalog.lookup import lookup

    if if_exists and lookup(session.engine.catalog, session.database, parts) is None:
        return Answer("ALTER SEQUENCE")
    relation = find_relation(session, parts)
    if relation.kind is not RelationKind.SEQUENCE or relation.sequence is None:
        raise SqlError(f'"{relation.name}" is not a sequence', "42809")
    if stream.accept("rename", "to"):
        from kwtui.sandbox.ddl.alter import rename_relation

        rename_relation(session, relation, stream.qualified_name()[-1])
        return Answer("RENAME SEQUENCE")
    options = _options(stream)
    with session.engine.change(session):
        relation = session.engine.catalog.relations[relation.id]
        old = relation.sequence or SequenceDef()
        merged = {"increment": old.increment, "start": old.start, "minimum": old.minimum}
        merged |= {"maximum": old.maximum, "cache": old.cache} | options
        relation.sequence = _definition(merged)
        relation.sequence.last_value = old.last_value
    return Answer("ALTER SEQUENCE")

"""CREATE TRIGGER and DROP TRIGGER (recordings 08 and 19)."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.objects import Relation, RelationKind, TriggerDef
from kwtui.sandbox.ddl.procedure import body_of, spelled
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_relation
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement, Token
from kwtui.sandbox.language.stream import TokenStream

_EVENTS = ("insert", "update", "delete")
_CHANGES = frozenset({"insert", "upsert", "update", "delete", "set", "if", "while", "declare"})
"""First words of the statements that a body can hold; SELECT is none of them (recording 08)."""


@handles("CREATE TRIGGER")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW [FOLLOWS b] BEGIN …; END``."""
    stream = TokenStream.of(statement, "try \\h CREATE TRIGGER")
    stream.expect("create", "trigger")
    if_not_exists = stream.accept("if", "not", "exists")
    name = stream.expect_identifier()
    time, event = stream.accept_any("before", "after"), stream.accept_any(*_EVENTS)
    if time is None or event is None:
        raise stream.error()
    stream.expect("on")
    relation = find_relation(session, stream.qualified_name())
    stream.expect("for", "each", "row")
    order = stream.accept_any("follows", "precedes")
    other = stream.expect_identifier() if order else ""
    body = _body(body_of(stream))
    require(session.engine.catalog, session.user, relation, "CREATE")
    if relation.kind is not RelationKind.TABLE:
        raise SqlError(f'object "{relation.name}" cannot be bound to a trigger', "42P17")
    if any(trigger.name == name for trigger in relation.triggers):
        if if_not_exists:
            return Answer("CREATE TRIGGER")
        raise SqlError(f'trigger "{name}" already exists on table {relation.name}', "42P17")
    with session.engine.change(session):
        relation = session.engine.catalog.relations[relation.id]
        number = max((trigger.id for trigger in relation.triggers), default=0) + 1
        made = TriggerDef(number, name, time.upper(), event.upper(), body)
        relation.triggers.insert(_place(relation, other, behind=order == "follows"), made)
    session.engine.announce(session, "create trigger")
    return Answer("CREATE TRIGGER")


def _place(relation: Relation, other: str, *, behind: bool) -> int:
    """Where a new trigger goes: at the end, or beside the one that it names."""
    if not other:
        return len(relation.triggers)
    names = [trigger.name for trigger in relation.triggers]
    if other not in names:
        raise SqlError(f'trigger "{other}" does not exist', "42704")
    return names.index(other) + behind


def _body(stream: TokenStream) -> str:
    if not stream.accept("begin"):
        return f"{spelled(_statement(stream))};"
    statements = []
    while not stream.accept("end"):
        statements.append(spelled(_statement(stream)))
        stream.expect(";")
    stream.expect_end()
    return "".join(f"{text};\n" for text in statements).rstrip("\n")


def _statement(stream: TokenStream) -> list[Token]:
    changes = stream.peek().value in _CHANGES
    tokens: list[Token] = []
    while not (stream.at_end or stream.looking_at(";")):
        tokens.append(stream.next())
    if not changes:
        raise stream.error()
    return tokens


@handles("DROP TRIGGER")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP TRIGGER [IF EXISTS] t ON a``."""
    stream = TokenStream.of(statement, "try \\h DROP TRIGGER")
    stream.expect("drop", "trigger")
    if_exists = stream.accept("if", "exists")
    name = stream.expect_identifier()
    stream.expect("on")
    relation = find_relation(session, stream.qualified_name())
    stream.expect_end()
    with session.engine.change(session):
        relation = session.engine.catalog.relations[relation.id]
        kept = [trigger for trigger in relation.triggers if trigger.name != name]
        if len(kept) == len(relation.triggers) and not if_exists:
            raise SqlError(f'trigger "{name}" does not exist', "42704")
        relation.triggers = kept
    return Answer("DROP TRIGGER")

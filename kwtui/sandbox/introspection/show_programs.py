"""SHOW of procedures, triggers, functions and streams (recordings 12 and 19)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.answers.rowset import rowset
from kwtui.sandbox.catalog.objects import Catalog, Relation, StreamDef, TriggerDef
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_named, find_schema
from kwtui.sandbox.language.lexer import Statement, quote_identifier
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

HINT = "try \\h SHOW"
_STREAMS = (
    "name target_table_name options query status create_at:1114 create_by start_time:1114 "
    "end_time:1114 error_message"
)
_TRIGGERS = "trigger_name trigger_action_time trigger_event trigger_order:20 on_table enabled:16"
_FUNCTION = "function_name argument_types return_type function_type language"


def _stream(statement: Statement, *words: str) -> TokenStream:
    stream = TokenStream.of(statement, HINT)
    stream.expect(*words)
    return stream


# --- triggers --------------------------------------------------------------------------------


@handles("SHOW TRIGGERS")
def triggers(session: Session, statement: Statement) -> Answer:
    """``SHOW TRIGGERS FROM table``: they are numbered for each time and event.

    Names have the quotes that they need (KWDB 3.2, sql/show_triggers.go).
    """
    stream = _stream(statement, "show", "triggers", "from")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = find_named(session, parts).relation
    rows: list[list[object]] = []
    numbers: dict[tuple[str, str], int] = {}
    for trigger in relation.triggers:
        what = (trigger.time, trigger.event)
        numbers[what] = numbers.get(what, 0) + 1
        rows.append([quote_identifier(trigger.name), *what, numbers[what], relation.name, True])
    return rowset(_TRIGGERS, rows).answer("SHOW TRIGGERS")


@handles("SHOW CREATE TRIGGER")
def create_trigger(session: Session, statement: Statement) -> Answer:
    """``SHOW CREATE TRIGGER name ON table``: it finds none whose name needs quotes (KWDB 3.2,
    delegate/show_triggers.go)."""
    stream = _stream(statement, "show", "create", "trigger")
    name = stream.expect_identifier()
    stream.expect("on")
    parts = stream.qualified_name()
    stream.expect_end()
    relation = find_named(session, parts).relation
    for trigger in relation.triggers:
        if trigger.name == name:
            found = (
                [[name, trigger_text(relation, trigger)]] if quote_identifier(name) == name else []
            )
            listed = rowset("trigger_name create_statement", found)
            return listed.answer("SHOW CREATE TRIGGER")
    raise SqlError(f'trigger "{name}" does not exist', "42704")


def trigger_text(relation: Relation, trigger: TriggerDef) -> str:
    """The statement that makes a trigger, as the node keeps it."""
    parts = (relation.database, relation.schema, relation.name)
    full = ".".join(map(quote_identifier, parts))
    return (
        f"CREATE TRIGGER {quote_identifier(trigger.name)} {trigger.time} {trigger.event} ON {full}"
        f" FOR EACH ROW \nBEGIN\n{trigger.body}\nEND;"
    )


# --- procedures and functions ----------------------------------------------------------------


@handles("SHOW PROCEDURES")
def procedures(session: Session, statement: Statement) -> Answer:
    """``SHOW PROCEDURES [FROM database[.schema]] [WITH COMMENT]``, in the order of their making
    (KWDB 3.2, delegate/show_procedures.go)."""
    stream = _stream(statement, "show", "procedures")
    parts = stream.qualified_name() if stream.accept_any("from", "in") else []
    with_comment = stream.accept("with", "comment")
    stream.expect_end()
    database, schema = find_schema(session, parts)
    rows = [
        [procedure.name, *([procedure.comment] if with_comment else [])]
        for _, procedure in sorted(session.engine.catalog.procedures.items())
        if (procedure.database, procedure.schema) == (database.name, schema)
    ]
    columns = "procedure_name" + (" comment" if with_comment else "")
    return rowset(columns, rows).answer("SHOW PROCEDURES")


@handles("SHOW CREATE PROCEDURE")
def create_procedure(session: Session, statement: Statement) -> Answer:
    """``SHOW CREATE PROCEDURE name``."""
    stream = _stream(statement, "show", "create", "procedure")
    parts = stream.qualified_name()
    stream.expect_end()
    database, schema = find_schema(session, parts[:-1])
    wanted = (database.name, schema, parts[-1])
    for procedure in session.engine.catalog.procedures.values():
        if (procedure.database, procedure.schema, procedure.name) == wanted:
            row = [procedure.name, procedure.text]
            listed = rowset("procedure_name procedure_body", [row])
            return listed.answer("SHOW CREATE PROCEDURE")
    raise SqlError(f"procedure {'.'.join(parts)} does not exist", "42883")


@handles("SHOW FUNCTIONS")
def functions(session: Session, statement: Statement) -> Answer:
    """``SHOW FUNCTIONS``: functions made by users."""
    _stream(statement, "show", "functions").expect_end()
    names = sorted(session.engine.catalog.functions)
    return rowset("function_name", [[name] for name in names]).answer("SHOW FUNCTIONS")


@handles("SHOW FUNCTION")
def function(session: Session, statement: Statement) -> Answer:
    """``SHOW FUNCTION name``: what goes in and comes out, and not what happens in between."""
    stream = _stream(statement, "show", "function")
    name = stream.expect_identifier()
    stream.expect_end()
    rows = [row for row in function_rows(session.engine.catalog) if row[0] == name]
    if not rows:
        raise SqlError(
            f"function {name} does not exists or current user does not have privilege on this"
            " function",
            "42704",
        )
    return rowset(_FUNCTION, rows).answer("SHOW FUNCTION")


def function_rows(catalog: Catalog) -> list[list[object]]:
    """Name, types and language of each function."""
    return [
        [name, ", ".join(made.arguments), made.returns, "function", "LUA"]
        for name, made in sorted(catalog.functions.items())
    ]


# --- streams ---------------------------------------------------------------------------------


@handles("SHOW STREAMS", "SHOW STREAM")
def streams(session: Session, statement: Statement) -> Answer:
    """``SHOW STREAMS`` and ``SHOW STREAM name``."""
    stream = _stream(statement, "show")
    one = stream.next().value == "stream"
    name = stream.expect_identifier() if one else ""
    stream.expect_end()
    catalog = session.engine.catalog
    found = [made for _, made in sorted(catalog.streams.items()) if not one or made.name == name]
    rows = [stream_row(catalog, made) for made in found]
    return rowset(_STREAMS, rows).answer("SHOW STREAMS")


def stream_row(catalog: Catalog, made: StreamDef) -> list[object]:
    """A stream as SHOW STREAMS lists it."""
    target = catalog.relations[made.target_id]
    parts = (target.database, target.schema, target.name)
    began = timestamp_text(made.created_at)
    enabled = made.options["enable"] == "on"
    return [
        made.name,
        ".".join(map(quote_identifier, parts)),
        json.dumps(made.options, separators=(",", ":")),
        made.query,
        "Enable" if enabled else "Disable",
        began,
        made.created_by,
        began[:19] if enabled else None,
        None,
        "",
    ]

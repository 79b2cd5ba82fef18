"""CREATE PROCEDURE and DROP PROCEDURE. Procedures are kept as text and cannot be called."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.grants import inherited
from kwtui.sandbox.catalog.objects import ProcedureDef
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import place_for
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.keywords import PROCEDURE_CLAUSES
from kwtui.sandbox.language.lexer import Kind, Statement, Token, quote_identifier
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.expression_text import format_tokens
from kwtui.sandbox.values.types import parse_type


@handles("CREATE PROCEDURE")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE PROCEDURE p(a INT8) BEGIN …; END`` (recording 12)."""
    stream = TokenStream.of(statement, "try \\h CREATE PROCEDURE")
    stream.expect("create", "procedure")
    parts = stream.qualified_name()
    database, schema, name = place_for(session, parts)
    stream.expect("(")
    parameters: list[str] = []
    while not stream.accept(")"):
        if parameters:
            stream.expect(",")
        parameter = quote_identifier(stream.expect_identifier())
        parameters.append(f"{parameter} {parse_type(stream).text}")
    stream = body_of(stream)
    stream.expect("begin")
    body = _body(stream)
    typed = ".".join(map(quote_identifier, parts))
    text = f"CREATE PROCEDURE {typed}({', '.join(parameters)})\nBEGIN\n"
    text += "".join(f"\t{line};\n" for line in body) + "END"
    catalog = session.engine.catalog
    wanted = (database, schema, name)
    if any((p.database, p.schema, p.name) == wanted for p in catalog.procedures.values()):
        raise SqlError(f'procedure "{name}" already exists', "42723")
    with session.engine.change(session):
        catalog = session.engine.catalog
        number = catalog.allocate_id()
        held = inherited(catalog.databases[database])
        made = ProcedureDef(number, name, schema, database, text, grants=held)
        catalog.procedures[number] = made
    return Answer("CREATE PROCEDURE")


def body_of(stream: TokenStream) -> TokenStream:
    """Where the body is read: it may be a text, which is what clients can send that end a statement
    at a semicolon (KWDB 3.2, sql.y)."""
    if stream.peek().kind is not Kind.STRING:
        return stream
    text = stream.next().value
    stream.expect_end()
    return TokenStream(text.strip().removesuffix(";"), hint=stream.hint)


def _body(stream: TokenStream) -> list[str]:
    """The statements between BEGIN and END, each as the node prints it."""
    statements: list[str] = []
    pending: list[Token] = []
    while not stream.accept("end"):
        if stream.at_end:
            raise stream.error()
        if stream.accept(";"):
            statements.append(spelled(pending))
            pending = []
        else:
            pending.append(stream.next())
    stream.expect_end()
    return statements


def spelled(tokens: list[Token]) -> str:
    """A statement of a body as the node prints it."""
    return format_tokens([
        Token(Kind.OPERATOR, t.value.upper(), t.start, t.end)
        if t.kind is Kind.WORD and t.value in PROCEDURE_CLAUSES
        else t
        for t in tokens
    ])  # fmt: skip


@handles("DROP PROCEDURE")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP PROCEDURE [IF EXISTS] p``."""
    stream = TokenStream.of(statement, "try \\h DROP PROCEDURE")
    stream.expect("drop", "procedure")
    if_exists = stream.accept("if", "exists")
    place = place_for(session, stream.qualified_name())
    stream.expect_end()
    procedures = session.engine.catalog.procedures
    found = [n for n, p in procedures.items() if (p.database, p.schema, p.name) == place]
    if not found:
        if if_exists:
            return Answer("DROP PROCEDURE")
        raise SqlError(f"procedure {place[2]} does not exist", "42883")
    with session.engine.change(session):
        del session.engine.catalog.procedures[found[0]]
    return Answer("DROP PROCEDURE")

"""IMPORT: who may, which form, what it answers (recordings 05, 06, 07, 09 and 16)."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, Column, SqlError
from kwtui.sandbox.catalog.users import require_admin
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.identity import NODE_ID
from kwtui.sandbox.imports.database import import_database
from kwtui.sandbox.imports.options import parse_import_options
from kwtui.sandbox.imports.run import ImportRun, one_transaction, prefixed
from kwtui.sandbox.imports.table import import_definition, import_into, import_using
from kwtui.sandbox.language.lexer import Kind, Statement, split_statements
from kwtui.sandbox.transfer.copy_parse import ImportStatement, Target, parse_import
from kwtui.sandbox.transfer.nodelocal import Extern, locate

_USERS = (Column("job_id", 25), Column("status", 25), Column("rows", 20))
_SETTINGS = (Column("prompt_information", 25),)
_KNOWN_FORMATS = ("CSV", "SQL")


@handles("IMPORT")
def import_(session: Session, statement: Statement) -> Answer:
    """Any IMPORT. Only those that load data have a job, and only once their files were read."""
    parsed = parse_import(statement)
    if session.in_transaction:
        raise SqlError("IMPORT cannot be used inside a transaction")
    require_admin(session.engine.catalog, session.user, "IMPORT")
    if parsed.target is Target.USERS:
        return _import_users(session, parsed)
    if parsed.target is Target.SETTINGS:
        return _import_settings(session, parsed)
    _check_format(parsed)
    options = parse_import_options(parsed.options, into=parsed.target is Target.INTO)
    run = ImportRun(session, _extern(session, parsed), parsed, options)
    match parsed.target:
        case Target.DATABASE:
            return import_database(run)
        case Target.INTO:
            return import_into(run)
        case Target.CREATE_USING:
            return import_using(run)
        case _:
            return import_definition(run)


def _check_format(parsed: ImportStatement) -> None:
    if parsed.format and parsed.format not in _KNOWN_FORMATS:
        raise SqlError(f'unsupported import format: "{parsed.format}"')
    if parsed.format == "SQL":
        raise SqlError("Import regular data only supports CSV format")


def _extern(session: Session, parsed: ImportStatement) -> Extern:
    """The folder of the node that the first URI names.

    What is wrong with a URI is said when it is read, after what is wrong with the table.
    """
    uris = [uri for uri in (parsed.create_file, *parsed.files) if uri]
    try:
        node_id = locate(uris[0], session.engine.cluster, reading=True).node_id
    except SqlError:
        node_id = NODE_ID
    return Extern(session.engine.extern_of(node_id))


def _sql_file(session: Session, parsed: ImportStatement, what: str) -> list[Statement] | None:
    """The statements of the file that an IMPORT USERS or CLUSTER SETTING names."""
    if parsed.format != "SQL":
        raise SqlError(f"unsupported file format:{parsed.format} while import {what}")
    extern = _extern(session, parsed)
    relative = locate(parsed.files[0], session.engine.cluster, reading=True).path
    if not extern.path(relative).is_file():
        return None
    return split_statements(extern.read_text(relative))


def _import_users(session: Session, parsed: ImportStatement) -> Answer:
    """All statements of the file or none of them."""
    uri = parsed.files[0]
    statements = _sql_file(session, parsed, "users or roles")
    if statements is None:
        raise SqlError(f"The sql file does not exist in the path: {uri}")
    for statement in statements:
        words = [t.value for t in statement.tokens[:2] if t.kind is Kind.WORD]
        if words[:1] != ["grant"] and words not in (["create", "user"], ["create", "role"]):
            raise SqlError(
                f"The SQL statement in file :{uri} must be CREATE USER or CREATE ROLE or GRANT TO"
            )
    with one_transaction(session):
        for statement in statements:
            with prefixed("import_users"):
                session.run(statement)
    rows = [("-", "succeeded", str(len(statements)))]
    return Answer("IMPORT 1", _USERS, rows)


def _import_settings(session: Session, parsed: ImportStatement) -> Answer:
    """Statement by statement: an error keeps what went before (facts.md, 2.7)."""
    uri = parsed.files[0]
    statements = _sql_file(session, parsed, "cluster settings")
    if statements is None:
        raise SqlError(f"The cluster setting file does not exist in the path :{uri}")
    for statement in statements:
        if [t.value for t in statement.tokens[:3]] != ["set", "cluster", "setting"]:
            # The node's message for a file with other statements in it (facts.md, 2.3).
            raise SqlError(f"The cluster setting file does not exist in the path :{uri}")
        session.run(statement)
    rows = [("The cluster settings have been set",)]
    return Answer("IMPORT 1", _SETTINGS, rows)

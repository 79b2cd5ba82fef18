"""Reading ``meta.sql``: its statements, and what an import refuses to find in them.

Messages: recordings 06, 08 and 14 (syntax errors, computed columns), facts.md section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import DatabaseDef, Relation
from kwtui.sandbox.ddl.parse import parse_create_table
from kwtui.sandbox.ddl.table_spec import TableSpec
from kwtui.sandbox.language.keywords import RESERVED
from kwtui.sandbox.language.lexer import Kind, Statement, Token, quote_identifier, tokenize
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.transfer import meta_text
from kwtui.sandbox.values.expression_text import format_tokens

_NOT_YET = (
    "You have attempted to use a feature that is not yet implemented.\n\n"
    "Please check our website to find out whether this problem is already \n"
    "tracked.  If you cannot find it there, please contact us with the \n"
    "available channels published on website.\n\n"
    "We appreciate your feedback.\n"
)
_UNSUPPORTED = "0A000"


@dataclass(frozen=True)
class Comment:
    """``COMMENT ON <kind> <name> IS <text>``; index comments are lost on import (facts, 2.7)."""

    kind: str
    name: tuple[str, ...]
    text: str

    def apply_to_table(self, relation: Relation) -> None:
        """Set the comment that this statement means on a table or one of its columns."""
        if self.kind == "table":
            relation.comment = self.text
        elif self.kind == "column":
            for column in relation.columns:
                if column.name == self.name[-1]:
                    column.comment = self.text
                    return
            raise SqlError("The column for COMMENT ON was not created")


@dataclass(frozen=True)
class MetaFile:
    """The statements of one file."""

    create: Statement
    table_name: str = ""
    comments: tuple[Comment, ...] = ()
    indexes: tuple[Statement, ...] = ()
    """CREATE INDEX on tags, in the file of a time-series database."""
    grants: tuple[Statement, ...] = ()


def read_table_file(text: str) -> MetaFile:
    """A table's ``meta.sql``. Raises SqlError for what no import takes."""
    parsed = [_statement(part) for part in meta_text.statements(text)]
    if not parsed:
        raise SqlError("import table sql file is empty")
    return _table_group(parsed, "expected CREATE TABLE statement in table file")


def read_database_file(text: str) -> tuple[str, MetaFile, list[MetaFile]]:
    """A root ``meta.sql``: the database's name, its own statements, and those of its tables.

    Tables stand in the file of a time-series database alone.
    """
    parsed = [_statement(part) for part in meta_text.statements(text)]
    name = _database_name(parsed[0]) if parsed else None
    if name is None:
        raise SqlError("The first sql CREATE DATABASE SQL has errors")
    groups: list[list[Statement]] = [[parsed[0]]]
    for statement in parsed[1:]:
        if _starts(statement, "create", "table"):
            groups.append([statement])
        else:
            groups[-1].append(statement)
    head = _meta_file(groups[0][0], groups[0][1:])
    expected = "expected CREATE TABLE statement in database file"
    return name, head, [_table_group(group, expected) for group in groups[1:]]


def _table_group(parsed: Sequence[Statement], expected: str) -> MetaFile:
    create = parsed[0]
    if not _starts(create, "create", "table"):
        raise SqlError(expected)
    spec = parse_create_table(TokenStream.of(create))
    if spec.if_not_exists:
        raise SqlError("unsupported IF NOT EXISTS")
    if spec.query is not None:
        raise SqlError("CREATE AS not supported")
    _refuse_computed(spec)
    return _meta_file(create, parsed[1:], spec.name[-1])


def _meta_file(create: Statement, others: Sequence[Statement], table_name: str = "") -> MetaFile:
    return MetaFile(
        create,
        table_name,
        tuple(_comment(s) for s in others if _starts(s, "comment", "on")),
        tuple(s for s in others if _starts(s, "create", "index")),
        tuple(s for s in others if _starts(s, "grant")),
    )


def _comment(statement: Statement) -> Comment:
    stream = TokenStream.of(statement)
    stream.expect("comment", "on")
    kind = stream.expect_identifier()
    name = stream.qualified_name()
    if stream.accept("@"):
        name.append(stream.expect_identifier())
    stream.expect("is")
    return Comment(kind, tuple(name), stream.expect_string())


def _database_name(statement: Statement) -> str | None:
    stream = TokenStream.of(statement)
    if not stream.accept("create"):
        return None
    stream.accept("ts")
    if not stream.accept("database"):
        return None
    stream.hint = "try \\h CREATE DATABASE"
    name = _plain_name(stream)
    stream.hint = None
    stream.expect_end()
    return name


def schema_name(entry: str) -> str:
    """The schema that an import creates for a folder, whose name it pastes into a statement.

    Raises the syntax error that this gives for a stray file (live-findings, row 17).
    """
    stream = TokenStream(f"CREATE SCHEMA {entry}", hint="try \\h CREATE SCHEMA")
    stream.expect("create", "schema")
    name = _plain_name(stream)
    stream.hint = None
    stream.expect_end()
    return name


def _plain_name(stream: TokenStream) -> str:
    token = stream.peek()
    if token.kind is Kind.WORD and token.value in RESERVED:
        raise stream.error()
    return stream.expect_identifier()


def _starts(statement: Statement, *words: str) -> bool:
    return TokenStream.of(statement).looking_at(*words)


def _statement(text: str) -> Statement:
    """The statement of a text. A text that cannot be cut into tokens is cut as far as it goes.

    The node reads lazily, so an error before the bad character is the one that it reports: after
    ``DEFAULT 'p\\'q'`` it stumbles over the ``q`` (recording 14).
    """
    try:
        return Statement(text, tokenize(text))
    except SqlError as err:
        position = _caret(err.detail or "")
        tokens = tokenize(text[:position])
        stray = _first_stray(tokens)
        if stray is None:
            raise
        hint = f"try \\h {tokens[0].value.upper()} {tokens[1].value.upper()}"
        raise TokenStream(text, tokens, hint).error(stray) from err


def _caret(detail: str) -> int:
    """The offset in the source that an error's caret points to."""
    lines = detail.split("\n")[1:]
    return sum(len(line) + 1 for line in lines[:-2]) + len(lines[-1]) - 1


def _first_stray(tokens: Sequence[Token]) -> Token | None:
    """The word right behind the string of a DEFAULT, where only a comma or NULL could stand."""
    for before, string, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        is_default = before.value == "default" and string.kind is Kind.STRING
        if is_default and after.kind in (Kind.WORD, Kind.QUOTED, Kind.STRING):
            return after
    return None


def _refuse_computed(spec: TableSpec) -> None:
    """Computed columns stop an import of metadata (live-findings, row 8)."""
    for column in spec.columns:
        if column.computed is not None:
            null = "NULL" if column.nullable else "NOT NULL"
            head = f"{quote_identifier(column.name)} {column.type.text} {null}"
            text = f"{head} AS ({format_tokens(column.computed)}) STORED"
            message = f"unimplemented: computed columns not supported: {text}"
            raise SqlError(message, _UNSUPPORTED, hint=_NOT_YET)


def check_wanted(
    files: Sequence[MetaFile], *, comment: bool, privileges: bool, one_table: bool = False
) -> None:
    """Raise if an option asks for statements that are not in the files (facts.md, 2.3)."""
    if comment and not any(file.comments for file in files):
        where = "TABLE SQL" if one_table else "SQL"
        raise SqlError(f"NO COMMENT statement in the {where} file")
    if privileges and not any(file.grants for file in files):
        raise SqlError("NO GRANT statement in the SQL file")


def apply_database_comment(file: MetaFile, database: DatabaseDef) -> None:
    """Set the comment on a database that its root file holds."""
    for comment in file.comments:
        if comment.kind == "database":
            database.comment = comment.text

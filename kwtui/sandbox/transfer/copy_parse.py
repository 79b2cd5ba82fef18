"""Reads EXPORT and IMPORT statements. Grammar: facts.md, sections 1.1 and 2.1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind, Statement, Token, quote_string
from kwtui.sandbox.language.stream import TokenStream

RawOption = tuple[str, str | None]

# The node's printer quotes these two of the option names (job descriptions, recording 06).
_QUOTED_OPTIONS = {"comment", "nullif"}


class Source(Enum):
    """What an EXPORT reads."""

    TABLE = auto()
    QUERY = auto()
    DATABASE = auto()
    USERS = auto()
    SETTINGS = auto()


@dataclass(frozen=True)
class ExportStatement:
    """``EXPORT …`` in parts. ``name`` is the table's or the database's, in its parts."""

    source: Source
    format: str
    uri: str
    name: tuple[str, ...] = ()
    query: str = ""
    options: tuple[RawOption, ...] = ()


class Target(Enum):
    """What an IMPORT makes or fills."""

    CREATE_USING = auto()
    TABLE_DEFINITION = auto()
    INTO = auto()
    DATABASE = auto()
    USERS = auto()
    SETTINGS = auto()


@dataclass(frozen=True)
class ImportStatement:
    """``IMPORT …`` in parts. ``definition`` is a CREATE TABLE made of ``IMPORT TABLE t (…)``."""

    target: Target
    format: str = ""
    files: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    definition: str = ""
    create_file: str = ""
    options: tuple[RawOption, ...] = ()

    def describe(self, full_name: str) -> str:
        """The description of its job. ``full_name`` is the target's, with database and schema."""
        match self.target:
            case Target.DATABASE:
                head = "DATABASE"
            case Target.INTO:
                head = f"INTO {full_name}"
            case Target.CREATE_USING:
                head = f"TABLE CREATE USING {quote_string(self.create_file)}"
            case _:
                head = f"TABLE {full_name} {self.definition}"
        files = ", ".join(map(quote_string, self.files))
        described = [
            (f'"{name}"' if name in _QUOTED_OPTIONS else name)
            + (f" = {quote_string(value)}" if value is not None else "")
            for name, value in sorted(self.options)
        ]
        options = f" WITH {', '.join(described)}" if described else ""
        return f"IMPORT {head} {self.format} DATA ({files}){options}"


def parse_export(statement: Statement) -> ExportStatement:
    """Raises 42601 for what is no EXPORT."""
    stream = TokenStream.of(statement, hint="try \\h EXPORT")
    stream.expect("export")
    if stream.accept("users"):
        return _export_of(Source.USERS, stream)
    if stream.accept("cluster"):
        stream.expect("setting")
        return _export_of(Source.SETTINGS, stream)
    stream.expect("into")
    format_ = stream.expect_identifier().upper()
    uri = _text(stream)
    stream.expect("from")
    if stream.accept("database"):
        name = (stream.expect_identifier(),)
        return ExportStatement(Source.DATABASE, format_, uri, name, options=_options(stream))
    if stream.accept("table"):
        parts = tuple(stream.qualified_name())
        return ExportStatement(Source.TABLE, format_, uri, parts, options=_options(stream))
    query = _query(stream)
    return ExportStatement(Source.QUERY, format_, uri, query=query, options=_options(stream))


def _export_of(source: Source, stream: TokenStream) -> ExportStatement:
    stream.expect("to")
    format_ = stream.expect_identifier().upper()
    uri = _text(stream)
    stream.expect_end()
    return ExportStatement(source, format_, uri)


def _query(stream: TokenStream) -> str:
    """The text of the exported SELECT; moves to its WITH options or to the end."""
    first = stream.peek()
    if stream.at_end:
        raise stream.error()
    last = first
    while not stream.at_end and not _options_begin(stream, first):
        if stream.looking_at("("):
            stream.balanced()
            last = stream.tokens[stream.position - 1]
        else:
            last = stream.next()
    return stream.source(first, last)


def _options_begin(stream: TokenStream, first: Token) -> bool:
    """A WITH that is no common table expression: the name behind it is followed by no AS."""
    if stream.peek() is first or not stream.looking_at("with"):
        return False
    if stream.peek(1).value in ("recursive", "ordinality"):
        return False
    return stream.peek(2).value not in ("as", "(") or stream.peek(1).value == "options"


def parse_import(statement: Statement) -> ImportStatement:
    """Raises 42601 for what is no IMPORT."""
    stream = TokenStream.of(statement, hint="try \\h IMPORT")
    stream.expect("import")
    if stream.accept("users"):
        return _data(ImportStatement(Target.USERS), stream)
    if stream.accept("cluster"):
        stream.expect("setting")
        return _data(ImportStatement(Target.SETTINGS), stream)
    if stream.accept("database"):
        return _data(ImportStatement(Target.DATABASE), stream)
    if stream.accept("into"):
        name = tuple(stream.qualified_name())
        columns = tuple(stream.name_list()) if stream.looking_at("(") else None
        return _data(ImportStatement(Target.INTO, name=name, columns=columns), stream)
    stream.expect("table")
    if stream.accept("create", "using"):
        using = ImportStatement(Target.CREATE_USING, create_file=_text(stream))
        if stream.at_end or stream.looking_at("with"):
            return replace(using, options=_options(stream))
        return _data(using, stream)
    name = tuple(stream.qualified_name())
    opening = stream.peek()
    stream.balanced()
    definition = stream.source(opening, stream.tokens[stream.position - 1])
    return _data(ImportStatement(Target.TABLE_DEFINITION, name=name, definition=definition), stream)


def _data(head: ImportStatement, stream: TokenStream) -> ImportStatement:
    format_ = stream.expect_identifier().upper()
    stream.expect("data", "(")
    files = [_text(stream)]
    while stream.accept(","):
        files.append(_text(stream))
    stream.expect(")")
    return replace(head, format=format_, files=tuple(files), options=_options(stream))


def _options(stream: TokenStream) -> tuple[RawOption, ...]:
    """``WITH a, b = 'x'`` or ``WITH OPTIONS (…)``, up to the end of the statement."""
    options: list[RawOption] = []
    if stream.accept("with"):
        in_parentheses = stream.accept("options")
        if in_parentheses:
            stream.expect("(")
        options.append(_option(stream))
        while stream.accept(","):
            options.append(_option(stream))
        if in_parentheses:
            stream.expect(")")
    stream.expect_end()
    return tuple(options)


def _option(stream: TokenStream) -> RawOption:
    if stream.peek().kind not in (Kind.WORD, Kind.QUOTED, Kind.STRING):
        raise stream.error()
    name = stream.next().value
    return (name, _text(stream)) if stream.accept("=") else (name, None)


def _text(stream: TokenStream) -> str:
    """A string, a quoted identifier or a bare word."""
    token = stream.peek()
    if token.kind is Kind.PARAMETER:
        # The node asserts that a literal stands here (facts.md, 1.1).
        raise SqlError("internal error: a placeholder cannot be used in EXPORT or IMPORT", "XX000")
    if token.kind not in (Kind.STRING, Kind.QUOTED, Kind.WORD):
        raise stream.error()
    return stream.next().value

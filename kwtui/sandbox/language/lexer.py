"""Cuts SQL text into tokens and statements, and words syntax errors as a node does.

The dialect is PostgreSQL's with CockroachDB's additions: ``:::`` type annotations, ``b'..'`` byte
strings, ``e'..'`` escapes, ``[SHOW ..]`` as a table. Wording of errors: recordings 02, 08 and 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.keywords import RESERVED


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    """An unquoted identifier or keyword; ``value`` is folded to lower case."""
    QUOTED = "quoted"
    """An identifier in double quotes; ``value`` is its exact name."""
    STRING = "string"
    """``'..'`` or ``e'..'``; ``value`` is the text that it stands for."""
    BYTES = "bytes"
    """``b'..'`` or ``x'..'``; ``value`` holds the bytes in hexadecimal."""
    BITS = "bits"
    """``B'..'``; ``value`` holds the digits."""
    NUMBER = "number"
    PARAMETER = "parameter"
    """``$1``; ``value`` holds the number."""
    OPERATOR = "operator"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source text between ``start`` and ``end`` (character offsets)."""

    kind: Kind
    value: str
    start: int
    end: int


_LONG = 4096
"""Texts from here on are not kept: they hold rows, and come once."""
_WORD = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_OPERATORS = sorted(
    [
        ":::", "::", "<=", ">=", "<>", "!=", "||", "->>", "->", "#>>", "#>", "@>", "<@", "?|",
        "?&", "!~*", "~*", "!~", "<<", ">>", ":=", "=>", "//", "&&", *"+-*/%^&|~<>=!?#@,;:.()[]{}",
    ],
    key=len,
    reverse=True,
)  # fmt: skip
_DOLLARS = re.compile(r"\$[^\W\d]*\$")
_OPERATOR = re.compile("|".join(map(re.escape, _OPERATORS)))
_SPACE = re.compile(r"(?:\s+|--[^\n]*)+", re.ASCII)
_QUOTED_CHUNK = {"'": re.compile(r"[^']*"), '"': re.compile(r'[^"]*')}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|.)", re.S)


def syntax_error(
    sql: str, token: Token, hint: str | None = None, explanation: str = ""
) -> SqlError:
    """42601 with the source up to the end of the token's line and a caret below the token."""
    near = "EOF" if token.kind is Kind.END else token.value
    line_end = sql.find("\n", token.start)
    shown = sql if line_end < 0 else sql[:line_end]
    column = token.start - (sql.rfind("\n", 0, token.start) + 1)
    message = f'at or near "{near}": syntax error' + (f": {explanation}" if explanation else "")
    return SqlError(message, "42601", f"source SQL:\n{shown}\n{' ' * column}^", hint)


def tokenize(sql: str) -> list[Token]:
    """The tokens of ``sql``, without comments and white space, closed by one END token.

    Raises SqlError (42601) for a string that never ends or a character that no token begins with.
    """
    tokens: list[Token] = []
    position, length = 0, len(sql)
    while True:
        position = _skip_space(sql, position)
        if position >= length:
            tokens.append(Token(Kind.END, "", length, length))
            return tokens
        token = _next_token(sql, position)
        tokens.append(token)
        position = token.end


def _skip_space(sql: str, position: int) -> int:
    while True:
        if match := _SPACE.match(sql, position):
            position = match.end()
        if not sql.startswith("/*", position):
            return position
        depth, start = 1, position
        position += 2
        while depth:
            opened, closed = sql.find("/*", position), sql.find("*/", position)
            if closed < 0:
                raise _lexical_error(sql, start, "unterminated comment")
            nested = 0 <= opened < closed
            depth += 1 if nested else -1
            position = (opened if nested else closed) + 2


def _next_token(sql: str, position: int) -> Token:
    char = sql[position]
    if char in "eEbBxX" and sql.startswith("'", position + 1):
        return _prefixed_string(sql, position)
    if char == "'":
        text, end = _quoted(sql, position, "'")
        return Token(Kind.STRING, text, position, end)
    if char == '"':
        text, end = _quoted(sql, position, '"')
        return Token(Kind.QUOTED, text, position, end)
    if match := _WORD.match(sql, position):
        return Token(Kind.WORD, match.group().lower(), position, match.end())
    if match := _NUMBER.match(sql, position):
        return Token(Kind.NUMBER, match.group(), position, match.end())
    if char == "$" and (match := re.compile(r"\$(\d+)").match(sql, position)):
        return Token(Kind.PARAMETER, match.group(1), position, match.end())
    if match := _DOLLARS.match(sql, position):
        return _between_dollars(sql, match)
    if match := _OPERATOR.match(sql, position):
        return Token(Kind.OPERATOR, match.group(), position, match.end())
    raise _lexical_error(sql, position, "invalid character")


def _between_dollars(sql: str, opening: re.Match[str]) -> Token:
    closing = sql.find(opening.group(), opening.end())
    if closing < 0:
        raise _lexical_error(sql, opening.start(), "unterminated string")
    end = closing + len(opening.group())
    return Token(Kind.STRING, sql[opening.end() : closing], opening.start(), end)


def _lexical_error(sql: str, position: int, what: str) -> SqlError:
    token = Token(Kind.OPERATOR, sql[position], position, position + 1)
    error = syntax_error(sql, token)
    return SqlError(f"lexical error: {what}", "42601", error.detail)


def _quoted(sql: str, position: int, quote: str) -> tuple[str, int]:
    """The content of a quoted piece that starts at ``position``, doubled quotes undone."""
    chunk = _QUOTED_CHUNK[quote]
    cursor = position + 1
    while True:
        match = chunk.match(sql, cursor)
        cursor = match.end() if match else cursor
        if cursor >= len(sql):
            what = "unterminated string" if quote == "'" else "unterminated quoted identifier"
            raise _lexical_error(sql, position, what)
        if not sql.startswith(quote * 2, cursor):
            return sql[position + 1 : cursor].replace(quote * 2, quote), cursor + 1
        cursor += 2


def _prefixed_string(sql: str, position: int) -> Token:
    prefix = sql[position]
    if prefix == "B":
        digits, end = _quoted(sql, position + 1, "'")
        return Token(Kind.BITS, digits, position, end)
    if prefix in "xX":
        digits, end = _quoted(sql, position + 1, "'")
        return Token(Kind.BYTES, digits.lower(), position, end)
    raw, end = _escaped(sql, position + 1)
    data = unescape(raw)
    if prefix == "b":
        return Token(Kind.BYTES, data.hex(), position, end)
    return Token(Kind.STRING, data.decode("utf-8", "replace"), position, end)


def _escaped(sql: str, position: int) -> tuple[str, int]:
    """The raw content of a string with backslash escapes, and where it ends."""
    cursor = position + 1
    while cursor < len(sql):
        if sql[cursor] == "\\":
            cursor += 2
        elif sql[cursor] != "'":
            cursor += 1
        elif sql.startswith("''", cursor):
            cursor += 2
        else:
            return sql[position + 1 : cursor].replace("''", "\\'"), cursor + 1
    raise _lexical_error(sql, position, "unterminated string")


def unescape(raw: str) -> bytes:
    """The bytes that a string with backslash escapes stands for."""

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "x" and len(code) > 1:
            return bytes([int(code[1:], 16)]).decode("latin-1")
        if code[0] in "uU" and len(code) > 1:
            return chr(int(code[1:], 16)).encode().decode("latin-1")
        if code.isdigit():
            return chr(int(code, 8) & 0xFF)
        return _ESCAPES.get(code, code)

    # Bytes travel as Latin-1 characters, so that \xff and UTF-8 text can stand side by side.
    return _ESCAPE.sub(replace, raw.encode().decode("latin-1")).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its own text without the closing semicolon, and its tokens.

    The offsets of ``tokens`` count from the start of ``text``. ``extended`` tells that it came
    through the extended protocol, where some statements answer differently (facts.md, 9.3).
    """

    text: str
    tokens: list[Token]
    extended: bool = False


def split_statements(sql: str, extended: bool = False) -> list[Statement]:
    """The statements of a simple-protocol text. Semicolons inside procedure bodies do not split."""
    known = _known if len(sql) < _LONG else _known.__wrapped__
    return list(known(sql, extended))


@lru_cache(1000)
def _known(sql: str, extended: bool) -> tuple[Statement, ...]:
    """Clients send the same texts again and again."""
    statements = []
    pending: list[Token] = []
    depth = 0
    for token in tokenize(sql):
        depth += _block_change(pending, token)
        ends = token.kind is Kind.END or (token.value == ";" and token.kind is Kind.OPERATOR)
        if not ends or (depth > 0 and token.kind is not Kind.END):
            pending.append(token)
            continue
        if pending:
            statements.append(_statement(sql, pending, extended))
        pending, depth = [], 0
    return tuple(statements)


def _block_change(before: list[Token], token: Token) -> int:
    """How BEGIN and END of a procedure's body change the nesting."""
    if token.kind is not Kind.WORD or token.value not in ("begin", "end") or len(before) < 2:
        return 0
    if before[0].value != "create" or before[1].value not in ("procedure", "trigger"):
        return 0
    return 1 if token.value == "begin" else -1


def _statement(sql: str, tokens: list[Token], extended: bool) -> Statement:
    start, end = tokens[0].start, tokens[-1].end
    moved = [Token(t.kind, t.value, t.start - start, t.end - start) for t in tokens]
    moved.append(Token(Kind.END, "", end - start, end - start))
    return Statement(sql[start:end], moved, extended)


def quote_identifier(name: str) -> str:
    """A name as the node prints it: bare where it needs no quotes."""
    bare = re.fullmatch(r"[a-z_\u0080-\U0010ffff][a-z0-9_$\u0080-\U0010ffff]*", name)
    if bare and name not in RESERVED and name == name.lower():
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_string(text: str) -> str:
    """A string literal as the node prints it: ``'plain'``, or ``e'..'`` with escapes.

    What is not ASCII is escaped too (KWDB 3.2, lex/encode.go and stringencoding).
    """
    if re.search(r"['\\]|[^ -~]", text) is None:
        return f"'{text}'"
    return "e'" + re.sub(r"[^\x00-\x7f]", _code_point, escape_body(text)) + "'"


def _code_point(match: re.Match[str]) -> str:
    """Of four digits only what UTF-8 writes with two bytes."""
    number = ord(match.group())
    return f"\\u{number:04X}" if number < 0x800 else f"\\U{number:08X}"


def quote_bytes(data: bytes) -> str:
    """A literal of bytes as the node prints it: what can be read stays readable (recording 19)."""
    named = {ord(char): f"\\{code}" for code, char in _ESCAPES.items() if code in "bfnrt"}
    named |= {ord("'"): "\\'", ord("\\"): "\\\\"}
    shown = (named.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}") for b in data)
    return "b'" + "".join(shown) + "'"


def escape_body(text: str) -> str:
    """The inside of an ``e'..'`` literal."""
    named = {
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\b": "\\b",
        "\f": "\\f",
        "'": "\\'",
        "\\": "\\\\",
    }
    return re.sub(
        r"['\\\x00-\x1f\x7f]", lambda m: named.get(m.group(), f"\\x{ord(m.group()):02x}"), text
    )


"""Words that a name must be quoted for (recording 16: the column ``"dec"``)."""

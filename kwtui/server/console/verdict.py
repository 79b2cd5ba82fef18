"""What a typed statement is: reading or not, by the server's parse and by ours. Pure.

A read-only session is not enough: EXPORT passes it (recording 12). So a statement counts as reading
only if three agree: the server's own parse of it (SHOW SYNTAX), our tokens of its text, and the
session, which is read-only all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.failures import server_words
from kwtui.server.connection.results import ResultSet
from kwtui.sql import functions, lexer
from kwtui.sql.lexer import Token


class Kind(StrEnum):
    READ = "read"
    WRITE = "write"
    """Changes something, or is not known not to."""
    REFUSED = "refused"
    """Never run here: transactions, which end with the statement, and COPY."""


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    reason: str = ""
    """Why it is no reading statement, in words."""


# -- statements -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """One statement of a longer text, and where it stands in it."""

    text: str
    start: int
    end: int


def split(text: str) -> list[Statement]:
    """The statements of a text, cut at semicolons."""
    found, first, last = [], None, 0
    for token in lexer.code(text):
        if token.text == ";":
            if first is not None:
                found.append(Statement(text[first:last], first, token.end))
            first = None
            continue
        first = token.start if first is None else first
        last = token.end
    if first is not None:
        found.append(Statement(text[first:last], first, len(text)))
    return found


def statement_at(text: str, position: int) -> Statement | None:
    """The statement that the cursor stands in, or right behind; None in an empty text."""
    found = split(text)
    for statement in found:
        if position <= statement.end:
            return statement
    return found[-1] if found else None


# -- what it is -----------------------------------------------------------------------------------

_REMOVING = frozenset({"DELETE", "DROP", "TRUNCATE"})


def removing_word(text: str) -> str:
    """What in a statement removes rows or objects, ``DROP`` for one; empty where nothing does.

    Cautious: such a word counts wherever it stands, but for ``ON DELETE`` of a foreign key.
    """
    words = [token.word for token in lexer.code(text)]
    for before, word in pairwise(["", *words]):
        if word in _REMOVING and before != "ON":
            return word
    return ""


_READING = frozenset({"SELECT", "VALUES", "TABLE", "WITH", "SHOW", "EXPLAIN"})
_PLANNED = frozenset({"INSERT", "UPSERT", "UPDATE", "DELETE"})
"""May stand after EXPLAIN without ANALYZE: they are planned and not run."""

_STATEMENT_WORDS = """
ALTER ANALYZE BACKUP BEGIN CALL CANCEL COMMENT COMMIT COPY CREATE DEALLOCATE DELETE DISCARD DROP
EXECUTE EXPLAIN EXPORT GRANT IMPORT INSERT PAUSE PREPARE REASSIGN REBALANCE REFRESH RELEASE
RENAME RESET RESTORE RESUME REVOKE ROLLBACK SAVEPOINT SCRUB SELECT SET SHOW SPLIT START TABLE
TRUNCATE UNSPLIT UPDATE UPSERT USE VALUES WITH
"""
_STATEMENTS = frozenset(_STATEMENT_WORDS.split())
"""Words that begin a statement, also one in brackets: ``[DELETE FROM t RETURNING id]``."""

_CLAUSE_BEGINS = frozenset({"(", "[", ")", "]", "/"})
"""A statement begins behind them, also behind a WITH clause and behind a hint (``/*+ … */``)."""

_TRANSACTIONS = frozenset(
    {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"}
)
_HARMLESS_SETTINGS = frozenset({"DATABASE", "TIMEZONE"})
"""Not ``search_path``: it decides which function a name means."""


def classify(text: str, parsed: Sequence[str]) -> Verdict:
    """What the statement is. ``parsed`` is what the server made of it, one text a statement.

    Raises KwtuiError (USAGE) when it is not exactly one.
    """
    if len(parsed) != 1:
        raise KwtuiError(
            f"This is not one statement: the server reads {len(parsed)}.",
            hint="Run them one by one; in the editor, the one at the cursor is run.",
            exit_code=ExitCode.USAGE,
        )
    ours, theirs = _verdict(list(lexer.code(text))), _verdict(list(lexer.code(parsed[0])))
    order = (Kind.REFUSED, Kind.WRITE, Kind.READ)
    return min(theirs, ours, key=lambda verdict: order.index(verdict.kind))


def _verdict(tokens: list[Token]) -> Verdict:
    while tokens and tokens[-1].text == ";":
        tokens = tokens[:-1]
    if any(token.kind is lexer.Kind.BROKEN for token in tokens):
        return Verdict(Kind.WRITE, "A quote or a comment in it is not terminated.")
    if any(token.text == ";" for token in tokens):
        return Verdict(Kind.WRITE, "There is more than one statement in it.")
    start = 0
    while start < len(tokens) and tokens[start].text == "(":
        start += 1
    first = tokens[start].word if start < len(tokens) else ""
    if first in _TRANSACTIONS:
        return Verdict(
            Kind.REFUSED,
            f"{first} has no use here: each statement is run on its own and takes effect at once.",
        )
    if first == "COPY":
        return Verdict(Kind.REFUSED, "COPY waits for data that cannot be sent from here.")
    if first in ("USE", "SET"):
        return _setting(tokens[start:])
    if first not in _READING:
        return Verdict(
            Kind.WRITE, f"{first or 'This'} is not known to be a statement that only reads."
        )
    if first == "EXPLAIN":
        return _explain(tokens[start + 1 :])
    if first == "SHOW" and (reason := _show(tokens[start:])):
        return Verdict(Kind.WRITE, reason)
    return _inside(tokens[start:])


def _setting(tokens: list[Token]) -> Verdict:
    words = [token.word for token in tokens]
    if words[0] == "USE" and len(tokens) == 2:
        return Verdict(Kind.READ)
    if words[:3] == ["SET", "TIME", "ZONE"] and len(tokens) == 4:
        return Verdict(Kind.READ)
    is_plain = len(tokens) == 4 and tokens[2].text in ("=", "TO", "to")
    if is_plain and words[1] in _HARMLESS_SETTINGS:
        return Verdict(Kind.READ)
    return Verdict(Kind.WRITE, "SET can change what the session may do.")


def _explain(tokens: list[Token]) -> Verdict:
    """EXPLAIN plans; with ANALYZE it runs what it explains."""
    runs, start = False, 0
    if tokens and tokens[0].text == "(":
        start = next((i for i, t in enumerate(tokens) if t.text == ")"), len(tokens)) + 1
    elif tokens and tokens[0].word in ("ANALYZE", "ANALYSE"):
        start = 1
        if start < len(tokens) and tokens[start].text == "(":
            start = next((i for i, t in enumerate(tokens) if t.text == ")"), len(tokens)) + 1
    options = {token.word for token in tokens[:start]}
    if "DEBUG" in options:
        words = "EXPLAIN ANALYZE (DEBUG) writes a bundle into the server's system tables."
        return Verdict(Kind.WRITE, words)
    runs = bool(options & {"ANALYZE", "ANALYSE"})
    rest = tokens[start:]
    first = rest[0].word if rest else ""
    if first in _PLANNED and not runs:
        return Verdict(Kind.READ)
    inner = _verdict(rest)
    if inner.kind is Kind.READ or not runs:
        return inner
    return Verdict(Kind.WRITE, f"EXPLAIN ANALYZE runs what it explains. {inner.reason}")


def _show(tokens: list[Token]) -> str:
    """SHOW TRACE FOR once ran what it traces, and SHOW BACKUP reads any address that it is given;
    empty for what only tells."""
    words = [token.word for token in tokens]
    if words[1:2] in (["BACKUP"], ["BACKUPS"]):
        return "SHOW BACKUP makes the server read from an address."
    for one, two in pairwise(words):
        if one == "FOR" and two in _STATEMENTS - {"TABLE"}:
            return f"There is {_article(two)} inside it."
    return ""


def _inside(tokens: list[Token]) -> Verdict:
    """A reading statement must not hold another one that does not read."""
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text if number else ""
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        reason = _effect(tokens, number, token, before, after)
        if reason:
            return Verdict(Kind.WRITE, reason)
    return Verdict(Kind.READ)


def _effect(
    tokens: list[Token], number: int, token: Token, before: str, after: Token | None
) -> str:
    """Why the token makes the statement one that does more than read; empty when it does not."""
    word = token.word
    if before in _CLAUSE_BEGINS and word in _STATEMENTS - _READING:
        return f"There is {_article(word)} inside it."
    if before in ("(", "[") and word == "EXPLAIN":
        return "There is an EXPLAIN inside it."
    if word == "INTO" and before != ".":
        return "SELECT … INTO writes."
    if word == "FOR" and after is not None and after.word in ("UPDATE", "SHARE", "NO", "KEY"):
        return f"FOR {after.word} locks rows."
    if token.kind is lexer.Kind.NAME and after is not None and after.text == "(":
        return _call(tokens, number, before)
    return ""


def _call(tokens: list[Token], number: int, before: str) -> str:
    """Why the name before an opening bracket makes the statement one that does more than read."""
    token = tokens[number]
    name = token.name
    if before == "." and number >= 2:
        schema = tokens[number - 2].name
        if schema in functions.INTERNAL_SCHEMAS and name in functions.INTERNAL_READING:
            return ""
        if schema != "pg_catalog" or name not in functions.READING:
            return _unknown(f"{schema}.{name}")
        return ""
    # WITH name (columns), and AS name (columns): what follows can hold nothing but names.
    if before.upper() in ("AS", "WITH", "RECURSIVE"):
        return ""
    if functions.calls_nothing(token, tokens[max(0, number - 2) : number]):
        return ""
    return "" if name in functions.READING else _unknown(name)


def _unknown(name: str) -> str:
    return f"It calls {name}(), which is not among the functions that are known to only read."


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'AEIOU' else 'a'} {word}"


# -- the server's parse ---------------------------------------------------------------------------


def parsed_statements(answer: ResultSet) -> list[str]:
    """The answer of SHOW SYNTAX (recording 12). Raises KwtuiError for text that is no SQL."""
    fields = [(row["field"] or "", row["message"] or "") for row in answer.dicts()]
    errors = {field: message for field, message in fields if field != "sql"}
    if "error" in errors:
        raise KwtuiError(
            "The server cannot parse this statement.",
            cause=server_words(errors.get("error", ""), errors.get("detail", "")),
            hint=errors.get("hint", "").strip(),
            exit_code=ExitCode.STATEMENT_REFUSED,
        )
    return [message for field, message in fields if field == "sql"]


# -- secrets --------------------------------------------------------------------------------------

_HIDDEN = "'***'"
_URL_SECRETS = (
    (re.compile(r"(://[^/\s:'\"@]*:)[^@\s'\"]+@"), r"\1***@"),
    (
        re.compile(
            r"(?i)([\w-]*(?:password|passwd|pwd|secret|token|credentials|account_key|access_key)"
            r"[\w-]*=)[^&\s'\"]+"
        ),
        r"\1***",
    ),
)
_SECRET_WORDS = frozenset({"PASSWORD", "IDENTIFIED", "SECRET", "PASSPHRASE"})
_BETWEEN = frozenset({"BY", "TO"})


def without_secrets(text: str) -> str:
    """The statement as it may be kept: passwords and keys are replaced by ``***``."""
    parts: list[str] = []
    position, hide = 0, False
    for token in lexer.code(text):
        if hide and (token.text == "=" or token.word in _BETWEEN):
            continue
        if hide and token.kind is lexer.Kind.BROKEN:
            # A quote that does not end: nobody knows where the secret does.
            return "".join([*parts, text[position : token.start], _HIDDEN])
        if hide and token.word != "NULL":
            parts += [text[position : token.start], _HIDDEN]
            position = token.end
        hide = token.word in _SECRET_WORDS
    kept = "".join([*parts, text[position:]])
    for pattern, replacement in _URL_SECRETS:
        kept = pattern.sub(replacement, kept)
    return kept

"""A CREATE TABLE that a person wrote, laid out as KWDB prints one. Pure.

KWDB takes any layout; what a restore does to a definition (`kwtui.sql.ddl`) reads the printed one:
one element a line, keywords in capitals, foreign keys and checks as named constraints of the table
(recordings 12 to 14).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kwtui.backups.metasql.statements import bracket_end, damaged
from kwtui.sql.lexer import Kind, Token
from kwtui.sql.quoting import identifier

NO_COLUMN = frozenset(
    {
        "CONSTRAINT",
        "INDEX",
        "UNIQUE",
        "INVERTED",
        "FAMILY",
        "PRIMARY",
        "FOREIGN",
        "CHECK",
        "LIKE",
    }
)
"""What an element begins with that is no column."""
_WORDS = """
    NULL NOT DEFAULT AS STORED CHECK CONSTRAINT PRIMARY KEY UNIQUE REFERENCES FOREIGN INDEX
    INVERTED FAMILY ON DELETE UPDATE CASCADE RESTRICT SET NO ACTION MATCH FULL SIMPLE PARTIAL
    STORING COVERING USING HASH WITH BUCKET_COUNT INTERLEAVE IN PARENT ASC DESC WHERE COLLATE
    ENCODE COMPRESS LEVEL COMMENT CREATE IF EXISTS
"""
_SYMBOL = Kind.SYMBOL
_KEYWORDS = frozenset(_WORDS.split())
_ENDS = """
    NULL NOT DEFAULT AS CHECK CONSTRAINT PRIMARY UNIQUE REFERENCES ENCODE COMPRESS COMMENT FAMILY
"""
_CLAUSE_ENDS = frozenset(_ENDS.split())
_CONSTRAINT = re.compile(r"REFERENCES|CHECK", re.IGNORECASE)
_PRINTED_NAME = re.compile(r"[^\W\d][\w$]*\Z")


def plain(body: Sequence[Token]) -> str:
    """The tokens with one space wherever there was a gap; comments and line ends go.

    What KWDB printed comes back letter by letter.
    """
    parts: list[str] = []
    end = None
    for _, said, start in body:
        if end is not None and end < start:
            parts.append(" ")
        parts.append(said)
        end = start + len(said)
    return "".join(parts)


def is_printed(head: Sequence[Token], elements: Sequence[Sequence[Token]], text: str) -> bool:
    """Whether a definition up to the bracket that closes its columns is laid out as KWDB does.

    ``head`` are the tokens before the opening bracket, which follows them.
    """
    slices = [text[e[0].start : e[-1].end] for e in elements]
    if not all(map(is_printed_element, elements, slices)):
        return False
    names = text[head[2].start : head[-1].end]
    printed = f"CREATE TABLE {names} (\n\t" + ",\n\t".join(slices) + "\n)"
    return text.startswith(printed, head[0].start)


def is_printed_element(element: Sequence[Token], said: str) -> bool:
    """Whether KWDB prints an element of a table so; ``said`` is its text."""
    begin, word = element[0].text, element[0].word
    if word in NO_COLUMN:
        # KWDB names every foreign key and check.
        return begin.isupper() and word not in ("FOREIGN", "CHECK")
    if word and (begin != begin.lower() or not _PRINTED_NAME.match(begin)):
        return False
    if not _CONSTRAINT.search(said):
        return True
    return not any(t.is_word("REFERENCES", "CHECK") for t in _outside(element[1:]))


def laid_out(
    names: Sequence[str], elements: Sequence[Sequence[Token]], text: str, path: str
) -> str:
    """The definition up to and with the bracket that closes its columns.

    Raises KwtuiError (META_DAMAGED) for a foreign key that names no table.
    """
    writer = _Writer(names[-1], text, path)
    lines = [line for element in elements for line in writer.lines(element)]
    head = ".".join(map(identifier, names))
    return f"CREATE TABLE {head} (\n\t" + ",\n\t".join([*lines, *writer.constraints]) + "\n)"


class _Writer:
    """Writes element by element; what a column says of other tables becomes a constraint."""

    def __init__(self, table: str, text: str, path: str) -> None:
        self._table = table
        self._text = text
        self._path = path
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}
        """By wanted name: how many of its numbers are taken."""
        self.constraints: list[str] = []

    def lines(self, element: Sequence[Token]) -> Iterator[str]:
        first = element[0]
        if first.word not in NO_COLUMN:
            yield self._column(element)
        elif first.is_word("FOREIGN"):
            yield self._foreign_key("", element)
        elif first.is_word("CHECK"):
            yield self._check("", element, "")
        elif first.is_word("CONSTRAINT") and len(element) > 2 and element[2].is_word("FOREIGN"):
            yield self._foreign_key(element[1].name, element[2:])
        elif first.is_word("CONSTRAINT") and len(element) > 2 and element[2].is_word("CHECK"):
            yield self._check(element[1].name, element[2:], "")
        else:
            yield self._said(element)

    def _column(self, element: Sequence[Token]) -> str:
        name = element[0].name
        parts = [identifier(name)]
        for given, clause in _clauses(element[1:]):
            if clause[0].is_word("REFERENCES"):
                self.constraints.append(self._reference(given, (name,), clause))
            elif clause[0].is_word("CHECK"):
                self.constraints.append(self._check(given, clause, name))
            else:
                parts.append(self._said(clause))
        return " ".join(parts)

    def _foreign_key(self, given: str, body: Sequence[Token]) -> str:
        opens = next((i for i, t in enumerate(body) if t.text == "("), len(body) - 1)
        closes = bracket_end(body, opens)
        columns = tuple(t.name for t in body[opens + 1 : closes] if t.kind is Kind.NAME)
        return self._reference(given, columns, body[closes + 1 :])

    def _reference(self, given: str, columns: Sequence[str], body: Sequence[Token]) -> str:
        """``body`` begins with REFERENCES."""
        at, target = 1, []
        while at < len(body) and body[at].kind is Kind.NAME:
            target.append(body[at].name)
            at += 1
            if at < len(body) and body[at].text == ".":
                at += 1
            else:
                break
        if not target or not columns or not body[0].is_word("REFERENCES"):
            place = body[0].start if body else 0
            raise damaged(self._path, self._text, place, "a foreign key names no table")
        there: Sequence[str] = columns
        if at < len(body) and body[at].text == "(":
            closes = bracket_end(body, at)
            there = [t.name for t in body[at + 1 : closes] if t.kind is Kind.NAME]
            at = closes + 1
        name = given or self._new(f"fk_{'_'.join(columns)}_ref_{target[-1]}")
        clauses = self._said(body[at:]) if body[at:] else ""
        return (
            f"CONSTRAINT {identifier(name)} FOREIGN KEY ({_listed(columns)}) REFERENCES "
            f"{'.'.join(map(identifier, target))}({_listed(there)}) {clauses}"
        ).rstrip()

    def _check(self, given: str, body: Sequence[Token], column: str) -> str:
        name = given or self._new(f"check_{column or self._table}")
        return f"CONSTRAINT {identifier(name)} CHECK {plain(body[1:])}"

    def _new(self, wanted: str) -> str:
        number = self._numbers.get(wanted, 0) + 1
        name = wanted if number == 1 else f"{wanted}_{number}"
        while name in self._names:
            number += 1
            name = f"{wanted}_{number}"
        self._numbers[wanted] = number
        self._names.add(name)
        return name

    def _said(self, body: Sequence[Token]) -> str:
        """As written, with the keywords outside brackets in capitals."""
        depth, parts = 0, []
        for before, token in zip((None, *body), body, strict=False):
            if before is not None and before.end < token.start:
                parts.append(" ")
            if token.kind is _SYMBOL:
                depth -= token.text in ")]}"
            is_keyword = depth == 0 and token.word
            upper = token.text.upper()
            parts.append(upper if is_keyword and upper in _KEYWORDS else token.text)
            if token.kind is _SYMBOL:
                depth += token.text in "([{"
        return "".join(parts)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(identifier, names))


def _clauses(body: Sequence[Token]) -> Iterator[tuple[str, Sequence[Token]]]:
    """The type of a column, then each of its clauses, with the name that CONSTRAINT gave it."""
    start, given = 0, ""
    for at in [*_starts(body), len(body)]:
        clause = body[start:at]
        start = at
        if clause and clause[0].is_word("CONSTRAINT"):
            given = clause[1].name if len(clause) > 1 else ""
            continue
        if clause:
            yield given, clause
            given = ""


def _starts(body: Sequence[Token]) -> Iterator[int]:
    """Where clauses begin, outside brackets: ``NOT NULL`` and ``SET NULL`` are one."""
    depth = 0
    for at, token in enumerate(body):
        if token.kind is _SYMBOL:
            depth += (token.text in "([{") - (token.text in ")]}")
        elif depth == 0 and at and token.word in _CLAUSE_ENDS:
            before = body[at - 1]
            if not before.is_word("NOT", "SET", "DEFAULT", "IS", "CREATE", "CONSTRAINT"):
                yield at


def _outside(body: Sequence[Token]) -> Iterator[Token]:
    """The tokens outside brackets."""
    depth = 0
    for token in body:
        if token.kind is _SYMBOL:
            depth += (token.text in "([{") - (token.text in ")]}")
        elif depth == 0:
            yield token

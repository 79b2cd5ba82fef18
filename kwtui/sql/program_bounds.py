"""Where a procedure or a trigger ends, and what its body may not hold. Pure.

Its semicolons are its own as long as they stand between BEGIN and the END that belongs to it, or in
a text between dollar signs; behind that a second statement would begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kwtui.sql.lexer import Kind, Token, code

_OPENS = frozenset({"BEGIN", "CASE"})
_ENDS_OTHERS = frozenset({"IF", "WHILE", "LOOP", "FOR", "REPEAT"})
"""Behind END: it closes one of these, which are not counted."""
_FORBIDDEN = {
    ("ALTER", "DATABASE"),
    ("ALTER", "ROLE"),
    ("ALTER", "USER"),
    ("CREATE", "DATABASE"),
    ("CREATE", "ROLE"),
    ("CREATE", "USER"),
    ("DROP", "DATABASE"),
    ("DROP", "ROLE"),
    ("DROP", "USER"),
    ("IMPORT", "DATABASE"),
    ("RESET", "CLUSTER"),
    ("SET", "CLUSTER"),
}
_FORBIDDEN_WORDS = frozenset({"GRANT", "REVOKE", "EXPORT", "COPY"})


def runs_over(items: Sequence[Token]) -> bool:
    """Whether anything stands behind the end of a procedure or trigger."""
    depth, began = 0, False
    for position, token in enumerate(items):
        if depth == 0 and (began or token.text == ";"):
            rest = [t for t in items[position:] if t.text != ";"]
            # The label of a block may stand behind its END.
            return len(rest) > (1 if began and rest and rest[0].kind is Kind.NAME else 0)
        if token.word in _OPENS:
            depth, began = depth + 1, began or token.word == "BEGIN"
        elif token.word == "END" and depth:
            after = items[position + 1].word if position + 1 < len(items) else ""
            depth -= after not in _ENDS_OTHERS
    return depth > 0


def bodies(items: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The statement, and the texts between dollar signs in it."""
    yield items
    for token in items:
        if token.kind is Kind.STRING and token.text.startswith("$"):
            yield from bodies(list(code(token.value)))


def forbidden(items: Sequence[Token]) -> str:
    """What no program of a database does that is its own affair; empty where there is nothing."""
    for one, two in zip(items, (*items[1:], None), strict=False):
        if two is not None and (one.word, two.word) in _FORBIDDEN:
            return f"{one.word} {two.word}"
        if one.word in _FORBIDDEN_WORDS:
            return one.word
    return ""

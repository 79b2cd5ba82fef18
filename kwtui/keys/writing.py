"""How keys are written for people. Without Textual."""

from __future__ import annotations

PUNCTUATION = {
    "!": "exclamation_mark", '"': "quotation_mark", "#": "number_sign", "$": "dollar_sign",
    "%": "percent_sign", "&": "ampersand", "'": "apostrophe", "(": "left_parenthesis",
    ")": "right_parenthesis", "*": "asterisk", "+": "plus", ",": "comma", "-": "minus",
    ".": "full_stop", "/": "slash", ":": "colon", ";": "semicolon", "<": "less_than_sign",
    "=": "equals_sign", ">": "greater_than_sign", "?": "question_mark", "@": "at",
    "[": "left_square_bracket", "\\": "backslash", "]": "right_square_bracket",
    "^": "circumflex_accent", "_": "underscore", "`": "grave_accent", "{": "left_curly_bracket",
    "|": "vertical_line", "}": "right_curly_bracket", "~": "tilde",
}  # fmt: skip
"""Textual's names of the keys that are neither letters nor digits."""

_WRITTEN = {name: character for character, name in PUNCTUATION.items()}
_WRITTEN |= {"escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn"}


def written_key(key: str) -> str:
    """A key as people write it: ``slash`` is ``/``, ``ctrl+p`` is ``Ctrl+P``."""
    *modifiers, name = key.split("+")
    written = _WRITTEN.get(name) or (name.capitalize() if len(name) > 1 else name)
    if modifiers and len(written) == 1:
        written = written.upper()
    return "+".join([*(each.capitalize() for each in modifiers), written])

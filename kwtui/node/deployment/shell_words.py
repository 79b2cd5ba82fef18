"""Command lines as services and containers write them: words, variables, the node's start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

_PROGRAM = re.compile(r"(?:.*/)?kwbase(?:\.exe)?\Z")
_START = ("start", "start-single-node", "start-single-replica")
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<braced>\w+)(?P<default>:?-[^}]*)?\}|(?P<bare>[A-Za-z_]\w*))")
_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_MOST_NESTED = 3


def is_start(words: Sequence[str]) -> bool:
    """Whether the words begin with ``kwbase start...``."""
    return len(words) > 1 and bool(_PROGRAM.match(words[0])) and words[1] in _START


def find_start(words: Sequence[str], nested: int = 0) -> tuple[str, ...]:
    """``kwbase start...`` with its arguments, wherever it stands, inside ``bash -c "..."`` too.

    Ends at ``&&``, ``;``, ``|`` and redirections. Empty if it is not there.
    """
    for position in range(len(words) - 1):
        if is_start(words[position:]):
            return _until_end(words[position:])
    for word in words:
        if nested < _MOST_NESTED and "kwbase" in word and word.split()[1:]:
            found = find_start(split(word), nested + 1)
            if found:
                return found
    return ()


def _until_end(words: Sequence[str]) -> tuple[str, ...]:
    kept = []
    for word in words:
        if re.fullmatch(r"&&|\|\|?|;|&|\d?>.*|<.*", word):
            break
        kept.append(word.removesuffix(";"))
        if word.endswith(";"):
            break
    return tuple(kept)


def split(line: str) -> list[str]:
    """Words of a shell line; lines that end in a backslash go on. Empty if quotes do not close."""
    joined = re.sub(r"\\\r?\n", " ", line)
    try:
        return shlex.split(_HEX.sub(lambda m: shlex.quote(chr(int(m[1], 16))), joined))
    except ValueError:
        return []


def expand(text: str, variables: Mapping[str, str]) -> str:
    """``$A``, ``${A}`` and ``${A:-default}`` with their values, ``$$`` as ``$``; unset is empty."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        if not name:
            return "$"
        default = match["default"] or ""
        found = variables.get(name)
        if default and (found is None or (default.startswith(":") and not found)):
            return default.removeprefix(":").removeprefix("-")
        return found or ""

    return _VARIABLE.sub(value, text)


def expand_words(words: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """As systemd does: ``$A`` alone becomes the words of its value, ``${A}`` stays one word."""
    expanded: list[str] = []
    for word in words:
        if re.fullmatch(r"\$[A-Za-z_]\w*", word):
            expanded += split(variables.get(word[1:], ""))
        else:
            expanded.append(expand(word, variables))
    return expanded


def assignments(text: str) -> dict[str, str]:
    """``KEY=value`` lines of an environment file, with quotes, comments and continuations."""
    found = {}
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        key, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or not re.fullmatch(r"\w+", key.strip()):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[key.strip()] = value
    return found

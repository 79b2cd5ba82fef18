"""``$A``, ``${A}`` and ``${A:-default}`` as systemd, Compose and a shell replace them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from kwtui.node.deployment.unknown import as_written, is_known, unknown

_NAME = re.compile(r"[A-Za-z_]\w*")
_FORM = re.compile(r"(?P<name>[A-Za-z_]\w*|\d+|[@*#?$!-])(?P<operator>:?[-+=?])?")
_ELEMENT = re.compile(r"([A-Za-z_]\w*)\[(\d{1,3})\]")
_SPECIAL = re.compile(r"\d|[@*#?$!-]")
_MOST_NESTED = 8


@dataclass
class Scope:
    """Variables and what becomes of one that is not among them."""

    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    style: Literal["systemd", "compose", "shell"] = "shell"
    where: str = ""
    """Where it was looked for variables, as part of a sentence."""
    empty: bool = False
    """What is not set is empty: everything that could set it was read."""
    keeps_bare: bool = False
    """``$A`` inside a word stays: a shell replaces it later."""
    prints: Callable[[str], str | None] = lambda _: None
    """What a command inside ``$(…)`` prints, where that is known."""

    def lookup(self, name: str) -> str | None:
        return self.values.get(name)

    def missing(self, shown: str, name: str) -> str:
        """In place of a variable without value."""
        if self.empty:
            return ""
        if not _NAME.fullmatch(name):
            return unknown(shown, f"{shown} is what the script is called with")
        return unknown(shown, f"{name} is not set{self.where}")


def expand(text: str, scope: Scope, nested: int = 0) -> str:
    """The text with its variables replaced; what has no value becomes an unknown piece."""
    result, at = [], 0
    while (dollar := text.find("$", at)) >= 0:
        result.append(text[at:dollar])
        value, at = read_variable(text, dollar, scope, nested)
        result.append(value)
    return "".join((*result, text[at:]))


def read_variable(text: str, at: int, scope: Scope, nested: int = 0) -> tuple[str, int]:
    """The value of what begins with the ``$`` at a place, and where the text goes on."""
    after = text[at + 1 : at + 2]
    if scope.style == "compose" and after == "$":
        return "$", at + 2
    if scope.style == "systemd" and after == "$":
        return "$", at + 2
    if after == "{":
        end = _closing(text, at + 1, "{", "}")
        if end < 0:
            return text[at:], len(text)
        return _braced(text[at : end + 1], scope, nested), end + 1
    if after == "(" and scope.style == "shell":
        end = end_of_variable(text, at)
        return printed(text[at:end], text[at + 2 : end - 1], scope), end
    match = _NAME.match(text, at + 1)
    if match and scope.keeps_bare:
        return f"${match[0]}", match.end()
    if match and scope.style == "systemd":
        why = f"systemd does not replace {match[0]} inside a word unless it is written ${{…}}"
        return unknown(f"${match[0]}", why), match.end()
    if match:
        return _bare(match[0], scope), match.end()
    if scope.style == "shell" and _SPECIAL.match(after):
        return _bare(after, scope), at + 2
    return "$", at + 1


def printed(shown: str, command: str, scope: Scope) -> str:
    """What stands for ``$(command)``."""
    said = None if command.startswith("(") else scope.prints(command)
    if said is not None:
        return said
    return unknown(shown, f"{_short(shown)} is worked out when it runs")


def end_of_variable(text: str, at: int) -> int:
    """Where the text goes on after the ``$…`` of a shell at a place."""
    after = text[at + 1 : at + 2]
    if after in ("{", "("):
        end = _closing(text, at + 1, after, "}" if after == "{" else ")")
        return len(text) if end < 0 else end + 1
    match = _NAME.match(text, at + 1)
    if match:
        return match.end()
    return at + 2 if after and _SPECIAL.match(after) else at + 1


def _bare(name: str, scope: Scope) -> str:
    found = scope.lookup(name)
    return found if found is not None else scope.missing(f"${name}", name)


def _braced(shown: str, scope: Scope, nested: int) -> str:
    inner = shown[2:-1]
    element = _ELEMENT.fullmatch(inner)
    if element and int(element[2]) < len(scope.arrays.get(element[1], ())):
        return scope.arrays[element[1]][int(element[2])]
    form = _FORM.match(inner)
    operator = form["operator"] if form else None
    plain = form is not None and form.end() == len(inner) and not operator
    if form is None or nested > _MOST_NESTED or not (plain or operator):
        # Lengths, patterns, arrays: a shell knows them, and nothing here needs them.
        return unknown(shown, f"{_short(shown)} is not worked out here")
    if scope.style == "systemd" and not plain:
        return shown
    name, found = form["name"], scope.lookup(form["name"])
    if plain or operator is None:
        return found if found is not None else scope.missing(shown, name)
    word = inner[form.end() :]
    is_set = found is not None and (found != "" or not operator.startswith(":"))
    if operator.endswith("+"):
        return expand(_without_quotes(word, scope), scope, nested + 1) if is_set else ""
    if is_set and found is not None:
        return found
    if operator.endswith("?"):
        said = f" ({_short(as_written(word))})" if word else ""
        return unknown(shown, f"{name} must be set and is not{scope.where}{said}")
    value = expand(_without_quotes(word, scope), scope, nested + 1)
    if operator.endswith("=") and is_known(value):
        scope.values[name] = value
    return value


def _without_quotes(word: str, scope: Scope) -> str:
    """Quotes around a default belong to the shell, not to the value."""
    if scope.style != "shell":
        return word
    return re.sub(r"\"([^\"]*)\"|'([^']*)'", lambda m: m[1] if m[1] is not None else m[2], word)


def _closing(text: str, at: int, opens: str, closes: str) -> int:
    """Where the bracket at a place closes; -1 if it does not."""
    depth, quote = 0, ""
    while at < len(text):
        here = text[at]
        if here == "\\":
            at += 1
        elif quote:
            quote = "" if here == quote else quote
        elif here in "'\"" and opens == "(":
            quote = here
        elif here == opens:
            depth += 1
        elif here == closes:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return -1


def _short(shown: str) -> str:
    words = " ".join(shown.split())
    return words if len(words) <= 60 else words[:57] + "..."


def assignments(text: str, *, dotenv: bool = False) -> dict[str, str]:
    """``KEY=value`` lines of an environment file, with quotes and continuations.

    ``dotenv``: as Compose reads them: a comment may follow a value, and values without single
    quotes may name others. systemd takes both literally.
    """
    found: dict[str, str] = {}
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        key, equals, raw = line.strip().removeprefix("export ").partition("=")
        if equals and re.fullmatch(r"\w+", key.strip()):
            value, quote = _unquoted(raw.strip(), dotenv)
            if dotenv and quote != "'" and "$" in value:
                value = expand(value, Scope(dict(found), style="compose"))
            found[key.strip()] = value
    return found


def _unquoted(value: str, dotenv: bool) -> tuple[str, str]:
    """The value without its quotes or the comment behind it, and the quote."""
    quoted = re.match(r"""(["'])((?:\\.|(?!\1).)*)\1""", value)
    if quoted and (dotenv or quoted.end() == len(value)):
        inner = quoted[2]
        return (re.sub(r"\\([\"\\])", r"\1", inner) if quoted[1] == '"' else inner), quoted[1]
    return (re.split(r"\s#", value, maxsplit=1)[0].rstrip() if dotenv else value), ""

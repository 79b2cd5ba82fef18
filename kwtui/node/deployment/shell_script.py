"""Shell scripts as far as they say what they start: words, variables, folders, files they read.

Not a shell. Commands are taken in the order of the text. What only happens in a branch, in a loop,
or is worked out when the script runs becomes an unknown piece (`unknown`), never a guess.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.node.deployment.shell_tokens import Token, Word, tokens
from kwtui.node.deployment.unknown import (
    as_written,
    is_known,
    is_one_piece,
    split_fields,
    unknown,
)
from kwtui.node.deployment.variables import Scope, expand, printed

_MOST_COMMANDS = 5_000
_MOST_NESTED = 3
_ASSIGNS = re.compile(r"([A-Za-z_]\w*)(\+?)=")
_DECLARES = ("export", "readonly", "local", "declare", "typeset")
_OPENS = {"if": "fi", "for": "done", "while": "done", "until": "done", "select": "done",
          "case": "esac"}  # fmt: skip
_LEADS = ("then", "else", "elif", "do", "!", "{", "}", "time", "coproc")


@dataclass(frozen=True)
class Command:
    """One command with its words; unknown pieces stand where a value is not known."""

    words: tuple[str, ...]
    line: int
    """From 1."""
    folder: Path | None = None
    """In which it runs, if the text tells."""


@dataclass
class Script:
    """One run through a text."""

    scope: Scope
    folder: Path | None = None
    read: Callable[[Path], str | None] = lambda _: None
    """The text of a file that the script takes in; None if it cannot be read."""
    nested: int = 0
    _open: list[str] = field(default_factory=list)
    """What ends the branches and loops that are open."""
    _if_empty: str = ""
    """The variable that is known to be empty where the next assignment happens."""

    def __post_init__(self) -> None:
        self.scope.prints = self._prints

    def commands(self, text: str) -> Iterator[Command]:
        """Every command of the text, in order."""
        for number, (before, line, words) in enumerate(_simple(text)):
            if number >= _MOST_COMMANDS:
                return
            yield from self._command(before, line, words)

    # -- one command --------------------------------------------------------------------------

    def _command(self, before: str, line: int, words: list[Word]) -> Iterator[Command]:
        words = self._without_leads(words)
        if not words:
            return
        if words[0].plain in ("for", "select") and len(words) > 1:
            self._forget(words[1].plain, "changes in a loop")
        opened = _OPENS.get(words[0].plain)
        if opened:
            self._open.append(opened)
            words = words[1:] if words[0].plain in ("if", "while", "until") else []
        conditional = bool(self._open) or before in ("&&", "||")
        words = self._after_assignments(words, conditional=conditional)
        if not words:
            return
        fields = tuple(each for word in words for each in self._fields(word))
        if not fields:
            return
        self._if_empty = _tested_empty(words)
        if fields[0] in ("cd", "pushd"):
            self.folder = self._resolved(fields[1]) if len(fields) > 1 else None
        elif fields[0] in (".", "source") and len(fields) > 1:
            yield from self._taken_in(fields[1])
        elif fields[0] in ("read", "getopts", "mapfile"):
            for name in fields[1:]:
                self._forget(name, "is read while the script runs")
        elif fields[0] == "unset":
            for name in fields[1:]:
                self.scope.values.pop(name, None)
        else:
            yield Command(fields, line, self.folder)

    def _without_leads(self, words: list[Word]) -> list[Word]:
        while words:
            first = words[0].plain
            if self._open and first == self._open[-1]:
                self._open.pop()
            elif first not in _LEADS and not (first == "function" and len(words) > 1):
                break
            words = words[2:] if first == "function" else words[1:]
        return words

    def _after_assignments(self, words: list[Word], *, conditional: bool) -> list[Word]:
        """The words after those that set variables, which are set if nothing follows them."""
        declares = words[0].plain in _DECLARES if words else False
        if declares:
            words = [word for word in words[1:] if not word.plain.startswith("-")]
        count = 0
        while count < len(words) and _ASSIGNS.match(words[count].plain):
            count += 1
        if declares or count == len(words):
            for word in words[:count]:
                self._assign(word, conditional=conditional)
            return []
        return words[count:]

    def _assign(self, word: Word, *, conditional: bool) -> None:
        match = _ASSIGNS.match(word.plain)
        if match is None:
            return
        name, adds = match[1], bool(match[2])
        if word.elements is not None:
            added = [each for element in word.elements for each in self._fields(element)]
            if conditional:
                added = [unknown(f"${{{name}[@]}}", f"{name} is filled in a branch of the script")]
            old = self.scope.arrays.get(name, []) if adds or conditional else []
            self.scope.arrays[name] = [*old, *added]
            return
        value = self._text(word.after(match.end()))
        old_value = self.scope.lookup(name)
        if adds:
            value = (old_value or "") + value
        if conditional and value != old_value:
            if old_value is None and self._if_empty == name:
                self.scope.values[name] = value
            else:
                self._forget(name, "is set in a branch of the script")
        elif is_one_piece(value) and not adds:
            # Handed on: a default later in the script counts as it would for the first name.
            self.scope.values.pop(name, None)
            if "$(" in value or "`" in value:
                self.scope.values[name] = value
        else:
            self.scope.values[name] = value

    def _forget(self, name: str, why: str) -> None:
        if name:
            self.scope.values[name] = unknown(f"${name}", f"{name} {why}")

    def _taken_in(self, path: str) -> Iterator[Command]:
        where = self._resolved(path)
        text = self.read(where) if where is not None and self.nested < _MOST_NESTED else None
        if text is None:
            self.scope.where += f" (it takes in {as_written(path)}, which is not read)"
            return
        inner = Script(self.scope, self.folder, self.read, self.nested + 1)
        yield from inner.commands(text)
        self.scope.prints = self._prints

    def _resolved(self, path: str) -> Path | None:
        if not is_known(path) or not path:
            return None
        if not path.startswith("/") and self.folder is None:
            return None
        return Path(os.path.normpath((self.folder or Path("/")) / path))

    # -- words --------------------------------------------------------------------------------

    def _fields(self, word: Word) -> list[str]:
        """The words that a shell makes of one word of the text."""
        fields, current, exists = list[str](), "", False
        for part in word.parts:
            if part.kind == "literal":
                current, exists = current + part.text, True
                continue
            several = self._array(part.text)
            if several is not None:
                if several:
                    fields += [current + several[0], *several[1:-1]]
                    current = several[-1] if len(several) > 1 else fields.pop()
                    exists = True
                continue
            value = self._value(part.text)
            if part.kind == "quoted":
                current, exists = current + value, True
                continue
            pieces = split_fields(value)
            if not pieces:
                continue
            if value[:1].isspace() and exists:
                fields, current = [*fields, current], ""
            fields += [current + piece for piece in pieces[:1]]
            fields += pieces[1:]
            current, exists = fields.pop(), True
            if value[-1:].isspace():
                fields, current, exists = [*fields, current], "", False
        return [*fields, current] if exists else fields

    def _text(self, word: Word) -> str:
        """A word's text, not split: what an assignment takes."""
        return "".join(
            part.text if part.kind == "literal" else self._value(part.text) for part in word.parts
        )

    def _value(self, shown: str) -> str:
        if shown.startswith("`"):
            return printed(shown, shown.strip("`"), self.scope)
        if shown == "~":
            return unknown("~", "~ is the home folder of whoever runs it")
        if shown in ("$PWD", "${PWD}") and self.folder is not None:
            return str(self.folder)
        return expand(shown, self.scope)

    def _array(self, shown: str) -> list[str] | None:
        """The elements of ``${NAME[@]}``; None for anything else."""
        match = re.fullmatch(r"\$\{(\w+)\[[@*]\]\}|\$([@*])", shown)
        if match is None or (match[2] and "@" not in self.scope.arrays):
            return None
        if match[2]:
            return self.scope.arrays["@"]
        found = self.scope.arrays.get(match[1])
        reason = f"{match[1]} is not set{self.scope.where}"
        return found if found is not None else [unknown(shown, reason)]

    def _prints(self, text: str) -> str | None:
        """What some commands print that scripts use to find their own folder."""
        if self.nested >= _MOST_NESTED:
            return None
        inner = Script(Scope(dict(self.scope.values), dict(self.scope.arrays)), self.folder)
        inner.nested = self.nested + 1
        try:
            last = list(inner.commands(text))[-1:]
        finally:
            self.scope.prints = self._prints
        if not last:
            return None
        words = [word for word in last[0].words if word != "--"]
        if words == ["pwd"] or words == ["pwd", "-P"]:
            return str(inner.folder) if inner.folder is not None else None
        if not is_known(words[-1]) or len(words) < 2:
            return None
        if words[0] == "dirname":
            return os.path.dirname(words[-1]) or "."
        if words[0] in ("readlink", "realpath"):
            return os.path.normpath(words[-1]) if words[-1].startswith("/") else None
        return " ".join(words[1:]) if words[0] == "echo" else None


def _tested_empty(words: list[Word]) -> str:
    """The variable of ``[ -z "$A" ]``; empty for any other command."""
    said = "".join(f" {''.join(part.text for part in word.parts)}" for word in words)
    match = re.fullmatch(r" (?:\[\[?|test) -z \$\{?(\w+)(?::?-)?\}?(?: \]\]?)?", said)
    return match[1] if match else ""


def _simple(text: str) -> Iterator[tuple[str, int, list[Word]]]:
    """Simple commands, each with the operator before it and its line."""
    before, words, line = "", list[Word](), 0
    for token in tokens(text):
        if isinstance(token, Token):
            if words or token.text in ("&&", "||"):
                yield before, line, words
            before, words = token.text, []
        else:
            line = line if words else token.line
            words.append(token)
    if words:
        yield before, line, words

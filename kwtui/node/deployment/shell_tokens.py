"""The text of a shell script as words and operators; nothing is replaced yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kwtui.node.deployment.unknown import piece_end
from kwtui.node.deployment.variables import end_of_variable

_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;|()\n]|&(?!>)")
_REDIRECT = re.compile(r"(?:\d+|&)?(?:<<-?|<<<|>>|>\||[<>]&?)(?!\()")
_HEREDOC = re.compile(r"\d*<<(?P<tabs>-?)(?!<)")
_FUNCTION = re.compile(r"[A-Za-z_][\w-]*\s*\(\s*\)")
_ENDS_WORD = re.compile(r"[\s;|&()<>]")


@dataclass(frozen=True)
class Token:
    """What stands between commands: ``;``, ``&&``, ``|``, a bracket, the end of a line."""

    text: str


@dataclass(frozen=True)
class Part:
    kind: Literal["literal", "quoted", "bare"]
    """``quoted`` and ``bare`` are variables; a shell splits the value of a bare one."""
    text: str


@dataclass(frozen=True)
class Word:
    parts: tuple[Part, ...]
    line: int
    elements: tuple[Word, ...] | None = None
    """Of ``name=(…)``."""

    @property
    def plain(self) -> str:
        """What it begins with up to its first variable."""
        first = self.parts[0] if self.parts else None
        return first.text if first is not None and first.kind == "literal" else ""

    def after(self, count: int) -> Word:
        """The word without its first characters, which are literal."""
        first, rest = self.parts[0], self.parts[1:]
        text = first.text[count:]
        # A tilde after the sign of an assignment is replaced, too.
        if text == "~" or text.startswith("~/"):
            rest, text = (Part("literal", text[1:]), *rest), ""
            return Word((Part("quoted", "~"), *rest), self.line)
        return Word((Part("literal", text), *rest), self.line)


def tokens(text: str) -> Iterator[Token | Word]:
    """Words and operators in order. A quote that does not close ends with the text."""
    return _Reader(text.replace("\r\n", "\n")).tokens()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.heredocs: list[tuple[str, bool]] = []

    def tokens(self) -> Iterator[Token | Word]:
        text = self.text
        while self.at < len(text):
            here = text[self.at]
            if here in " \t" or text.startswith("\\\n", self.at):
                self._step(1 if here in " \t" else 2)
            elif here == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            elif function := _FUNCTION.match(text, self.at):
                self._step(function.end() - self.at)
                yield Token(";")
            elif redirect := _REDIRECT.match(text, self.at):
                self._redirection(redirect)
            elif operator := _OPERATOR.match(text, self.at):
                self._step(len(operator[0]))
                if operator[0] == "\n":
                    self._skip_heredocs()
                yield Token(operator[0])
            else:
                yield self._word()

    def _step(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def _redirection(self, match: re.Match[str]) -> None:
        heredoc = _HEREDOC.fullmatch(match[0])
        self._step(match.end() - self.at)
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        if self.at < len(self.text) and not _ENDS_WORD.match(self.text, self.at):
            target = self._word()
            if heredoc:
                end = "".join(part.text for part in target.parts)
                self.heredocs.append((end, bool(heredoc["tabs"])))

    def _skip_heredocs(self) -> None:
        """Text that is handed to a command is no part of the script."""
        for end, tabs in self.heredocs:
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.at : stop]
                self._step(stop + 1 - self.at)
                if (line.lstrip("\t") if tabs else line) == end:
                    break
        self.heredocs.clear()

    # -- words --------------------------------------------------------------------------------

    def _word(self) -> Word:
        line = self.line
        parts = _Parts()
        if self.text[self.at] == "~" and re.match(r"~(?:[/\s]|\Z)", self.text[self.at :][:2]):
            parts.variable("quoted", "~")
            self.at += 1
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == "(" and parts.assigns:
                return Word(parts.done(), line, self._elements())
            if _ENDS_WORD.match(here):
                break
            self._piece(here, parts)
        return Word(parts.done(), line)

    def _piece(self, here: str, parts: _Parts) -> None:
        text, at = self.text, self.at
        if end := piece_end(text, at):
            parts.literal(text[at:end])
            self._step(end - at)
        elif here == "\\":
            parts.literal("" if text[at + 1 : at + 2] == "\n" else text[at + 1 : at + 2])
            self._step(2)
        elif here == "'" or text.startswith("$'", at):
            begin = at + (1 if here == "'" else 2)
            end = text.find("'", begin)
            end = len(text) if end < 0 else end
            parts.literal(text[begin:end])
            self._step(end + 1 - at)
        elif here == '"':
            self._step(1)
            self._double(parts)
        elif here in "$`":
            parts.variable("bare", self._variable())
        else:
            parts.literal(here)
            self._step(1)

    def _double(self, parts: _Parts) -> None:
        parts.literal("")
        while self.at < len(self.text):
            here = self.text[self.at]
            following = self.text[self.at + 1 : self.at + 2]
            if here == '"':
                self._step(1)
                return
            if here == "\\" and following in '"\\$`\n':
                parts.literal("" if following == "\n" else following)
                self._step(2)
            elif here in "$`":
                parts.variable("quoted", self._variable())
            elif end := piece_end(self.text, self.at):
                parts.literal(self.text[self.at : end])
                self._step(end - self.at)
            else:
                parts.literal(here)
                self._step(1)

    def _variable(self) -> str:
        at = self.at
        if self.text[at] == "`":
            end = self.text.find("`", at + 1)
            end = len(self.text) if end < 0 else end + 1
        else:
            end = end_of_variable(self.text, at)
        self._step(end - at)
        return self.text[at:end]

    def _elements(self) -> tuple[Word, ...]:
        """What stands between the brackets of an array."""
        self._step(1)
        found = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at].isspace() or self.text.startswith("\\\n", self.at):
                self._step(1)
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif _ENDS_WORD.match(self.text, self.at):
                self._step(1)
            else:
                found.append(self._word())
        self._step(1)
        return tuple(found)


class _Parts:
    """The parts of a word while it is read."""

    def __init__(self) -> None:
        self._parts: list[Part] = []

    @property
    def assigns(self) -> bool:
        """Whether it is ``name=`` so far."""
        return len(self._parts) == 1 and bool(re.fullmatch(r"\w+\+?=", self._parts[0].text))

    def literal(self, text: str) -> None:
        if self._parts and self._parts[-1].kind == "literal":
            text = self._parts.pop().text + text
        self._parts.append(Part("literal", text))

    def variable(self, kind: Literal["quoted", "bare"], text: str) -> None:
        self._parts.append(Part(kind, text))

    def done(self) -> tuple[Part, ...]:
        return tuple(self._parts)

"""The part of YAML that compose files are written in.

A whole YAML parser would be one more distribution in the core for a file of thirty lines, and would
bring tags and aliases, which a hostile file can turn into gigabytes. This one knows mappings,
lists, quoted, plain and block text, and flow lists; anything else (anchors, aliases, tags, merge
keys, tabs as indentation) it refuses by name, so that nothing is read in another way than docker
reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Value = str | list["Value"] | dict[str, "Value"] | None

_MOST_LINES = 20_000
_DEEPEST = 40
_LONGEST = 10_000
"""Characters of a line, and of a value that goes on over lines."""
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'\[{&*!|>%@`,-][^#:]*?|-[^\s#:][^#:]*?)\s*:(?=\s|\Z)"""
)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\s*(?:#.*)?\Z")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "/": "/", " ": " "}


class NotUnderstood(Exception):
    """The text names the line and what stands there."""


@dataclass
class _Line:
    number: int
    indent: int
    text: str


def parse(text: str) -> Value:
    """The document as plain data; every scalar is a string. Raises NotUnderstood."""
    raw = text.splitlines()
    if len(raw) > _MOST_LINES:
        raise NotUnderstood(f"more than {_MOST_LINES} lines")
    if any(len(line) > _LONGEST for line in raw):
        raise NotUnderstood(f"a line of more than {_LONGEST} characters")
    return _Parser(raw).document()


class _Parser:
    def __init__(self, raw: list[str]) -> None:
        self.raw = raw
        self.at = 0

    def document(self) -> Value:
        line = self.peek()
        if line is not None and re.fullmatch(r"---(?:\s+#.*)?", line.text):
            self.at += 1
            line = self.peek()
        value = self.block(line.indent, 0) if line is not None else None
        rest = self.peek()
        if rest is not None and rest.text != "...":
            raise _wrong(rest, "does not fit the lines before it")
        return value

    def peek(self) -> _Line | None:
        """The next line that is neither empty nor a comment."""
        while self.at < len(self.raw):
            full = self.raw[self.at]
            text = full.strip()
            if text and not text.startswith("#"):
                indent = len(full) - len(full.lstrip(" "))
                line = _Line(self.at + 1, indent, text)
                if full[indent] == "\t":
                    raise _wrong(line, "is indented with a tab")
                return line
            self.at += 1
        return None

    def block(self, indent: int, depth: int) -> Value:
        line = self.peek()
        if line is None:
            return None
        if depth > _DEEPEST:
            raise _wrong(line, "is nested too deeply")
        if line.text == "-" or line.text.startswith("- "):
            return self.sequence(indent, depth)
        if _KEY.match(line.text):
            return self.mapping(indent, depth)
        self.at += 1
        return self.scalar(line, line.text, indent - 1, depth)

    def sequence(self, indent: int, depth: int) -> list[Value]:
        items: list[Value] = []
        while (line := self.peek()) is not None and line.indent == indent:
            if not (line.text == "-" or line.text.startswith("- ")):
                break
            rest = line.text[1:].lstrip()
            if not rest or rest.startswith("#"):
                self.at += 1
                items.append(self.nested(indent, depth))
            elif _KEY.match(rest) or rest.startswith("- "):
                # The item is a mapping or list that begins on the same line as its dash.
                inner = indent + len(line.text) - len(rest)
                self.raw[self.at] = " " * inner + rest
                items.append(self.block(inner, depth + 1))
            else:
                self.at += 1
                items.append(self.scalar(line, rest, indent, depth))
        return items

    def mapping(self, indent: int, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while (line := self.peek()) is not None and line.indent == indent:
            match = _KEY.match(line.text)
            if match is None:
                break
            key = _unquoted(line, match["key"])
            if key == "<<" or key in found:
                raise _wrong(line, "merges another mapping" if key == "<<" else "names a key twice")
            rest = line.text[match.end() :].strip()
            self.at += 1
            if rest and not rest.startswith("#"):
                found[key] = self.scalar(line, rest, indent, depth)
            else:
                found[key] = self.nested(indent, depth, same_indent_list=True)
        return found

    def nested(self, indent: int, depth: int, *, same_indent_list: bool = False) -> Value:
        line = self.peek()
        if line is None:
            return None
        is_list = line.text == "-" or line.text.startswith("- ")
        if line.indent > indent or (same_indent_list and is_list and line.indent == indent):
            return self.block(line.indent, depth + 1)
        return None

    def scalar(self, line: _Line, text: str, indent: int, depth: int) -> Value:
        if text[0] in "&*!%@`":
            raise _wrong(line, f"uses {text.split()[0]!r}, which is not read here")
        if _BLOCK.match(text):
            return self.block_text(text, indent)
        if text[0] in "\"'":
            return _unquoted(line, self.until_closed(line, text, _closes_quote))
        if text[0] in "[{":
            return _Flow(line, self.until_closed(line, text, _closes_brackets)).value()
        parts = [_without_comment(text)]
        while (more := self.peek()) is not None and more.indent > indent:
            if _KEY.match(more.text) and ": " not in parts[0]:
                raise _wrong(more, "does not fit the line before it")
            parts.append(_without_comment(more.text))
            self.at += 1
        return " ".join(parts)

    def block_text(self, head: str, indent: int) -> str:
        lines: list[str] = []
        inner = -1
        while self.at < len(self.raw):
            full = self.raw[self.at]
            own = len(full) - len(full.lstrip(" "))
            if full.strip():
                if own <= indent:
                    break
                inner = own if inner < 0 else inner
                if own < inner:
                    break
            lines.append(full[inner:] if inner > 0 else "")
            self.at += 1
        folded = head.startswith(">")
        return (" " if folded else "\n").join(lines).strip("\n") + ("" if "-" in head else "\n")

    def until_closed(self, line: _Line, text: str, closes: Callable[[str], bool]) -> str:
        """Text that goes on over several lines until its quote or bracket closes."""
        while not closes(text):
            if self.at >= len(self.raw) or len(text) > _LONGEST:
                raise _wrong(line, "has a quote or bracket that does not close")
            text += " " + self.raw[self.at].strip()
            self.at += 1
        return text


def _wrong(line: _Line, what: str) -> NotUnderstood:
    return NotUnderstood(f"line {line.number} {what}")


def _without_comment(text: str) -> str:
    return re.split(r"\s#", text, maxsplit=1)[0].rstrip()


_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")


def _closes_quote(text: str) -> bool:
    match = _QUOTED.match(text)
    return match is not None and not text[match.end() :].split("#")[0].strip()


def _closes_brackets(text: str) -> bool:
    bare = _QUOTED.sub("", text)
    return bare.count("[") + bare.count("{") <= bare.count("]") + bare.count("}")


def _unquoted(line: _Line, text: str) -> str:
    match = _QUOTED.match(text)
    if match is None:
        return text.strip()
    inner = match[0][1:-1]
    if text[0] == "'":
        return inner.replace("''", "'")
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), inner)


class _Flow:
    """``[a, "b"]`` and ``{a: b}`` on one line."""

    def __init__(self, line: _Line, text: str) -> None:
        self.line = line
        self.pieces = re.findall(
            r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\[\]{},]|:(?=\s)|[^\s\[\]{},"'][^\[\]{},]*?(?=\s*(?:[\[\]{},]|:\s|\s#|\Z))""",
            text,
        )
        self.at = 0

    def value(self, depth: int = 0) -> Value:
        if depth > _DEEPEST:
            raise _wrong(self.line, "is nested too deeply")
        piece = self.take()
        if piece == "[":
            return self.items(depth)
        if piece == "{":
            return self.pairs(depth)
        if piece in "]},:" or piece[0] in "&*!":
            raise _wrong(self.line, f"has {piece!r} where a value is expected")
        return _unquoted(self.line, piece)

    def items(self, depth: int) -> list[Value]:
        found: list[Value] = []
        while not self.ends("]"):
            found.append(self.value(depth + 1))
            self.comma("]")
        return found

    def pairs(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while not self.ends("}"):
            key = self.value(depth + 1)
            if self.take() != ":" or not isinstance(key, str):
                raise _wrong(self.line, "has a mapping that is not understood")
            found[key] = self.value(depth + 1)
            self.comma("}")
        return found

    def take(self) -> str:
        if self.at >= len(self.pieces):
            raise _wrong(self.line, "ends too early")
        self.at += 1
        return str(self.pieces[self.at - 1])

    def ends(self, close: str) -> bool:
        if self.at < len(self.pieces) and self.pieces[self.at] == close:
            self.at += 1
            return True
        return False

    def comma(self, close: str) -> None:
        if self.at < len(self.pieces) and self.pieces[self.at] == close:
            return
        if self.take() != ",":
            raise _wrong(self.line, "lacks a comma")

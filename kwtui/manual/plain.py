"""Markdown as plain text for a terminal or a pipe.

Reads what the pages of the manual are written in, and no more: headings, paragraphs, lists, tables,
fenced blocks, and in a line emphasis, code and links.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

_CODE = re.compile(r"(`[^`]+`)")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_ITEM = re.compile(r"(\s*)([-*]|\d+\.) +")
_FENCE = re.compile(r"\s*```")
_GAP = "  "
_NARROWEST = 8


def plain_lines(markdown: str, width: int) -> list[str]:
    """The page in at most ``width`` columns; fenced blocks and long words may be wider."""
    lines: list[str] = []
    for block in _blocks(markdown):
        if lines:
            lines.append("")
        lines += _block_lines(block, width)
    return lines


def inline(text: str) -> str:
    """A line without its marks: ``**bold**``, code and links become the words that they hold."""
    return "".join(
        part[1:-1] if part.startswith("`") and len(part) > 2 else _unmarked(part)
        for part in _CODE.split(text)
    )


def _unmarked(text: str) -> str:
    return _LINK.sub(_link_words, text.replace("**", ""))


def _link_words(link: re.Match[str]) -> str:
    words, target = link[1], link[2]
    topic = target.removesuffix(".md")
    if topic == target:
        return words if words == target else f"{words} ({target})"
    return f"{words} (kwtui manual {topic})"


def _blocks(markdown: str) -> Iterator[list[str]]:
    """Runs of lines between empty ones; fenced blocks whole; a list item begins a block anew."""
    block: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if _FENCE.match(line):
            if not fenced and block:
                yield block
                block = []
            block.append(line)
            if fenced:
                yield block
                block = []
            fenced = not fenced
        elif fenced or (line.strip() and not line.startswith("<!--")):
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _block_lines(block: Sequence[str], width: int) -> list[str]:
    first = block[0]
    if _FENCE.match(first):
        return [
            f"    {line}".rstrip() for line in textwrap.dedent("\n".join(block[1:-1])).split("\n")
        ]
    if first.startswith("#"):
        return _heading(first)
    if first.startswith("|"):
        return table_lines([_cells(line) for line in block if not _is_rule(line)], width)
    if _ITEM.match(first):
        return _list(block, width)
    indent = " " * (len(first) - len(first.lstrip()))
    return _wrapped(" ".join(line.strip() for line in block), width, indent, indent)


def _heading(line: str) -> list[str]:
    marks, _, words = line.partition(" ")
    text = inline(words)
    under = {1: "=", 2: "-"}.get(len(marks))
    return [text, under * len(text)] if under else [text]


def _list(block: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    item = ""
    indent = mark = ""
    for line in [*block, "- "]:
        found = _ITEM.match(line)
        if found is None:
            item += f" {line.strip()}"
            continue
        if item:
            lines += _wrapped(item, width, f"{indent}{mark} ", indent + " " * (len(mark) + 1))
        indent, mark, item = found[1], found[2], line[found.end() :].strip()
    return lines


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        inline(text),
        max(width, 20),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


# -- tables -----------------------------------------------------------------------------------


def _cells(line: str) -> list[str]:
    """The cells of a row; ``\\|`` is no border."""
    cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
    return [inline(cell.strip().replace("\\|", "|")) for cell in cells]


def _is_rule(line: str) -> bool:
    return "-" in line and not line.strip("|-: ")


def table_lines(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Rows as aligned columns; the widest column gives way until all of them fit."""
    widths = column_widths(rows, width)
    headed = any(rows[0])
    lines: list[str] = []
    for row in rows if headed else rows[1:]:
        lines += _row_lines(row, widths)
        if headed and row is rows[0]:
            lines.append(_GAP.join("-" * each for each in widths))
    return lines


def column_widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is so that a row has at most ``width`` columns, if that can be."""
    widths = [max(1, *(len(cell) for cell in column)) for column in zip(*rows, strict=True)]
    spare = width - len(_GAP) * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row_lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    cells = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
        for cell, width in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, cells))):
        parts = (
            (cell[number] if number < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        )
        yield _GAP.join(parts).rstrip()

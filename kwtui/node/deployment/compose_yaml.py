"""Compose files as plain data, read with PyYAML and without trusting what is in them.

Every scalar stays the text that it is: ports such as ``26257:26257`` are numbers to base 60 in
YAML 1.1, and ``no`` is a truth value, but Compose takes both for text. Anchors, aliases and merge
keys mean what they mean to Compose. What could grow without end is counted before it is built:
nesting, values, and what aliases repeat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

Value = str | list["Value"] | dict[str, "Value"] | None
Mapped = dict[str, Value]

LARGEST = 256 << 10
"""Bytes; a compose file has some thousand."""
_DEEPEST = 40
_MOST_VALUES = 20_000
"""With everything counted as often as aliases repeat it."""
_STANDARD = "tag:yaml.org,2002:"
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATES = {0xDC80 + n: 0xF780 + n for n in range(128)}
"""Bytes that are no UTF-8 would stop PyYAML: meanwhile they are characters of no meaning."""


class NotUnderstood(Exception):
    """The text names the line and what stands there."""


class Replaced(list[Value]):
    """A list that a later file puts in place of an earlier one's: Compose's ``!override``."""


def parse(text: str) -> Value:
    """The document as plain data; every scalar is a string. Raises NotUnderstood."""
    if len(text) > LARGEST:
        raise NotUnderstood(f"it is longer than {LARGEST >> 10} KiB")
    readable = text.translate(_SURROGATES)
    try:
        _count(readable)
        node = yaml.compose(readable, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise NotUnderstood(_said(error)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise NotUnderstood(" ".join(str(error).split())[:200]) from None
    return _value(node) if node is not None else None


def list_of(value: Value) -> list[Value]:
    """The list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def _said(error: yaml.MarkedYAMLError) -> str:
    words = ", ".join(part for part in (error.context, error.problem) if part)
    mark = error.problem_mark or error.context_mark
    return f"line {mark.line + 1}: {words}" if mark is not None else words


# -- guards -----------------------------------------------------------------------------------


def _count(text: str) -> None:
    """Refuse what would be too deep or too much, before anything is built of it."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((anchor, total))
            total += 1
            if len(open_nodes) > _DEEPEST:
                raise NotUnderstood(f"line {line} is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            name, before = open_nodes.pop()
            if name:
                sizes[name] = total - before
        elif isinstance(event, yaml.AliasEvent):
            if any(name == anchor for name, _ in open_nodes):
                raise NotUnderstood(f"line {line}: *{anchor} is a part of itself")
            total += sizes.get(str(anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if anchor:
                sizes[anchor] = 1
        if total > _MOST_VALUES:
            raise NotUnderstood(f"line {line}: more than {_MOST_VALUES:,} values, aliases included")


# -- nodes as data ----------------------------------------------------------------------------


def _value(node: yaml.Node) -> Value:
    if not node.tag.startswith(_STANDARD) or ":python" in node.tag:
        return _of_own_tag(node)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if node.tag == f"{_STANDARD}null":
        return None
    return str(node.value).translate({there: here for here, there in _SURROGATES.items()})


def _of_own_tag(node: yaml.Node) -> Value:
    """Compose has two tags of its own, for files that are merged."""
    if node.tag == "!reset":
        return None
    if node.tag == "!override" and isinstance(node, yaml.SequenceNode):
        return Replaced(_value(item) for item in node.value)
    if node.tag == "!override" and isinstance(node, yaml.MappingNode):
        return dict(_pairs(node))
    tag = node.tag.replace(_STANDARD, "!!")
    raise NotUnderstood(f"line {node.start_mark.line + 1} has the tag {tag}, which is not read")


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, Value]]:
    """Keys with values: what ``<<`` merges first, so that the mapping's own keys win."""
    own: dict[str, yaml.Node] = {}
    merged: list[yaml.Node] = []
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise NotUnderstood(f"line {line} has a key that is no text")
        if key.tag == f"{_STANDARD}merge":
            merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
        elif key.value in own:
            raise NotUnderstood(f"line {line} has the key {_short(key.value)} twice")
        else:
            own[key.value] = value
    # Of several mappings that are merged, the first one that has a key gives it.
    for each in reversed(merged):
        if not isinstance(each, yaml.MappingNode):
            raise NotUnderstood(
                f"line {each.start_mark.line + 1} merges a value that is not a mapping"
            )
        yield from _pairs(each)
    for name, value in own.items():
        yield name, _value(value)


def _short(key: str) -> str:
    return repr(re.sub(r"\s+", " ", key)[:60])

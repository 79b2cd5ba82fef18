"""JSONB as the node prints it: keys sorted, a space after comma and colon (recordings 02, 16)."""

from __future__ import annotations

import json
from typing import Any

from kwtui.sandbox.answer import SqlError


class _Number(str):
    """A number in its own notation."""

    __slots__ = ()


def canonical_json(text: str) -> str:
    """The node's text of a JSON document. Raises SqlError (22P02) if it is none."""
    try:
        document = json.loads(
            text, parse_float=_Number, parse_int=_Number, parse_constant=_no_constant
        )
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        from kwtui.sandbox.values import unparsable

        raise unparsable(text, "json", "unable to decode JSON") from error
    return json_text(document)


def _no_constant(name: str) -> Any:
    raise SqlError(f"invalid JSON token {name}", "22P02")


def json_text(document: Any) -> str:
    """The node's text of a document made of plain Python values."""
    if isinstance(document, dict):
        pairs = (f"{_string(k)}: {json_text(document[k])}" for k in sorted(document))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(document, list):
        return "[" + ", ".join(map(json_text, document)) + "]"
    if isinstance(document, _Number):
        return str(document)
    if isinstance(document, str):
        return _string(document)
    return json.dumps(document)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

"""The catalogue as one JSON document, so that it commits together with the rows it describes."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import StrEnum
from typing import Any

from kwtui.sandbox.catalog.objects import Catalog


def to_json(catalog: Catalog) -> str:
    """The document of a catalogue."""
    return json.dumps(_plain(catalog), ensure_ascii=False, separators=(",", ":"))


def from_json(document: str) -> Catalog:
    """The catalogue in a document. Fields that a newer version added take their defaults."""
    catalog = _build(Catalog, json.loads(document))
    assert isinstance(catalog, Catalog)  # noqa: S101  # for the type checker
    return catalog


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _build(kind: Any, value: Any) -> Any:
    """Makes ``value``, plain JSON, into what the annotation ``kind`` asks for."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        kind = next(a for a in typing.get_args(kind) if a is not type(None))
        return _build(kind, value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        known = {f.name for f in dataclasses.fields(kind)}
        return kind(**{k: _build(hints[k], v) for k, v in value.items() if k in known})
    arguments = typing.get_args(kind)
    if origin is dict:
        return {_build(arguments[0], k): _build(arguments[1], v) for k, v in value.items()}
    if origin is list:
        return [_build(arguments[0], item) for item in value]
    if origin is set:
        return {_build(arguments[0], item) for item in value}
    if origin is tuple:
        each = arguments[0] if arguments[-1] is Ellipsis else None
        return tuple(_build(each or a, v) for a, v in _paired(arguments, value))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return int(value) if kind is int else value


def _paired(arguments: tuple[Any, ...], values: list[Any]) -> list[tuple[Any, Any]]:
    if arguments[-1] is Ellipsis:
        return [(arguments[0], value) for value in values]
    return list(zip(arguments, values, strict=True))

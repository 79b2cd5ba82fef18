"""JSON of what may hold names that are no text, and JSON that somebody else wrote. No I/O."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec

from kwtui.text import escaped_json

_Decoded = TypeVar("_Decoded")


def encode(value: Any, *, enc_hook: Callable[[Any], Any] | None = None) -> bytes:
    """``value`` as JSON on one line; ``enc_hook`` turns what msgspec does not know.

    Bytes of a name that are no UTF-8 (surrogates, as `os.fsdecode` gives them) cannot stand in JSON
    and become ``‹ff›``, as on the screen. What a terminal would obey or hide is escaped: such files
    are looked at with ``cat``.
    """
    hook = partial(_plain, enc_hook)
    try:
        data = msgspec.json.encode(value, enc_hook=hook)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_as_text(msgspec.to_builtins(value, enc_hook=hook)))
    return _escaped(data)


def _plain(enc_hook: Callable[[Any], Any] | None, value: Any) -> Any:
    """msgspec knows `str` alone, and not what is made of it (`kwtui.errors.Lines`)."""
    if isinstance(value, str):
        return str(value)
    if enc_hook is None:
        raise NotImplementedError(f"{type(value).__name__} is nothing that JSON has")
    return enc_hook(value)


def encode_file(value: Any) -> bytes:
    """``value`` as JSON with line ends and indents, for a file that programs and people read.

    Escaped as by `encode`. Raises UnicodeEncodeError for what is no text: nothing is changed.
    """
    data = msgspec.json.encode(value, enc_hook=partial(_plain, None))
    return msgspec.json.format(_escaped(data), indent=1) + b"\n"


def _escaped(data: bytes) -> bytes:
    if data.isascii() and b"\x7f" not in data:
        return data
    return escaped_json(data.decode()).encode()


def decode(data: bytes, kind: type[_Decoded]) -> _Decoded:
    """The value that JSON text tells. Raises `msgspec.DecodeError`, whatever the bytes are."""
    try:
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from error


def decode_once(data: bytes, kind: type[_Decoded]) -> _Decoded:
    """As `decode`, of a file that others may have written: a name that stands twice in one object
    is refused too, where `decode` would take the last in silence, and a number without end."""
    found = decode(data, kind)
    try:
        _ONCE.decode(data.decode())
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deeply") from error
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from error
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            raise ValueError(f"the field {name!r} occurs twice in one object")
        seen.add(name)


def _bounded(number: str) -> None:
    if len(number) > _DIGITS or not math.isfinite(float(number)):
        raise ValueError(f"the number {number[:20]}... is out of range")


_DIGITS = 400
"""Of a number: the largest that the machine adds up has 309."""
_ONCE = json.JSONDecoder(object_pairs_hook=_each_once, parse_int=_bounded, parse_float=_bounded)
"""Keeps nothing of what it reads."""


def parse(text: str | bytes) -> Any:
    """What JSON text tells, of whatever kinds. Raises ValueError, whatever the text is."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _as_text(value: Any) -> Any:
    match value:
        case str():
            return "".join(map(_mark, value))
        case dict():
            return {_as_text(key): _as_text(item) for key, item in value.items()}
        case list() | tuple():
            return [_as_text(item) for item in value]
        case _:
            return value


def _mark(character: str) -> str:
    code = ord(character)
    if not 0xD800 <= code <= 0xDFFF:
        return character
    return f"‹{code - 0xDC00:02x}›" if 0xDC80 <= code <= 0xDCFF else f"‹U+{code:04X}›"

"""TOML files that belong to a person: read strictly, replaced by rename, private.

A file that cannot be understood is reported and never overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, replace_file
from kwtui.files.foreign.grounds import claim

FORMAT = 1


def read_toml(path: Path) -> dict[str, Any]:
    """The document; empty if there is no file. Raises `unusable`."""
    return parse_toml(read_toml_text(path), path)


def read_toml_text(path: Path) -> str:
    """The file's text; empty if there is no file. Raises `unusable`."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise unusable(path, f"it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise unusable(path, "it is not UTF-8 text") from error


def parse_toml(text: str, path: Path) -> dict[str, Any]:
    """The document of a text; ``path`` is named in errors. Raises `unusable`."""
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise unusable(path, str(error)) from error
    except RecursionError as error:
        raise unusable(path, "it is nested too deeply") from error


def check_format(document: Mapping[str, Any], path: Path) -> None:
    """Raises `unusable` for a file of a newer kwtui."""
    version = document.get("format", FORMAT)
    if version != FORMAT:
        raise unusable(
            path,
            f"it has format {version!r}, and this kwtui knows format {FORMAT}",
            hint="A newer kwtui wrote it. Use that one, or move the file away.",
        )


def typed_values(
    kind: type[Any],
    table: Mapping[str, Any],
    path: Path,
    where: str,
    skip: set[str] | None = None,
    choices: Mapping[str, type[StrEnum]] | None = None,
) -> dict[str, Any]:
    """The values of a dataclass's fields, checked by their annotations.

    ``choices`` are the enumerations that annotations name. Raises `unusable`.
    """
    known = {f.name: str(f.type) for f in fields(kind) if f.name not in (skip or set())}
    refuse_unknown(table, set(known), path, where)
    return {
        key: _typed(key, value, known[key], path, where, choices or {})
        for key, value in table.items()
    }


def _typed(
    key: str,
    value: object,
    annotation: str,
    path: Path,
    where: str,
    choices: Mapping[str, type[StrEnum]],
) -> object:
    base = annotation.removesuffix(" | None")
    if base in choices:
        allowed = [member.value for member in choices[base]]
        if value in allowed:
            return choices[base](value)
        words = f"one of {', '.join(allowed)}"
        raise unusable(path, f"{where}: {key} must be {words}, not {toml_value(value)}")
    expected = {"str": str, "int": int, "bool": bool}[base]
    if type(value) is not expected:
        words = {"str": "text in quotes", "int": "a whole number", "bool": "true or false"}[base]
        raise unusable(path, f"{where}: {key} must be {words}, not {toml_value(value)}")
    return value


def refuse_unknown(table: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    """Raises `unusable` for a key that nobody reads, naming the nearest that is."""
    for key in table:
        if key not in known:
            hint = nearest(key, sorted(known)) or f"Known keys: {', '.join(sorted(known))}."
            raise unusable(path, f"the key {key!r} {where} is not known", hint=hint)


def nearest(word: str, known: list[str]) -> str:
    """A question that names the nearest known word; empty if none is near."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def toml_value(value: object) -> str:
    """A value as messages show it: ``true`` as it is spelled in the file."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def unusable(path: Path, problem: str, *, hint: str = "") -> KwtuiError:
    """The error (USAGE) for a file that cannot be understood.

    ``problem`` begins with the place, and never with a key: a sentence begins with a capital, and a
    key is spelled as in the file.
    """
    return KwtuiError(
        f"The file {path} cannot be used.",
        cause=problem[:1].upper() + problem[1:] + ("" if problem.endswith(".") else "."),
        hint=hint or "Correct the file, or move it away; kwtui leaves it as it is.",
        exit_code=ExitCode.USAGE,
    )


def has_control(text: str) -> bool:
    return any(ord(char) < 32 or ord(char) == 127 for char in text)


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; the old content stays if anything fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        # A link, as people keep for their dotfiles, stays one: its target is replaced.
        target = path.resolve()
        claim(target.parent, own=True)
        replace_file(target, text.encode(), mode=PRIVATE_FILE)
    except OSError as error:
        raise KwtuiError(
            f"The file {path} could not be written.",
            cause=f"{error.strerror or error}.",
            hint="Nothing was changed. Check the directory's permissions and free space.",
        ) from error

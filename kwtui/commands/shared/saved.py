"""Editing and removing what is saved under a name: servers, and targets of off-site copies."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Protocol

from kwtui.commands.shared.asking import typed_name
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import shell_joined


class Saved(Protocol):
    """The service that keeps them."""

    def edit(self) -> bool: ...

    def delete(self, name: str) -> None: ...

    def used_by(self, name: str) -> list[str]: ...


def edit_saved(
    saved: Saved, names: Callable[[], Iterable[str]]
) -> tuple[bool, dict[str, list[str]]]:
    """Whether the person changed the file, and what misses each entry that is gone from it."""
    before = _readable(names)
    changed = saved.edit()
    return changed, {name: saved.used_by(name) for name in sorted(before - _readable(names))}


def _readable(names: Callable[[], Iterable[str]]) -> set[str]:
    try:
        return set(names())
    except KwtuiError:
        # The editor is opened just to mend it.
        return set()


def tell_edited(output: Output, noun: str, changed: bool, missed: dict[str, list[str]]) -> None:
    output.line(f"The {noun}s {'were changed' if changed else 'are as they were'}.")
    for name, users in missed.items():
        output.line(f"The {noun} {name} was removed.")
        warn(output.line, users)


def remove_saved(
    saved: Saved, noun: str, name: str, args: argparse.Namespace, output: Output
) -> list[str]:
    """Remove it if its name was given, or is typed now; what misses it. Raises USAGE."""
    used_by = saved.used_by(name)
    if args.yes is None and output.is_terminal:
        warn(output.note, used_by)
        args.yes = typed_name(name)
    if args.yes != name:
        raise KwtuiError(
            f"The {noun} {name!r} was not removed.",
            cause=" ".join(map(sentence, used_by)),
            hint=f"To remove it: --yes {shell_joined([name])}",
            exit_code=ExitCode.USAGE,
        )
    saved.delete(name)
    return used_by


def warn(tell: Callable[[str], None], used_by: Iterable[str]) -> None:
    for words in used_by:
        tell(f"warning  {sentence(words)}")


def sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

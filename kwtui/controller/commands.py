"""The options of a command that name a server and its files, as a shell takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile
    from kwtui.server.connection.target import Target


def options_of(
    target: Target | None,
    extern: Path | None,
    profiles: Callable[[], Iterable[Profile]],
    *,
    other_extern: Path | None = None,
) -> list[str]:
    """A profile where there is one, otherwise the server's URL without a password; then folders.

    ``extern`` is where the files were found, by whomever; ``other_extern`` counts more.
    """
    if target is None:
        folder = other_extern or extern
        return ["--extern", str(folder)] if folder is not None else []
    if target.profile:
        saved = _saved(target.profile, profiles)
        if saved is not None:
            return ["--profile", target.profile, *_beside(target, saved, other_extern)]
    return ["--dsn", target.redacted, *_folders(target, extern, other_extern)]


def _saved(name: str, profiles: Callable[[], Iterable[Profile]]) -> Profile | None:
    """None as well where the file is broken by now: a command with its name would not work."""
    try:
        return next((profile for profile in profiles() if profile.name == name), None)
    except KwtuiError:
        return None


def _beside(target: Target, saved: Profile, other_extern: Path | None) -> Iterator[str]:
    """Folders that were given beside the profile."""
    if other_extern is not None:
        yield from ("--extern", str(other_extern))
    elif target.extern and target.extern != saved.extern:
        yield from ("--extern", target.extern)
    if target.store and target.store != saved.store:
        yield from ("--store", target.store)
    if target.logs and target.logs != saved.logs:
        yield from ("--logs", target.logs)


def _folders(target: Target, extern: Path | None, other_extern: Path | None) -> Iterator[str]:
    if other_extern is not None:
        yield from ("--extern", str(other_extern))
    elif extern is not None and (target.store is None or Path(target.store) != extern.parent):
        yield from ("--extern", str(extern))
    if target.store:
        yield from ("--store", target.store)
    in_store = target.store is not None and target.logs == f"{target.store}/logs"
    if target.logs and not in_store:
        yield from ("--logs", target.logs)

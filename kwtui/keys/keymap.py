"""Keys that a person chose instead of kwtui's own: ``keys.toml`` beside the profiles.

kwtui reads the file and never writes it. A file with a mistake changes no key at all: half a keymap
would surprise more than none.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kwtui.config.directories import config_dir
from kwtui.errors import KwtuiError
from kwtui.files.toml import check_format, read_toml, refuse_unknown, unusable
from kwtui.keys.action import Action
from kwtui.keys.actions import ACTIONS, BY_ID
from kwtui.keys.tables import SCOPE_TITLES
from kwtui.keys.writing import PUNCTUATION, written_key

FIXED = frozenset({"explain.check"})
"""Actions whose keys mean something by themselves: the letters that stand before the checks."""

MOVING = frozenset(
    ("up", "down", "left", "right", "j", "k", "g", "G", "home", "end", "pageup", "pagedown", "tab",
     "shift+tab")
)  # fmt: skip
"""Keys that lists, pages and fields need for themselves."""

TAKEN = frozenset(f"ctrl+{letter}" for letter in "hijmqsz")
"""What terminals send for other keys, or keep for themselves."""

_NAMES = frozenset(
    [
        *PUNCTUATION.values(),
        *(f"f{number}" for number in range(1, 25)),
        *("enter", "space", "escape", "backspace", "delete", "insert"),
    ]
)
_ALIASES = {"esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup"}
_ALIASES |= {"pgdn": "pagedown"}
_MODIFIERS = ("ctrl", "alt", "shift")


@dataclass(frozen=True)
class Keymap:
    """Other keys by the ids of their actions; empty: kwtui's own."""

    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def keys_of(self, action: Action) -> tuple[str, ...]:
        own = tuple(filter(None, action.keys.split(",")))
        return self.changed.get(action.id, own)

    def text_of(self, action: Action) -> str:
        """The action's keys as people write them."""
        keys = self.changed.get(action.id)
        return action.key_text if keys is None else " ".join(written_key(key) for key in keys)

    def for_textual(self) -> dict[str, str]:
        """As `textual.app.App.set_keymap` takes it."""
        return {action_id: ",".join(keys) for action_id, keys in self.changed.items()}


OWN_KEYS = Keymap()
"""kwtui's own keys, nothing changed."""


def keymap_path() -> Path:
    return config_dir() / "keys.toml"


def load_keymap(path: Path | None = None) -> Keymap:
    """The keymap of the file; kwtui's own where there is none.

    Raises KwtuiError (USAGE) that names every mistake: ids that no action has, keys that do not
    exist, keys that are needed for something else, and two actions of one screen with one key.
    """
    path = path or keymap_path()
    document = read_toml(path)
    refuse_unknown(document, {"format", "keys"}, path, "at the top")
    check_format(document, path)
    table = document.get("keys", {})
    if not isinstance(table, dict):
        raise unusable(path, '[keys] must be a table of lines such as "storage.verify" = "V"')
    changed: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for action_id, value in _flat(table):
        try:
            changed[action_id] = _keys(action_id, value)
        except ValueError as mistake:
            problems.append(str(mistake))
    keymap = Keymap(changed)
    problems += _clashes(keymap)
    if problems:
        raise _refused(path, problems)
    return keymap


def _refused(path: Path, problems: list[str]) -> KwtuiError:
    return unusable(
        path,
        " ".join(problems),
        hint="No key was changed. `kwtui keys` lists every id with its keys.",
    )


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Also ``storage.verify = "V"`` without quotes, which TOML reads as a table in a table."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{verb}", keys) for verb, keys in value.items())
        else:
            yield name, value


def _keys(action_id: str, value: object) -> tuple[str, ...]:
    """The keys for one action. Raises ValueError in words."""
    action = BY_ID.get(action_id)
    if action is None:
        near = difflib.get_close_matches(action_id, list(BY_ID), n=1)
        more = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"No action has the id {action_id!r}.{more}")
    if action_id in FIXED:
        raise ValueError(f"The key of {action_id} stays as it is: its letters stand on the page.")
    if not action.keys:
        raise ValueError(f"There is no key of {action_id} to change: the palette (:) has it.")
    keys = tuple(_key(action_id, word) for word in _words(value))
    return tuple(dict.fromkeys(keys))


def _words(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if value == "," else list(str(value).split(","))


def _key(action_id: str, word: object) -> str:
    """Textual's name of one key. Raises ValueError in words."""
    text = word.strip() if isinstance(word, str) else ""
    if not text:
        raise ValueError(f"A key for {action_id} is missing, such as V, F6 or ctrl+t.")
    key = _named(text)
    if key is None:
        raise ValueError(f"{text!r} for {action_id} is no key; keys are V, F6, space, ctrl+t.")
    if key in MOVING:
        raise ValueError(f"{text!r} for {action_id} is taken: it moves in lists and fields.")
    if key in TAKEN:
        raise ValueError(f"{text!r} for {action_id} cannot be told from other keys of a terminal.")
    return key


def _named(text: str) -> str | None:
    if len(text) == 1:
        return PUNCTUATION.get(text, text) if text.isprintable() else None
    *modifiers, name = text.lower().replace(" ", "").split("+")
    name = _ALIASES.get(name, name)
    if any(each not in _MODIFIERS for each in modifiers):
        return None
    if not modifiers and name not in _NAMES | MOVING:
        return None
    if modifiers and not (name in _NAMES | MOVING or (len(name) == 1 and name.isalnum())):
        return None
    return "+".join([*(each for each in _MODIFIERS if each in modifiers), name])


def _clashes(keymap: Keymap) -> Iterator[str]:
    """Keys that would mean two things on one screen, where one of the two was changed."""
    for scope in SCOPE_TITLES:
        owners: dict[str, Action] = {}
        here = [a for a in ACTIONS if a.scope in ("app", scope)]
        for action in here:
            for key in keymap.keys_of(action):
                other = owners.setdefault(key, action)
                told_before = scope != "app" and action.scope == other.scope == "app"
                if other is not action and not told_before:
                    yield (
                        f"Key {written_key(key)} would mean two things"
                        f" ({SCOPE_TITLES[scope]}): {other.id} and {action.id}."
                    )

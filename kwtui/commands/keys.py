"""kwtui keys: every action of the interface with its id and its keys."""

from __future__ import annotations

import argparse

from kwtui.commands.shared.output import Output, table
from kwtui.keys.actions import ACTIONS
from kwtui.keys.keymap import Keymap, keymap_path, load_keymap
from kwtui.keys.tables import SCOPE_TITLES


def keys(args: argparse.Namespace, output: Output) -> int:
    print_keys(output)
    return 0


def print_keys(output: Output) -> None:
    """Raises KwtuiError (USAGE) for a keys.toml that cannot be used."""
    keymap = load_keymap()
    if output.json:
        output.object("keys", {"file": str(keymap_path()), "keys": _objects(keymap)})
        return
    rows = [("ID", "KEY", "ACTION")]
    rows += [
        (action.id, keymap.text_of(action) + " *" * (action.id in keymap.changed), action.help)
        for scope in SCOPE_TITLES
        for action in ACTIONS
        if action.scope == scope
    ]
    for line in table(rows):
        output.line(line)
    if keymap.changed:
        output.note(f"* changed in {keymap_path()}")
    else:
        output.note(f"To change keys, write {keymap_path()}: see kwtui keys --help")


def _objects(keymap: Keymap) -> list[dict[str, object]]:
    return [
        {
            "id": action.id,
            "keys": list(keymap.keys_of(action)),
            "changed": action.id in keymap.changed,
            "screen": SCOPE_TITLES[action.scope],
            "title": action.title,
            "help": action.help,
        }
        for action in ACTIONS
    ]

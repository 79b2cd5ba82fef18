"""Keys in the texts of the interface, as the person at the keyboard has them.

A text names an action in braces, ``press {storage.mark}``, and is spelled when it is shown: a
person may have given the action another key. The keymap is of the whole process, as its terminal.
"""

from __future__ import annotations

import re

from kwtui.keys.actions import BY_ID
from kwtui.keys.keymap import OWN_KEYS, Keymap
from kwtui.keys.writing import written_key

_ACTION = re.compile(r"\{([a-z]+\.[a-z-]+)\}")


class _Current:
    keymap: Keymap = OWN_KEYS


def use_keymap(keymap: Keymap) -> None:
    """Spell with these keys from now on."""
    _Current.keymap = keymap


def key_of(action_id: str) -> str:
    """The first key of an action, as people write it."""
    action = BY_ID[action_id]
    changed = _Current.keymap.changed.get(action_id)
    if changed is None and action.shown:
        return action.shown.split()[0]
    return written_key(_Current.keymap.keys_of(action)[0])


def spelled(text: str) -> str:
    """A text of kwtui's own with the keys of the actions that it names; other braces stay."""
    return _ACTION.sub(lambda match: key_of(match[1]) if match[1] in BY_ID else match[0], text)

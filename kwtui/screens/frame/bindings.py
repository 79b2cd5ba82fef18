"""Actions as Textual's bindings and as the footer's hints."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from kwtui.keys.actions import (
    actions_of,
)


def bindings(scope: str) -> list[BindingType]:
    """The scope's keys; pressing one asks the screen first whether it makes sense.

    Keys that open the prompt are answered before the next key is looked at: what is typed right
    after them belongs to the prompt.
    """
    found: list[BindingType] = []
    for action in actions_of(scope):
        if action.keys:
            found.append(
                Binding(
                    action.keys,
                    f"perform({action.id!r})",
                    action.title,
                    show=False,
                    priority=action.asks,
                    id=action.id,
                    tooltip=action.help,
                )
            )
    return found

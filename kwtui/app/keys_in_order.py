"""The application's part that hands on what is typed, each key after the one before had its effect.

Textual (8.2.8) puts a key into the queue of the widget that has the focus and takes the next one at
once. A digit is written there, while Backspace, Tab or "/" still climb from queue to queue up to
the binding that they are for: of keys that come in one burst (a paste, a macro, a slow line, quick
fingers) the later ones land first, or in a field that was just left.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from textual import events
from textual._callback import invoke
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.timer import Timer

_LONGEST_TURN = 0.5
"""Seconds after which the next key goes on in any case: what was closed by a key hears nothing."""

Typed = events.Key | events.Paste


class KeysInOrder(App[None]):
    """A base of the application."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Typed] = deque()
        self._has_turn = False
        self._turn = 0
        self._longest_turn: Timer | None = None

    @property
    def keys_wait(self) -> bool:
        """Whether something typed has not had its effect yet."""
        return self._has_turn

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._waiting.append(event)
            if not self._has_turn:
                self._has_turn = True
                await self._next_typed()
        else:
            await super().on_event(event)

    async def _next_typed(self) -> None:
        """Hand on the oldest; the next has its turn when this one has had its effect."""
        if self._longest_turn is not None:
            self._longest_turn.stop()
        if not self._waiting:
            self._has_turn = False
            return
        screen, node = self.screen, self.focused or self.screen
        self._turn += 1
        try:
            await self._hand_on(self._waiting.popleft())
        finally:
            self._longest_turn = self.set_timer(_LONGEST_TURN, partial(self._go_on, self._turn))
            self._climb(node, self._turn, screen)

    def _climb(self, node: DOMNode, turn: int, screen: Screen[Any]) -> None:
        """Go up to the App through every queue, behind the messages that the key has caused: a
        button that was pressed, a text that was entered."""
        parent = node.parent
        if parent is None or not node.call_later(self._climb, parent, turn, screen):
            self.call_later(self._end_turn, turn, screen)

    async def _end_turn(self, turn: int, screen: Screen[Any]) -> None:
        if self.screen is screen:
            await self._go_on(turn)
        else:
            # A screen that was just opened focuses its first field when it is shown.
            self.call_after_refresh(self._go_on, turn)

    async def _go_on(self, turn: int) -> None:
        """To the next key, unless somebody else did that already."""
        if turn == self._turn and self._has_turn:
            await self._next_typed()

    async def _hand_on(self, event: Typed) -> None:
        self.app_focus = True
        if isinstance(event, events.Key) and await self._check_bindings(event.key, priority=True):
            return
        event._set_forwarded()
        node: DOMNode | None = self.focused or self.screen
        while node is not None and not event._stop_propagation:
            with node._context():
                for _, handler in node._get_dispatch_methods(event.handler_name, event):
                    await invoke(handler, event)
            node = node.parent

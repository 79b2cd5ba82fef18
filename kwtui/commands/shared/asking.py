"""Questions on a terminal, most of them answered by one key."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import clean


def ask_key(output: Output, question: str, keys: str) -> str:
    """The first key that is one of these, in lower case; Enter is a newline.

    Ctrl+C raises KeyboardInterrupt; the end of the input answers with ``q`` if that is a key.
    """
    output.ask(question)
    with _key_by_key():
        while True:
            pressed = os.read(sys.stdin.fileno(), 1).decode("latin-1").lower()
            pressed = "\n" if pressed == "\r" else pressed
            if pressed in ("", "\x04"):
                pressed = "q"
            if pressed in keys:
                output.line(pressed if pressed != "\n" else "")
                return pressed


def ask_line(output: Output, question: str) -> str:
    """What is typed up to Enter; empty at the end of the input."""
    output.ask(question)
    return sys.stdin.readline().strip()


def typed_name(name: str) -> str:
    """What is typed where the name of what will be removed is asked for.

    Raises KwtuiError (CANCELLED) at the end of the input, and for Ctrl+C.
    """
    try:
        return input(f"To remove it, type {clean(name)}: ").strip()
    except (EOFError, KeyboardInterrupt):
        raise KwtuiError("Nothing was removed.", exit_code=ExitCode.CANCELLED) from None


@contextmanager
def _key_by_key() -> Iterator[None]:
    """Keys come as they are pressed; signals still do what they do."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

"""Copying over SSH: the OSC 52 sequence, wrapped for tmux and screen."""

from __future__ import annotations

import base64
from collections.abc import Mapping

LARGEST_COPY = 74_000
"""Bytes of text; terminals drop longer sequences, many at 100,000 encoded characters."""


def sent_bytes(text: str) -> bytes:
    """The text as it is sent; bytes of a log that were no text go as ``\\udcff``."""
    return text.encode("utf-8", "backslashreplace")


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """The sequence that asks the terminal to take ``text`` into its clipboard.

    Inside tmux and screen it is wrapped so that it passes through to the terminal outside.
    """
    encoded = base64.b64encode(sent_bytes(text)).decode("ascii")
    sequence = f"\x1b]52;c;{encoded}\x07"
    if environment.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("TERM", "").startswith("screen"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence


def copy_message(text: str, environment: Mapping[str, str]) -> str:
    """What can honestly be said after a copy: it was sent; nobody answers whether it arrived."""
    size = len(sent_bytes(text))
    said = f"Sent {size:,} bytes to the terminal's clipboard."
    if environment.get("TMUX"):
        said += " In tmux this needs “set -g allow-passthrough on”."
    return said + " If nothing arrives, the terminal does not allow it."

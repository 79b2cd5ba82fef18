"""The one list of what does not match yet. It only gets shorter."""

from __future__ import annotations

import tomllib
from pathlib import Path

PATH = Path(__file__).with_name("known_differences.toml")


def known_differences() -> dict[tuple[str, int], str]:
    """Why each listed step may differ, by file and index."""
    with open(PATH, "rb") as file:
        entries = tomllib.load(file).get("difference", [])
    return {(entry["file"], entry["index"]): entry["reason"] for entry in entries}

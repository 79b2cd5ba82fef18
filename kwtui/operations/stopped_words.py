"""How a stopped restore is told to people: the commands that go on, and that clean up. Pure."""

from __future__ import annotations


def ways_on(run: str, *, go_on: bool = True) -> str:
    """The commands that continue a stopped restore and that remove what it made."""
    clean = f"emove what it made: kwtui cleanup --run {run} --yes"
    if not go_on:
        return f"R{clean}"
    return f"Go on where it stopped: kwtui restore --continue {run} (or r{clean})"

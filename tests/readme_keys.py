"""The README's tables of keys, made from the registry of actions."""

from __future__ import annotations

from pathlib import Path

from kwtui.keys.actions import keys_as_markdown

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- keys -->\n", "<!-- /keys -->"


def with_keys(text: str) -> str:
    """The text with the tables of now between the two marks."""
    before, found, rest = text.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not (found and found_end):
        raise ValueError(f"README.md has no {BEGIN.strip()} … {END}")
    everywhere, second, screens = keys_as_markdown().partition("**Connection**")
    folded = f"<details><summary>The keys of each screen</summary>\n\n{second}{screens}\n</details>"
    return f"{before}{BEGIN}\n{everywhere}{folded}\n\n{END}{after}"


def write_keys() -> None:
    README.write_text(with_keys(README.read_text(encoding="utf-8")), encoding="utf-8")

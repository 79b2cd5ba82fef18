"""What a shell reads of kwtui, as files made from the parsers: completions and the man page.

They ship in the folder ``shell``, so that the core needs no library for them;
`python -m tests.manual.generated` writes them.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "shell"

SHELLS = {"bash": "kwtui.bash", "zsh": "_kwtui", "fish": "kwtui.fish"}
"""The file of each shell, under the name that its completions take."""

MAN_PAGE = "kwtui.1"


def read_file(name: str) -> str:
    """The text of one of these files."""
    return (FOLDER / name).read_text(encoding="utf-8")

"""The passphrase of a private key, asked for when the work that needs it begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.screens.frame.dialogs import AskDialog

if TYPE_CHECKING:
    from kwtui.screens.frame.base import KwtuiScreen


async def ask_passphrase(screen: KwtuiScreen, file: Path, work: str) -> str | None:
    """None where the person gives up. ``work`` is what it is for."""
    dialog = AskDialog(
        "Passphrase needed",
        f"{file} is protected. It is used for this {work} and kept nowhere.",
        label="Passphrase",
        password=True,
    )
    answer = await screen.app.push_screen_wait(dialog)
    return answer if isinstance(answer, str) else None

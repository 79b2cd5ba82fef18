"""People who are called when data is lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    """Somebody to call."""

    name: str = ""
    role: str = ""
    phone: str = ""
    mail: str = ""
    decides: bool = False

"""What was read for a plan, for a run that begins soon: it need not be read twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kwtui.server.catalogue.definitions import Definitions

_KEPT = 2
"""Plans; those of large databases take megabytes."""


class Planned:
    """Definitions by the plan that they were read for."""

    def __init__(self) -> None:
        self._known: dict[str, Definitions] = {}

    def keep(self, plan_id: str, definitions: Definitions) -> None:
        self._known[plan_id] = definitions
        for oldest in list(self._known)[:-_KEPT]:
            del self._known[oldest]

    def take(self, plan_id: str) -> bytes:
        """As a run takes it over; nothing for a plan that was made elsewhere, or long ago."""
        known = self._known.pop(plan_id, None)
        return known.written() if known is not None else b""

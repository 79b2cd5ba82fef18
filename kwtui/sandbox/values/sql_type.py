"""The objects of the sandbox's databases, as plain data. No SQL and no engine here.

The engine stores rows; this module says what the rows belong to. Expressions (defaults, checks,
computed columns, view queries) are kept as the node prints them in SHOW CREATE.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SqlType:
    """A column type. ``text`` is how SHOW CREATE prints it, e.g. ``DECIMAL(12,2)``, ``INT8[]``."""

    family: str
    """Upper-case name without arguments: INT8, STRING, VARCHAR, DECIMAL, TIMESTAMPTZ, ..."""
    args: tuple[int, ...] = ()
    array: bool = False

    @property
    def text(self) -> str:
        args = f"({','.join(map(str, self.args))})" if self.args else ""
        family, collate, name = self.family.partition(" COLLATE ")
        return f"{family}{args}{'[]' if self.array else ''}{collate}{name}"

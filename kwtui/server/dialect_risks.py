"""What another dialect of CSV than the proven one risks. Pure."""

from __future__ import annotations

from kwtui.model import Dialect, Engine, Finding, Severity

WARNING = Severity.WARNING


def dialect_findings(engine: Engine, dialect: Dialect) -> tuple[Finding, ...]:
    """What another dialect than the proven one risks."""
    found = []
    if dialect.null_text != r"\N":
        found.append(
            Finding(
                WARNING,
                "null_text",
                "",
                "With another text for NULL than \\N a NULL and a text can look the same, and rows "
                "of one-column tables that are NULL are lost.",
                "Keep \\N unless another program needs it otherwise.",
            )
        )
    if dialect.header and engine is Engine.TIME_SERIES:
        found.append(
            Finding(
                WARNING,
                "header",
                "",
                "Time-series imports cannot skip the line of column names and refuse or reject it.",
                "Leave column names out: with them a restore must insert every row.",
            )
        )
    if dialect.charset != "UTF-8":
        found.append(
            Finding(
                WARNING,
                "charset",
                "",
                f"Characters that {dialect.charset} does not know are lost.",
                "Keep UTF-8 unless another program needs it otherwise.",
            )
        )
    return tuple(found)

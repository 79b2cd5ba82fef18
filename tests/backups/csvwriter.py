"""CSV as KWDB writes it (facts.md, 1.12), independent of the product's own reading."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.model.requests import Dialect


def write_value(value: str | None, dialect: Dialect) -> str:
    if value is None:
        return dialect.null_text
    quote, escape = dialect.enclosed, dialect.escaped
    special = {dialect.delimiter, quote, escape, "\r", "\n"}
    needs_quotes = (
        value in ("", dialect.null_text)
        or value.startswith(" ")
        or any(c in special for c in value)
    )
    if not needs_quotes:
        return value
    if escape != quote:
        value = value.replace(escape, escape * 2)
    return quote + value.replace(quote, escape + quote) + quote


def write_csv(records: Sequence[Sequence[str | None]], dialect: Dialect) -> str:
    lines = (dialect.delimiter.join(write_value(v, dialect) for v in r) for r in records)
    return "".join(line + "\n" for line in lines)

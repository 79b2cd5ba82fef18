"""Records without the quotes that they do not need.

EXPORT quotes only what needs it, spreadsheets and others often quote everything: the values are the
same, and so is what IMPORT makes of them. Pure.
"""

from __future__ import annotations

from kwtui.model.requests import Dialect


def plainly_quoted(record: bytes, dialect: Dialect, newline: bytes) -> bytes:
    """The record with quotes only where they tell something: around delimiters, quotes, newlines
    and what would be NULL without them.

    ``newline`` stands for a newline inside of quotes. For dialects whose quote escapes itself. A
    record that breaks their rules comes back as it is.
    """
    quote, delimiter = dialect.enclosed.encode(), dialect.delimiter.encode()
    if quote not in record:
        return record
    fields = _fields(record, quote, delimiter)
    if fields is None:
        return record
    telling = (quote, delimiter, newline, b"\r")
    null = dialect.null_text.encode()
    return delimiter.join(
        _quoted(value, quote)
        if was_quoted and (value == null or any(mark in value for mark in telling))
        else value
        for value, was_quoted in fields
    )


def _quoted(value: bytes, quote: bytes) -> bytes:
    return quote + value.replace(quote, quote + quote) + quote


def _fields(record: bytes, quote: bytes, delimiter: bytes) -> list[tuple[bytes, bool]] | None:
    """The values, and whether each was quoted; None for a record that breaks the rules."""
    fields: list[tuple[bytes, bool]] = []
    # A delimiter inside of quotes cuts a value in two: its pieces are put together again.
    begun: list[bytes] = []
    for piece in record.split(delimiter):
        begun.append(piece)
        field = delimiter.join(begun)
        if field.count(quote) % 2:
            continue
        begun = []
        if not field.startswith(quote):
            if quote in field:
                return None
            fields.append((field, False))
            continue
        inner = field[len(quote) : -len(quote)]
        if not field.endswith(quote) or inner.replace(quote + quote, b"").count(quote):
            return None
        fields.append((inner.replace(quote + quote, quote), True))
    return None if begun else fields

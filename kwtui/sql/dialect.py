"""How files of an export may be written: what a node takes and loses nothing by. Pure.

Every listing of backups reads manifests and needs this; it imports no lexer, whose patterns take
long to compile.
"""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect

CHARSETS = ("UTF-8", "GBK", "GB18030", "BIG5")
NULL_TEXTS = ("", "NULL", "null", "Null", r"\N")


def check_dialect(dialect: Dialect) -> None:
    """Raise KwtuiError (USAGE) for a dialect that a node refuses or that is known to lose data."""
    if dialect.enclosed != '"' or dialect.escaped != '"':
        raise _usage(
            "Only the double quote is offered to enclose and escape: others lose data or crash the "
            "node's own reader."
        )
    delimiter = dialect.delimiter
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n\0':
        raise _usage(
            "The delimiter (--delimiter) must be one ASCII character, but no quote or line end."
        )
    if dialect.charset not in CHARSETS:
        raise _usage(f"The character set (--charset) must be one of {', '.join(CHARSETS)}.")
    if dialect.null_text not in NULL_TEXTS:
        raise _usage(r"NULL can be written as \N, NULL, Null, null or nothing.")
    if dialect.null_text and delimiter in dialect.null_text:
        raise _usage("The delimiter cannot be part of the text for NULL.")


def _usage(title: str) -> KwtuiError:
    return KwtuiError(title, exit_code=ExitCode.USAGE)

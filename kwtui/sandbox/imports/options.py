"""The options of IMPORT. Sources: facts.md, section 2.2; recordings 05, 06 and 07."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.transfer import copy_options
from kwtui.sandbox.transfer.charset import UTF8, check_import_charset
from kwtui.sandbox.transfer.copy_options import RawOptions, go_integer
from kwtui.sandbox.transfer.csv_writer import DEFAULT_DIALECT, Dialect

_TAKES_VALUE = {
    "delimiter": True,
    "enclosed": True,
    "escaped": True,
    "nullif": True,
    "charset": True,
    "thread_concurrency": True,
    "batch_rows": True,
    "limit_memory": True,
    "skip": True,
    "rejected_rows": True,
    "auto_shrink": False,
    "comment": False,
    "privileges": False,
    "writewal": False,
}


@dataclass(frozen=True)
class ImportOptions:
    """Options with their defaults filled in."""

    dialect: Dialect = DEFAULT_DIALECT
    charset: str = UTF8
    skip: int = 0
    """Header lines of each file; time-series imports ignore it (live-findings, row 20)."""
    threads: int = 1
    comment: bool = False
    privileges: bool = False


def parse_import_options(raw: RawOptions, *, into: bool) -> ImportOptions:
    """Check the options of one IMPORT; ``into`` is true for IMPORT INTO."""
    given = copy_options.check_names(raw, _TAKES_VALUE)
    if into:
        for name in ("comment", "privileges"):
            if name in given:
                option = f"'WITH {name.upper()}'"
                raise SqlError(
                    f"{option} can only be used for the 'IMPORT CREATE USING' and "
                    "'IMPORT DATABASE', the current syntax is 'IMPORT INTO'"
                )
    delimiter = copy_options.delimiter(given.get("delimiter"))
    enclosed = copy_options.quote_character("enclosed", given.get("enclosed"), "\"'")
    escaped = copy_options.quote_character("escaped", given.get("escaped"), '"\\')
    copy_options.check_distinct(delimiter, enclosed, escaped)
    _number("batch_rows", given.get("batch_rows"))
    copy_options.memory_size(given.get("limit_memory"))
    return ImportOptions(
        dialect=Dialect(delimiter, enclosed, escaped, given.get("nullif") or ""),
        charset=check_import_charset(given.get("charset") or UTF8),
        skip=_skip(given.get("skip")),
        threads=max(1, _number("thread_concurrency", given.get("thread_concurrency"))),
        comment="comment" in given,
        privileges="privileges" in given,
    )


def _number(option: str, value: str | None) -> int:
    if value is None:
        return 0
    try:
        return go_integer(value)
    except SqlError as err:
        raise SqlError(f"invalid {option} value", "42601") from err


def _skip(value: str | None) -> int:
    if value is None:
        return 0
    try:
        skip = go_integer(value)
    except SqlError as err:
        raise SqlError("invalid skip value", copy_options.BAD_VALUE) from err
    if skip < 0:
        raise SqlError("skip must be >= 0", copy_options.BAD_VALUE)
    return skip

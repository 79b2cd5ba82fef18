"""The options of EXPORT, checked in the node's order and with its messages.

Sources: recording 04 (refusals), facts.md sections 1.3 and 1.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.sandbox.answers.answer import Notice, SqlError
from kwtui.sandbox.transfer import copy_options
from kwtui.sandbox.transfer.charset import UTF8, check_export_charset
from kwtui.sandbox.transfer.copy_options import RawOptions, go_integer
from kwtui.sandbox.transfer.csv_writer import DEFAULT_DIALECT, Dialect

DEFAULT_CHUNK_ROWS = 100_000
_NULL_TEXTS = ("", "NULL", "null", "Null", "\\N")

_TAKES_VALUE = {
    "delimiter": True,
    "enclosed": True,
    "escaped": True,
    "nullas": True,
    "chunk_rows": True,
    "charset": True,
    "thread_concurrency": True,
    "limit_memory": True,
    "column_name": False,
    "meta_only": False,
    "data_only": False,
    "comment": False,
    "privileges": False,
    "foreign_key": False,
}

# What EXPORT INTO SQL refuses, with the words of its messages (facts.md, 1.4).
_NOT_WITH_SQL = {
    "delimiter": "delimiter",
    "column_name": "colname",
    "chunk_rows": "chunk rows",
    "nullas": "nullas",
    "enclosed": "enclosed",
    "escaped": "escaped",
}


@dataclass(frozen=True)
class ExportOptions:
    """Options with their defaults filled in."""

    dialect: Dialect = DEFAULT_DIALECT
    charset: str = UTF8
    chunk_rows: int = DEFAULT_CHUNK_ROWS
    """0 means one file."""
    limit_memory: int = 0
    column_name: bool = False
    meta_only: bool = False
    data_only: bool = False
    comment: bool = False
    privileges: bool = False
    foreign_key: bool = False

    @property
    def loses_every_row(self) -> bool:
        """The node's batch loop ends before its first row with these two together (facts, 1.10)."""
        return self.chunk_rows == 0 and self.limit_memory > 0


def parse_export_options(
    raw: RawOptions, *, sql_format: bool, query: bool
) -> tuple[ExportOptions, list[Notice]]:
    """Check the options of one EXPORT. ``query`` is true for ``FROM SELECT``.

    Returns the options and the notices that the node attaches. Raises :class:`SqlError`.
    """
    given = copy_options.check_names(raw, _TAKES_VALUE)
    if sql_format:
        for name, word in _NOT_WITH_SQL.items():
            if name in given:
                raise SqlError(f"Export support SQL cannot be used in conjunction with {word}")
    options = ExportOptions(
        dialect=_dialect(given),
        charset=check_export_charset(given.get("charset") or UTF8),
        chunk_rows=_chunk_rows(given.get("chunk_rows")),
        limit_memory=copy_options.memory_size(given.get("limit_memory")),
        column_name="column_name" in given,
        meta_only="meta_only" in given,
        data_only="data_only" in given or query,
        comment="comment" in given,
        privileges="privileges" in given,
        foreign_key="foreign_key" in given,
    )
    _check_threads(given.get("thread_concurrency"))
    _check_combinations(given, query)
    return options, _notices(given)


def _dialect(given: dict[str, str | None]) -> Dialect:
    delimiter = copy_options.delimiter(given.get("delimiter"))
    enclosed = copy_options.quote_character("enclosed", given.get("enclosed"), "\"'")
    escaped = copy_options.quote_character("escaped", given.get("escaped"), '"\\')
    copy_options.check_distinct(delimiter, enclosed, escaped)
    null_text = given.get("nullas") or ""
    if null_text not in _NULL_TEXTS:
        raise SqlError(f"options nullas/nullif cannot be {null_text}")
    return Dialect(delimiter, enclosed, escaped, null_text)


def _chunk_rows(value: str | None) -> int:
    if value is None:
        return DEFAULT_CHUNK_ROWS
    rows = go_integer(value)
    if rows < 0:
        raise SqlError("invalid csv chunk size", copy_options.BAD_VALUE)
    if rows > DEFAULT_CHUNK_ROWS:
        raise SqlError("The chunk size must be less than 100000")
    return rows


def _check_threads(value: str | None) -> None:
    if value is None:
        return
    try:
        threads = go_integer(value)
    except SqlError as err:
        raise SqlError("invalid thread_concurrency value", "42601") from err
    if not 0 <= threads <= 1024:
        raise SqlError(f"thread_concurrency must be between 0 and 1024, got {threads}")


def _check_combinations(given: dict[str, str | None], query: bool) -> None:
    if "meta_only" in given and "data_only" in given:
        raise SqlError("can't use meta_only and data_only at the same time")
    if query:
        if given.keys() & {"meta_only", "data_only", "foreign_key"}:
            raise SqlError("cannot use option in query export")
        if "privileges" in given:
            raise SqlError("Export permission information does not support select queries")
    if "foreign_key" in given and "data_only" in given:
        raise SqlError("cannot use foreign_key and only_data at the same time")


def _notices(given: dict[str, str | None]) -> list[Notice]:
    if "meta_only" not in given:
        return []
    return [
        Notice(f"{name} doesn't work with only_meta", severity="WARNING")
        for name in ("delimiter", "chunk_rows")
        if name in given
    ]

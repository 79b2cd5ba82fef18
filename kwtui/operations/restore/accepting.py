"""The names by which a person accepts definitions that come back otherwise. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import DatabaseSchema
from kwtui.operations.shared.command_line import shell_line
from kwtui.sql.names import split_name

Parts = tuple[str, ...]


def meant(name: str) -> frozenset[Parts]:
    """What a typed name may mean: ``orders`` and ``orders.note`` are of the schema ``public``."""
    parts = tuple(split_name(name))
    return frozenset({parts, ("public", *parts)}) if len(parts) < 3 else frozenset({parts})


def check_accepted(schema: DatabaseSchema, names: Iterable[str], path: str) -> None:
    """Raises KwtuiError (NOT_FOUND) for a name that is no table and no column of the backup: it
    would accept nothing, and nobody would know."""
    known = frozenset(_known(schema))
    for name in names:
        if not meant(name) & known:
            raise KwtuiError(
                f"{path} has no table or column {name} to accept.",
                hint=f"List its contents: {shell_line('show', path)}",
                exit_code=ExitCode.NOT_FOUND,
            )


def check_nothing_accepted(names: Iterable[str]) -> None:
    """Raises KwtuiError (USAGE): of a foreign export no definition was captured."""
    if any(True for _ in names):
        raise KwtuiError(
            "Only definitions of a backup can be accepted.",
            hint="An export not made by kwtui has none to compare with: omit --accept.",
            exit_code=ExitCode.USAGE,
        )


def _known(schema: DatabaseSchema) -> Iterator[Parts]:
    for table in schema.tables:
        name = (table.name.schema, table.name.name)
        yield name
        yield from ((*name, column.name) for column in table.columns)

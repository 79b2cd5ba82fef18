"""What UPDATE and DELETE of a time-series table may say (KWDB 3.2, ``sql/opt/optbuilder``).

UPDATE changes tags of one device, found by all its primary tags (recording 17); DELETE asks for
times and primary tags only. A DELETE that names devices and no time takes the devices along.
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef, Relation
from kwtui.sandbox.language.lexer import Token
from kwtui.sandbox.values.expression_text import column_names

_UPDATE = "unsupported conditions in update: "
_DELETE = "unsupported conditions found in the deletion operation: "
_NOT_EQUAL = frozenset({"<", ">", "<=", ">=", "!=", "<>", "or", "not", "in", "like", "between"})


def refuse_update(
    relation: Relation, changed: Sequence[ColumnDef], rest: Sequence[Token], *, returning: bool
) -> None:
    """Raises SqlError (0A000) for an UPDATE that the time-series engine does not do.

    ``rest`` is what follows the assignments.
    """
    words = [token.value for token in rest]
    beside = {"order", "limit", "from"} & set(words)
    if returning or beside or words[:1] != ["where"]:
        raise SqlError(f"{_UPDATE}only supported where expression", "0A000")
    primary = {column.name for column in relation.columns if column.is_primary_tag}
    named = set(column_names(rest, [column.name for column in relation.columns]))
    if named != primary or _NOT_EQUAL & set(words):
        raise SqlError(f"{_UPDATE}unsupported binary operator or mismatching tag filter", "0A000")
    if any(column.is_primary_tag or not column.is_tag for column in changed):
        raise SqlError(f"{_UPDATE}primary tags and columns cannot be set", "0A000")


def takes_devices(relation: Relation, rest: Sequence[Token]) -> bool:
    """Whether a DELETE with this condition removes whole devices, tags and all.

    Raises SqlError (0A000) for a condition that the time-series engine does not know.
    """
    named = set(column_names(rest, [column.name for column in relation.columns]))
    primary = {column.name for column in relation.columns if column.is_primary_tag}
    if named - primary - {relation.columns[0].name}:
        raise SqlError(f"{_DELETE}unsupported binary operator or expressions", "0A000")
    return bool(named) and named <= primary

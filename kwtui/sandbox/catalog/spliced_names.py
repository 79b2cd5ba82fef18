"""Where a node splices names into SQL text of its own, and fails over some of them.

SHOW TAGS puts the bare name between apostrophes (row 37); an EXPORT of one time-series table asks
for its definition under the name as SHOW CREATE would print it, quotes included (row 36). KWDB
3.2: ``sql/delegate/show_attributes.go``, ``sql/export.go``.
"""

from __future__ import annotations

import re

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.language.lexer import Kind, Token, quote_identifier, syntax_error

_REST = re.compile(r"(?:[^']|'')*'\s*")
_WORD = re.compile(r"\w+|.", re.DOTALL)


def check_show_tags(relation: Relation) -> None:
    """Raises SqlError (42601) where the query behind SHOW TAGS does not parse."""
    database = relation.database
    _check(
        "SELECT tag_name AS tag, tag_type AS type , is_primary, nullable\n"
        f"\t\t\t\tFROM {quote_identifier(database)}.kwdb_internal.kwdb_attributes\n"
        f"\t\t\t\tWHERE db_name = '{database}' AND table_name = '{relation.name}'"
    )


def check_definition_lookup(relation: Relation) -> None:
    """Raises SqlError where the query behind an export's ``meta.sql`` fails or finds nothing."""
    name, database = quote_identifier(relation.name), relation.database
    _check(
        f"SELECT create_statement FROM  {database}.kwdb_internal.create_statements where"
        f" database_name = '{database}' and descriptor_name = '{name}'"
    )
    if name != relation.name:
        raise SqlError(f"table {name} maybe has been deleted")


def _check(query: str) -> None:
    """Finds the first word behind a string literal that ended too early."""
    position = query.find("'")
    while position >= 0:
        literal = _REST.match(query, position + 1)
        if literal is None:
            raise SqlError("lexical error: unterminated string", "42601")
        following = _WORD.match(query, literal.end())
        if following is None:
            return
        if following[0].lower() != "and":
            token = Token(Kind.WORD, following[0], following.start(), following.end())
            raise syntax_error(query, token)
        position = query.find("'", literal.end())

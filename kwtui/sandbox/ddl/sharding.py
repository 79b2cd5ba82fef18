"""Hash-sharded keys: a hidden computed column in front of an index (recordings 19 and 20).

The column holds a hash of the key's columns and is the first one of the index; SHOW CREATE prints
``USING HASH WITH BUCKET_COUNT = n`` in its place (KWDB 3.2, ``sql/create_index.go``).
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import CheckDef, ColumnDef, Relation
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, quote_identifier
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.sql_type import SqlType

_FLAG = "experimental_enable_hash_sharded_indexes"


def accept_buckets(stream: TokenStream) -> int:
    """Reads ``USING HASH WITH BUCKET_COUNT = n``; 0 if it is not there. Raises SqlError (22023)."""
    if not stream.accept("using", "hash"):
        return 0
    stream.expect("with", "bucket_count", "=")
    token = stream.next()
    if token.kind is not Kind.NUMBER or not token.value.isdigit() or not int(token.value):
        raise SqlError("BUCKET_COUNT must be a strictly positive integer value", "22023")
    return int(token.value)


def check_allowed(session: Session, buckets: int) -> None:
    """Raises SqlError (0A000) unless the session has switched hash-sharded keys on."""
    if buckets and session.variables.get(_FLAG) != "on":
        raise SqlError(f"hash sharded indexes require the {_FLAG} cluster setting", "0A000")


def shard(relation: Relation, columns: list[tuple[str, str]], buckets: int) -> ColumnDef | None:
    """Puts the shard column in front of ``columns``; answers it if the table had none like it.

    The catalogue gets the column and its check; the stored rows are the caller's affair.
    """
    names = [name for name, _ in columns]
    name = f"kwdb_internal_{'_'.join(sorted(names))}_shard_{buckets}"
    columns.insert(0, (name, "ASC"))
    if any(column.name == name for column in relation.columns):
        return None
    hashes = " + ".join(
        f"fnv32(COALESCE(CAST({quote_identifier(n)} AS STRING), '':::STRING))" for n in names
    )
    column = ColumnDef(
        max(c.id for c in relation.columns) + 1,
        name,
        SqlType("INT4"),
        nullable=False,
        computed=f"mod({hashes}, {buckets}:::INT8)",
        hidden=True,
    )
    relation.columns.append(column)
    listed = ", ".join(map(str, range(buckets)))
    check = CheckDef(f"check_{name}", f"{quote_identifier(name)} IN ({listed})", hidden=True)
    relation.checks.append(check)
    if relation.families:
        relation.families[0][1].append(name)
    return column

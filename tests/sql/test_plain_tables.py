"""Tables that IMPORT INTO refuses, as KWDB prints them, and the plain ones that take their rows."""

from __future__ import annotations

from kwtui.model.schema import TableName
from kwtui.sql.plain_tables import has_sharded_index, interleaved_in, plain_table, with_parents

HASHED = (
    'CREATE TABLE hashed (\n\tid INT8 NOT NULL,\n\tv STRING NULL,\n\tCONSTRAINT "primary" PRIMARY '
    "KEY (id ASC) USING HASH WITH BUCKET_COUNT = 4,\n\tUNIQUE INDEX hashed_id_key (id ASC),\n\t"
    'FAMILY "primary" (id, v, kwdb_internal_id_shard_4)\n)'
)
"""Recordings 19 (`hashed`) and 20 (`h3`)."""
INTERLEAVED = (
    'CREATE TABLE items (\n\torder_id INT8 NOT NULL,\n\tn INT8 NOT NULL,\n\tCONSTRAINT "primary" '
    "PRIMARY KEY (order_id ASC, n ASC),\n\tINDEX by_n (order_id ASC) INTERLEAVE IN PARENT "
    '"My Parent" (order_id),\n\tCONSTRAINT c CHECK (n > 0)\n)'
    " INTERLEAVE IN PARENT orders (order_id)"
)


def test_a_plain_table_has_the_columns_and_a_plain_key_only() -> None:
    assert plain_table(HASHED) == (
        'CREATE TABLE hashed (\n\tid INT8 NOT NULL,\n\tv STRING NULL,\n\tCONSTRAINT "primary"'
        " PRIMARY KEY (id ASC)\n)"
    )
    assert plain_table(INTERLEAVED) == (
        "CREATE TABLE items (\n\torder_id INT8 NOT NULL,\n\tn INT8 NOT NULL,\n\tCONSTRAINT"
        ' "primary" PRIMARY KEY (order_id ASC, n ASC)\n)'
    )


def test_a_partitioned_table_becomes_one_without_partitions() -> None:
    made = (
        'CREATE TABLE p (\n\tregion STRING NOT NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (region '
        "ASC)\n) PARTITION BY LIST (region) (\n\tPARTITION cn VALUES IN (('cn')), \n\tPARTITION eu "
        "VALUES IN (('eu'), ('uk'))\n)\n-- Warning: Partitioned table with no zone configurations."
    )
    assert plain_table(made).endswith("PRIMARY KEY (region ASC)\n)")


def test_parents_get_the_names_that_they_have_now() -> None:
    assert interleaved_in(INTERLEAVED) == (("orders",), ("My Parent",))

    def find(printed: tuple[str, ...]) -> TableName | None:
        return TableName("s 2", "orders") if printed == ("orders",) else None

    made = with_parents(INTERLEAVED, find, "new")
    assert ') INTERLEAVE IN PARENT new."s 2".orders (order_id)' in made
    assert 'INTERLEAVE IN PARENT "My Parent" (order_id),' in made
    assert with_parents(HASHED, find, "new") == HASHED


def test_a_sharded_index_is_known_by_its_clause_and_not_by_a_columns_text() -> None:
    column = "a STRING NULL DEFAULT ') USING HASH WITH BUCKET_COUNT = 8'"
    plain = f"CREATE TABLE t (\n\t{column},\n\tINDEX i (a ASC)\n)"
    assert not has_sharded_index(plain)
    assert has_sharded_index(plain.replace("(a ASC)", "(a ASC) USING HASH WITH BUCKET_COUNT = 8"))

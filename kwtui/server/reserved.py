"""Words that cannot be a name without quotes.

A superset is kept on purpose: PostgreSQL's reserved words, CockroachDB's, which KWDB's grammar
descends from, and KWDB's own. Quoting one word too many does no harm; one too few breaks a
statement. Words that a node was seen to print plain (``at``, ``ts``) are left out.
"""

from __future__ import annotations

_WORDS = """
    all analyse analyze and any anti array as asc asymmetric authorization
    between bigint binary bit blob boolean both by
    case cast char character characteristics check clob coalesce collate collation column columns
    commit concurrently configuration configurations constraint convert copy create cross
    cube current current_catalog current_date current_role current_schema current_time
    current_timestamp current_user cycle
    database databases datetime dec decimal default deferrable delete desc distinct do double
    drop
    else end enum except exists explain export extract extract_duration
    false family fetch filter first float following for foreign freeze from full function
    geometry grant group grouping groups
    having
    if ifnull iferror ilike import in index inet initially inner inout insert int integer intersect
    interval into inverted is isnull iserror
    join
    lateral leading least left like limit linear local localtime localtimestamp locked logical
    lookup lua
    match materialized maxvalue merge minvalue
    natural nchar none not notnothing notnull null nullif nulls numeric nvarchar
    of off offset on only or order others out outer over overlaps overlay own
    partition placing position precision preceding primary procedure
    real references replace retentions returning revoke right rollback row
    schema select sequence serial session session_user set setof share show similar slice
    smallint some stable stored string substring symmetric system
    table tables tablesample tag tags tenant testing_ranges testing_relocate then time timestamp
    timestamptz timetz to trailing treat trigger trim true
    unbounded union unique update user using
    values varbit varbytes varchar variadic varying verbose view virtual
    when where window with within without work
    zone
"""

RESERVED = frozenset(_WORDS.split())

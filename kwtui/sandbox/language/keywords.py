"""Sets of SQL words."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


RESERVED = words(
    """all analyse analyze and any array as asc asymmetric both case cast check collate column
    concurrently constraint create current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end
    except false family fetch for foreign from grant group having in index initially intersect
    into lateral leading limit localtime localtimestamp not nothing null offset on only or order
    placing primary references returning select session_user some symmetric table then to
    trailing true union unique user using variadic when where window with
    annotate_type between bigint bit boolean char character characteristics coalesce dec decimal
    exists extract extract_duration float greatest grouping if iferror ifnull int integer interval
    iserror least nullif numeric out overlay position precision real row smallint string substring
    time timetz timestamp timestamptz treat trim values varbit varchar virtual work
    collation cross full ilike inner is isnull join left like natural none notnull outer overlaps
    right similar"""
)
"""Words that a name must be quoted for (recording 16: the column ``"dec"``)."""
STATEMENTS = words(
    """alter analyze backup begin call cancel cleanup close comment commit copy create deallocate
    declare delete discard drop end execute explain export grant import insert optimize pause
    prepare reassign refresh release reset restore resume revoke rollback savepoint scrub select
    set show start table truncate update upsert use values with"""
)
"""First words of the statements that a node knows."""
QUERY = words(
    """select distinct on from where group by having order asc desc limit offset union intersect
    except all with recursive as join inner left right full outer cross natural using lateral case
    when then else end and or not in is null true false like ilike similar to between exists any
    some array values over filter within default ordinality collate unknown escape nulls window
    leading trailing both for"""
)
"""Words that the grammar of queries is made of."""
IN_WINDOWS = words("rows range unbounded preceding following current row partition")
NO_FUNCTION = words(
    """in values over filter exists any some all and or not as on using select from where union
    intersect except array when then else by having limit offset between like ilike is with case
    group distinct lateral join extract position substring trim overlay cast similar to"""
)
"""Words before a parenthesis that are no function calls, or have a syntax of their own."""
BARE_FUNCTIONS = words(
    """current_user session_user current_date current_timestamp current_time localtimestamp
    localtime current_database current_schema current_role current_catalog"""
)
"""Functions that are called without parentheses."""
LITERAL_TYPES = words(
    """date time timetz timestamp timestamptz interval json jsonb bool boolean decimal numeric float
    int int2 int4 int8 uuid bytes string inet text"""
)
"""Types that can stand before a string: ``DATE '2024-01-01'``."""
CLAUSES = words(
    """select distinct from where group by having order limit offset union all intersect except
    with join inner left right full outer cross natural on using values for over partition
    window filter within"""
)
"""Words that the node prints in capitals in a view's query, beside those of expressions."""
PROCEDURE_CLAUSES = words("select from where insert into update delete set declare call")
"""Words that the node prints in capitals in a procedure."""
EXPRESSIONS = words(
    """and or not in is null like ilike between case when then else end distinct from as cast array
    primary key references foreign check constraint default unique index family asc desc storing
    stored on delete update cascade restrict set action match full partial collate partition by
    list range values inverted exists using similar to row no tags retentions"""
)
"""Words that the node prints in capitals in expressions and constraints."""
COLUMN_CONSTRAINTS = words(
    """not null default primary unique references check as constraint family create
    collate encoding comment storing"""
)
"""Words that end the default of a column."""

"""Which functions may be called by what only reads: held against the names that KWDB has.

A name on the list that KWDB does not have could be a function that somebody made; one of KWDB's
that is not decided about here would be refused without a reason.
"""

from __future__ import annotations

from pathlib import Path

from kwtui.sql.functions import INTERNAL_READING, READING, does_more_than_read

NAMES = Path(__file__).parent.parent / "data" / "builtins" / "3.2.1.txt"
BUILTINS = {
    name
    for line in NAMES.read_text().splitlines()
    if not line.startswith("#")
    for name in line.split()
}
FORMS = {
    *("annotate_type", "array", "cast", "coalesce", "current_role", "if", "iferror", "ifnull"),
    *("iserror", "nullif", "position", "row", "session_user", "trim", "user"),
}
"""What KWDB's grammar reads in the form of a call; nobody can name a function so."""
CHANGING = {"nextval", "pg_sleep", "relocate_range", "set_config", "setval"}
"""They count on, move data, or hold the server up."""
NEVER_TYPED = {
    *("cast_check_ts", "final_stddev", "final_variance", "time_bucket_gapfill_internal"),
    *("pg_advisory_unlock", "pg_try_advisory_lock"),
}
"""What the server calls itself, and locks that it only pretends to have."""


def test_every_listed_function_is_one_of_the_servers() -> None:
    assert READING - BUILTINS == FORMS
    assert {f"kwdb_internal.{name}" for name in INTERNAL_READING} <= BUILTINS


def test_every_function_of_the_server_was_decided_about() -> None:
    plain = {name for name in BUILTINS if "." not in name}
    assert plain - READING == CHANGING | NEVER_TYPED


def test_no_definition_of_a_backup_calls_what_changes() -> None:
    """But for ``nextval``, which defaults have."""
    for name in CHANGING - {"nextval"}:
        assert does_more_than_read("", name)
        assert does_more_than_read("pg_catalog", name)

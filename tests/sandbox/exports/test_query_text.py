"""An exported query as the result row names it."""

from __future__ import annotations

import pytest

from kwtui.sandbox.query.query_text import query_text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (
            "SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id",
            "SELECT c.name, o.total FROM customers AS c JOIN orders AS o ON o.customer_id = c.id",
        ),
        (
            "select  * from Orders as of system time '-1s'",
            "SELECT * FROM orders AS OF SYSTEM TIME '-1s'",
        ),
        (
            'SELECT count(*) n, "A b"."x" FROM "A b" WHERE a IN (1,2)',
            'SELECT count(*) AS n, "A b".x FROM "A b" WHERE a IN (1, 2)',
        ),
        ("SELECT f(x)::string, 'it''s' FROM t", "SELECT f(x)::STRING, e'it\\'s' FROM t"),
        ("SELECT * FROM [show tables]", "SELECT * FROM [SHOW TABLES]"),
        ("SELECT ARRAY[1,2] FROM (SELECT 1) s", "SELECT ARRAY[1, 2] FROM (SELECT 1) AS s"),
    ],
)
def test_keywords_are_capitals_and_aliases_have_their_as(typed: str, shown: str) -> None:
    assert query_text(typed) == shown

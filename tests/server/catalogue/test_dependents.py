"""What in other databases uses a database."""

from __future__ import annotations

import pytest

from kwtui.model.schema import TableName
from kwtui.server.catalogue.dependents import uses
from kwtui.server.catalogue.derive import Described


def item(kind: str, create: str, *alter: str) -> Described:
    return Described(TableName("public", "x"), kind, create, create, alter)


KEY = "ALTER TABLE x ADD CONSTRAINT fk FOREIGN KEY (no) REFERENCES {}(no)"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (item("view", "CREATE VIEW x (no) AS SELECT no FROM shop.public.orders"), ["the view"]),
        (
            item(
                "view", "CREATE VIEW x (no) AS SELECT a.no FROM other.public.a JOIN shop.s.b ON 1"
            ),
            ["the view"],
        ),
        (item("view", "CREATE VIEW x (no) AS SELECT 'shop.public.orders' FROM other.public.a"), []),
        (item("view", "CREATE VIEW x (no) AS SELECT no FROM shop2.public.orders"), []),
        (item("table", "", KEY.format("shop.public.orders")), ["the foreign key fk of"]),
        (item("table", "", KEY.format("orders")), []),
        (
            item(
                "table",
                "CREATE TABLE x (\n\ta INT8 NULL DEFAULT nextval('shop.public.q':::STRING)\n)",
            ),
            ["a default of"],
        ),
        (item("table", "CREATE TABLE x (\n\ta INT8 NULL DEFAULT nextval('q':::STRING)\n)"), []),
    ],
)
def test_what_uses_it(found: Described, words: list[str]) -> None:
    assert list(uses(found, "other", "shop")) == words

"""What the target of a comment or grant is about."""

from __future__ import annotations

import pytest

from kwtui.model.schema import TableName
from kwtui.operations.shared.selection import object_of


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("TABLE public.orders", TableName("public", "orders")),
        ("COLUMN public.orders.id", TableName("public", "orders")),
        ("INDEX public.orders@by_name", TableName("public", "orders")),
        ('TABLE public."a@b"', TableName("public", "a@b")),
        ('COLUMN public."a@b"."c@d"', TableName("public", "a@b")),
        ('INDEX public."a@b"@"c@d"', TableName("public", "a@b")),
        ("DATABASE", None),
        ("SCHEMA archive", None),
        ("TABLE public.orders; DROP DATABASE x", None),
        ("TABLE", None),
    ],
)
def test_the_object_of_a_target(target: str, name: TableName | None) -> None:
    assert object_of(target) == name

"""An error of the server is shown at its place in the statement."""

from __future__ import annotations

import pytest

from kwtui.server.console.error_place import error_offset, place_in_words


@pytest.mark.parametrize(
    ("sql", "words", "pointed_at"),
    [
        (
            "SHOW RETENTIONS ON DATABASE plant",
            'at or near "database": syntax error\nsource SQL:\nSHOW RETENTIONS ON DATABASE plant\n'
            "                   ^ [42601]",
            "DATABASE plant",
        ),
        (
            "SELECT 1,\n\tx FROM\n\tt WHERE",
            'at or near "x": syntax error\nsource SQL:\nSELECT 1,\n\tx FROM\n ^\nHINT: try',
            "x FROM\n\tt WHERE",
        ),
        ("select id, nix from t", 'column "nix" does not exist [42703]', "nix from t"),
        (
            "select 1 from shop.public.nosuch",
            'relation "shop.public.nosuch" does not exist [42P01]',
            "shop.public.nosuch",
        ),
        ('select "Id" from "T"', 'relation "T" does not exist', 'T"'),
        ("select nixon, nix from t", 'column "nix" does not exist', "nix from t"),
    ],
)
def test_the_place_is_found(sql: str, words: str, pointed_at: str) -> None:
    offset = error_offset(sql, words)
    assert offset is not None
    assert sql[offset:] == pointed_at


@pytest.mark.parametrize(
    "words",
    [
        "division by zero [22012]",
        'column "elsewhere" does not exist',
        "source SQL:\nanother\nstatement\n     ^",
    ],
)
def test_where_nothing_is_said_nothing_is_guessed(words: str) -> None:
    assert error_offset("select 1/0", words) is None


def test_places_are_told_as_people_count() -> None:
    assert place_in_words("select 1 from", 9) == "column 10"
    assert place_in_words("select 1,\n  x", 12) == "line 2, column 3"

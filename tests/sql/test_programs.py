"""Procedures and triggers as they are printed, made ready for others."""

from __future__ import annotations

import pytest

from kwtui.model.schema import ProgramSpec
from kwtui.sql import programs

PROCEDURE = "CREATE PROCEDURE pr(x INT8)\nBEGIN\n\tSELECT x;\nEND"
TRIGGER = (
    "CREATE TRIGGER tg AFTER INSERT ON rich.public.fam FOR EACH ROW \nBEGIN\n"
    "INSERT INTO inv VALUES (new.id, NULL);\nEND;"
)
"""Both as recording 19 has them."""


def procedure(text: str, name: str = "pr") -> ProgramSpec:
    return ProgramSpec("procedure", name, text)


def trigger(name: str, order: str = "") -> ProgramSpec:
    text = TRIGGER.replace("tg", name, 1).replace("ROW ", f"ROW {order}" if order else "ROW ", 1)
    return ProgramSpec("trigger", name, text, "public.fam")


def moved(text: str, name: str = "pr", schemas: tuple[str, ...] = ("public", "s2")) -> str:
    return programs.moved(procedure(text, name), "rich", "new-db", schemas)


def test_what_names_its_database_names_the_new_one() -> None:
    assert moved(PROCEDURE) == PROCEDURE
    assert moved(TRIGGER) == TRIGGER.replace("rich.public", '"new-db".public').rstrip(";")
    text = "CREATE PROCEDURE p() BEGIN INSERT INTO rich.log SELECT rich.a FROM rich.public.t; END"
    assert moved(text) == text.replace("INTO rich", 'INTO "new-db"').replace(
        "rich.public", '"new-db".public'
    ), "a name of two parts behind INTO is database and table; rich.a is a column"
    assert moved(text, schemas=("public", "rich")) == text.replace(
        "rich.public", '"new-db".public'
    ), "unless a schema has the name"


def test_a_body_that_was_typed_between_dollar_signs_is_moved_too() -> None:
    text = (
        "create procedure p() $$ begin delete from rich.public.t where a = 'rich.public.t'; end $$"
    )
    assert moved(text) == text.replace("from rich", 'from "new-db"')


def test_a_procedure_of_another_schema_is_made_there() -> None:
    assert moved(PROCEDURE, "s2.pr").startswith("CREATE PROCEDURE s2.pr(x INT8)\n")
    named = PROCEDURE.replace("pr(", "rich.s2.pr(")
    assert moved(named, "s2.pr").startswith('CREATE PROCEDURE "new-db".s2.pr(')


def test_clients_that_end_a_statement_at_a_semicolon_get_the_body_as_a_text() -> None:
    assert programs.with_body_as_text(PROCEDURE) == (
        "CREATE PROCEDURE pr(x INT8) $kwtui$\nBEGIN\n\tSELECT x;\nEND\n$kwtui$"
    )
    assert programs.with_body_as_text(TRIGGER) == (
        "CREATE TRIGGER tg AFTER INSERT ON rich.public.fam FOR EACH ROW $kwtui$\nBEGIN\n"
        "INSERT INTO inv VALUES (new.id, NULL);\nEND;\n$kwtui$"
    )
    typed = "CREATE PROCEDURE p(a DECIMAL(3,1)) $$BEGIN SELECT a; END$$"
    assert programs.with_body_as_text(typed) == typed
    assert programs.with_body_as_text("SELECT 1") == "SELECT 1"
    odd = PROCEDURE.replace("SELECT x", "SELECT '$kwtui$'")
    assert programs.with_body_as_text(odd).endswith("END\n$kwtui_$")


def test_bytes_are_written_so_that_no_client_takes_a_quote_in_them_for_their_end() -> None:
    printed = r"""SELECT b'\'', b'\x00\xff\n', e'\'', B'101', 'b''x'"""
    assert programs.for_clients(printed) == r"""SELECT x'27', x'00ff0a', e'\'', B'101', 'b''x'"""


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (r"b'\u4e2d\''", "x'e4b8ad27'"),
        (r"b'\U0001F600'", "x'f09f9880'"),
        (r"b'\xe9\u00e9'", "x'e9c3a9'"),
        (r"b'\\u4e2d'", "x'5c7534653264'"),
        (r"b'\ud800'", "x'eda080'"),
        (r"b'\377\777'", "x'ff3f'"),
    ],
)
def test_bytes_that_are_named_as_characters_are_their_utf8(printed: str, written: str) -> None:
    assert programs.for_clients(printed) == written


def test_triggers_are_made_so_that_they_fire_as_they_did() -> None:
    a, b, c = trigger("a"), trigger("b", "FOLLOWS a"), trigger("c", "FOLLOWS a")
    assert programs.in_order([a, c, b]) == (a, b, c), "the last made stands next to a"
    x, y = trigger("x", "PRECEDES a"), trigger("y", "PRECEDES a")
    assert programs.in_order([x, y, a]) == (a, x, y)
    quoted = trigger("z", 'FOLLOWS "Odd"')
    odd = ProgramSpec("trigger", '"Odd"', TRIGGER, "public.fam")
    assert programs.in_order([odd, quoted]) == (odd, quoted)


def test_words_about_a_trigger_that_is_gone_are_left_out() -> None:
    a, b = trigger("a"), trigger("b", "FOLLOWS gone")
    made = programs.in_order([b, a])
    assert [t.name for t in made] == ["b", "a"]
    assert made[0].create_statement == trigger("b").create_statement
    assert programs.in_order([trigger("b", "FOLLOWS a"), a])[0] == trigger("b"), "as they fire"


def test_a_trigger_that_names_another_table_may_need_it() -> None:
    assert programs.mentions(trigger("a"), {"inv", "x"})
    assert not programs.mentions(trigger("a"), {"new_id"})
    assert programs.mentions(
        procedure("CREATE PROCEDURE p() $$BEGIN DELETE FROM Log; END$$"), {"log"}
    )

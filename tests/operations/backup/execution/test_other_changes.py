"""Definitions that come, go or change between the exports and the last look at the catalogue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kwtui.model.schema import (
    CommentSpec,
    GrantSpec,
    ProgramSpec,
    SequenceSpec,
    TableName,
    ViewSpec,
)
from kwtui.operations.backup.execution.other_changes import made_anew, other_changes
from kwtui.operations.plan import Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.operations.conftest import SHOP

V, Q = TableName("public", "late"), TableName("public", "numbers")


def test_every_kind_that_came_meanwhile_is_named() -> None:
    after = replace(
        SHOP,
        schemas=(*SHOP.schemas, "s9"),
        views=(*SHOP.views, ViewSpec(V, "CREATE VIEW late AS SELECT 1")),
        sequences=(*SHOP.sequences, SequenceSpec(Q, "CREATE SEQUENCE numbers")),
        comments=(*SHOP.comments, CommentSpec("TABLE public.newer", "new")),
        grants=(*SHOP.grants, GrantSpec("TABLE public.inv", "passing", ("SELECT",))),
        programs=(*SHOP.programs, ProgramSpec("procedure", "pr", "CREATE PROCEDURE pr() …")),
        not_captured=(*SHOP.not_captured, "type colour, a kind unknown to kwtui"),
        zone_statements=("ALTER DATABASE shop CONFIGURE ZONE USING gc.ttlseconds = 9",),
    )
    assert list(other_changes(SHOP, after)) == [
        "procedure pr was created while the backup ran, and is not in it",
        "schema s9 was created while the backup ran, and is not in it",
        "the comment on TABLE public.newer was created while the backup ran, and is not in it",
        "the definition of the database was changed while the backup ran; the backup has its "
        "earlier state",
        "the grant on TABLE public.inv to passing was created while the backup ran, and is not in "
        "it",
        "type colour, a kind unknown to kwtui was created while the backup ran, and is not in it",
        "view public.late was created while the backup ran, and is not in it",
        "sequence public.numbers was created while the backup ran, and is in it",
    ]


def test_a_table_of_the_same_name_and_another_number_is_another_table() -> None:
    old, new, same = TableName("public", "t"), TableName("public", "u"), TableName("public", "v")
    before, after = {old: "53", same: "54"}, {old: "61", same: "54", new: "62"}
    assert list(made_anew(before, after, [same, old, new])) == [
        "public.t was truncated, or dropped and recreated, while the backup ran"
    ]
    assert list(made_anew({}, after, [old])) == [], "of a server that does not tell"


def test_what_went_or_changed_is_told_from_what_came() -> None:
    before = replace(SHOP, views=(ViewSpec(V, "CREATE VIEW late AS SELECT 1"),), sequences=())
    after = replace(before, views=(ViewSpec(V, "CREATE VIEW late AS SELECT 2"),))
    assert list(other_changes(before, after)) == [
        "view public.late was changed while the backup ran; the backup has its earlier state"
    ]
    assert list(other_changes(before, replace(before, views=()))) == [
        "view public.late was dropped while the backup ran, and is in it"
    ]


def test_a_sequence_that_was_used_did_not_change() -> None:
    before = replace(SHOP, sequences=(SequenceSpec(Q, "CREATE SEQUENCE numbers", 5),))
    after = replace(SHOP, sequences=(SequenceSpec(Q, "CREATE SEQUENCE numbers", 6),))
    assert list(other_changes(before, after)) == []


def test_a_backup_says_what_changed_meanwhile(sandbox: SandboxNode, tmp_path: Path) -> None:
    bench = Bench(sandbox, tmp_path)
    bench.do("CREATE DATABASE meanwhile", "CREATE TABLE meanwhile.public.t (id INT8 PRIMARY KEY)")

    def change(step: Step) -> None:
        bench.do("CREATE VIEW v AS SELECT id FROM t", database="meanwhile")

    made = bench.backup("meanwhile", hooks={"reconcile": change})
    words = "view public.v was created while the backup ran, and is not in it"
    assert made["doubts"] == [words]
    assert words in made.story.notices
    bench.do("DROP DATABASE meanwhile CASCADE")

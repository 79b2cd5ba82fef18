"""A set whose definitions somebody changed so that they do more than define is never sent.

Whoever may write below extern may write anything into schema.json, with hashes that are right. The
plan refuses it by name, and the database beside it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from kwtui.backups.layout.location import find_location
from kwtui.backups.manifest import read_manifest, write_manifest
from kwtui.backups.proof.sealing import seal_sidecars
from kwtui.backups.schema_file import read_schema, write_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import CommentSpec, DatabaseSchema, GrantSpec
from tests.conftest import SandboxNode
from tests.faults.bench import Bench

Change = Callable[[DatabaseSchema], DatabaseSchema]

BOMB = "; DROP DATABASE precious CASCADE"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def set_path(bench: Bench) -> Iterator[str]:
    bench.do(
        "CREATE DATABASE precious",
        "CREATE DATABASE tampered",
        "CREATE TABLE tampered.public.t (id INT8 PRIMARY KEY, v STRING DEFAULT 'x')",
        "CREATE TABLE tampered.public.fine (id INT8 PRIMARY KEY)",
        "INSERT INTO tampered.public.t (id) VALUES (1)",
        "INSERT INTO tampered.public.fine VALUES (1), (2)",
        "CREATE VIEW tampered.public.w AS SELECT id FROM tampered.public.t",
        "COMMENT ON TABLE tampered.public.t IS 'plain'",
    )
    yield bench.backup("tampered").path
    bench.do("DROP DATABASE precious CASCADE", "DROP DATABASE tampered CASCADE")


def _table(schema: DatabaseSchema, **changes: object) -> DatabaseSchema:
    tables = {t.name.name: t for t in schema.tables}
    changed = replace(tables["t"], **changes)  # type: ignore[arg-type]
    return replace(schema, tables=(tables["fine"], changed))


def _default(schema: DatabaseSchema) -> DatabaseSchema:
    table = next(t for t in schema.tables if t.name.name == "t")
    columns = tuple(
        replace(c, default=f"'x':::STRING{BOMB}") if c.name == "v" else c for c in table.columns
    )
    return _table(schema, columns=columns)


def _clause(schema: DatabaseSchema) -> DatabaseSchema:
    table = next(t for t in schema.tables if t.name.name == "t")
    return _table(
        schema,
        create_statement=table.create_statement + BOMB,
        create_without_foreign_keys=table.create_without_foreign_keys + BOMB,
    )


def _other_statement(schema: DatabaseSchema) -> DatabaseSchema:
    return _table(schema, create_statement=BOMB[2:], create_without_foreign_keys=BOMB[2:])


def _index(schema: DatabaseSchema) -> DatabaseSchema:
    return _table(schema, index_statements=("DROP DATABASE precious CASCADE",))


def _zone(schema: DatabaseSchema) -> DatabaseSchema:
    return _table(schema, zone_statements=(f"ALTER TABLE t CONFIGURE ZONE USING a = 1{BOMB}",))


def _view(schema: DatabaseSchema) -> DatabaseSchema:
    (view,) = schema.views
    body = f"{view.create_statement} UNION SELECT nextval('a'){BOMB}"
    return replace(schema, views=(replace(view, create_statement=body),))


def _comment(schema: DatabaseSchema) -> DatabaseSchema:
    target = f"TABLE public.t IS 'x'{BOMB} --"
    return replace(schema, comments=(CommentSpec(target, "x"),))


def _grant(schema: DatabaseSchema) -> DatabaseSchema:
    target = f"TABLE public.t TO root{BOMB} --"
    return replace(schema, grants=(GrantSpec(target, "root", ("SELECT",)),))


def _database_comment(schema: DatabaseSchema) -> DatabaseSchema:
    return replace(schema, comments=(CommentSpec("SCHEMA public IS 'x'" + BOMB, "x"),))


CHANGES: list[Change] = [
    _default,
    _clause,
    _other_statement,
    _index,
    _zone,
    _view,
    _comment,
    _grant,
    _database_comment,
]


@contextmanager
def changed(bench: Bench, path: str, change: Change) -> Iterator[None]:
    """The set with another schema.json, whose hashes fit, until the end."""
    location = find_location(bench.extern, path, bench.state)
    manifest, schema = read_manifest(location.manifest), read_schema(location.schema)
    kept = location.schema.read_bytes()
    try:
        write_schema(location.schema, change(schema))
        sealed = {f.path: f for f in seal_sidecars(location.sidecars)}
        files = tuple(sealed.get(f.path, f) for f in manifest.files)
        write_manifest(location.manifest, replace(manifest, files=files))
        yield
    finally:
        location.schema.write_bytes(kept)
        write_manifest(location.manifest, manifest)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_nothing_of_it_is_sent(bench: Bench, set_path: str, change: Change) -> None:
    before = bench.databases()
    with changed(bench, set_path, change), pytest.raises(KwtuiError) as refused:
        bench.restore(set_path, target="tampered_again")
    assert refused.value.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "precious" in str(refused.value.lines())
    assert bench.databases() == before


def test_the_other_tables_come_back_where_that_is_wanted(bench: Bench, set_path: str) -> None:
    with changed(bench, set_path, _default):
        with pytest.raises(KwtuiError) as refused:
            bench.restore(set_path, target="tampered_again")
        assert refused.value.title.startswith("public.t: it is not sent")
        assert "--leave-out public.t --leave-out public.w" in (refused.value.hint or "")
        bench.restore(set_path, target="tampered_again", leave_out=("t", "public.w"))
    try:
        assert bench.rows("SELECT count(*) FROM tampered_again.public.fine") == [("2",)]
        assert bench.tables("tampered_again") == {"fine"}
    finally:
        bench.do("DROP DATABASE tampered_again CASCADE")

"""A backup goes to a node whose files cannot be seen from here (live-findings, row 29)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox

STATEMENTS = (
    "CREATE DATABASE far",
    "CREATE TABLE far.public.t (id INT8 PRIMARY KEY, v STRING)",
    "INSERT INTO far.public.t VALUES (1, 'one'), (2, NULL), (3, 'a' || chr(10) || 'b')",
    "CREATE TS DATABASE sky",
    "CREATE TABLE sky.public.s (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) "
    "TAGS (site INT4 NOT NULL) PRIMARY TAGS (site)",
    "INSERT INTO sky.public.s VALUES ('2026-01-01 00:00:00', 1.5, 1)",
)


@dataclass(frozen=True)
class Cluster:
    """Here one connects and sees no files; there the files are and no server is needed."""

    here: CommandLine
    there: CommandLine
    extern: Path


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("far") / "node", "--empty")
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for statement in STATEMENTS:
            connection.execute(statement.encode())
    yield node
    stop_sandbox(node)


@pytest.fixture
def cluster(node: SandboxNode, tmp_path: Path) -> Cluster:
    blind = replace(node, extern=tmp_path / "an extern that is not here/extern")
    return Cluster(
        CommandLine(tmp_path / "here", blind), CommandLine(tmp_path / "there", node), node.extern
    )


def made_unseen(cluster: Cluster, database: str) -> tuple[str, Path]:
    result = cluster.here.backup(database, "--unseen")
    assert result["proof"] == 0
    return result["path"], Path(result["draft"])


def test_the_run_says_in_words_that_nothing_is_proven_and_what_to_do(cluster: Cluster) -> None:
    # Who sees no files sees no folder of the same second either: another database than the next.
    done = cluster.here.run("backup", "sky", "--unseen", *cluster.here.server)

    assert done.code == 0, done.err
    assert "P0, nothing is proven" in done.out
    assert "kwtui seal kwtui/sky/" in done.out
    assert "the backup stays at P0" in done.err


@pytest.mark.parametrize("database", ["far", "sky"])
def test_sealed_on_its_node_it_is_proven_and_can_be_restored(
    cluster: Cluster, tmp_path: Path, database: str
) -> None:
    path, draft = made_unseen(cluster, database)
    carried = tmp_path / draft.name
    shutil.copy(draft, carried)
    before = cluster.there.run("verify", path, *cluster.there.files)

    sealed = cluster.there.run("seal", path, "--draft", str(carried), *cluster.there.files)

    assert before.code == ExitCode.BACKUP_INCOMPLETE
    assert "kwtui seal" in before.err
    assert sealed.code == 0, sealed.err + sealed.out
    assert "proven to P2" in sealed.out
    assert cluster.there.run("verify", path, *cluster.there.files).code == 0
    again = cluster.there.run("seal", path, "--draft", str(carried), *cluster.there.files)
    assert again.code == ExitCode.DESTINATION_NOT_EMPTY
    drilled = cluster.there.run("drill", path, "--on", "sandbox", "--json", *cluster.there.files)
    assert drilled.objects[-1]["result"]["level"] == 4, drilled.out


def test_a_file_that_a_full_disk_cut_is_found_when_it_is_sealed(cluster: Cluster) -> None:
    path, draft = made_unseen(cluster, "far")
    (file,) = (cluster.extern / path / "data").rglob("*.csv")
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])

    done = cluster.there.run("seal", path, "--draft", str(draft), *cluster.there.files)

    assert done.code == ExitCode.BACKUP_INCOMPLETE
    assert "public.t: the server said 3 rows, the files hold 1" in done.err
    assert not (cluster.extern / path / "manifest.json").exists()


def test_the_draft_of_another_set_is_refused(cluster: Cluster) -> None:
    path, _ = made_unseen(cluster, "far")
    _, other = made_unseen(cluster, "sky")

    done = cluster.there.run("seal", path, "--draft", str(other), *cluster.there.files)

    assert done.code == ExitCode.USAGE
    assert "is the draft of kwtui/sky/" in done.err


def test_without_a_draft_nothing_can_be_sealed(cluster: Cluster) -> None:
    path, _ = made_unseen(cluster, "far")

    assert cluster.there.run("seal", path, *cluster.there.files).code == ExitCode.NOT_FOUND

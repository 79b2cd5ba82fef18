"""Live-findings, rows 23 to 26: full disks, cancelled statements, a node that dies."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.operations.plan import Step
from tests.faults.bench import Answer, Bench
from tests.faults.disks import FILLER, fill, small_disk
from tests.faults.nodes import kill_node, make_big, own_node, start_again, wait_until

BIG = TableName("public", "b_big")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Bench]:
    with own_node(tmp_path) as bench:
        yield bench


def kinds(bench: Bench) -> dict[str, EntryKind]:
    """What the listing calls each thing under extern."""
    return {entry.path: entry.kind for entry in scan(bench.extern, bench.state).entries}


def assert_leftover(bench: Bench, error: KwtuiError) -> None:
    """What stays is named, is no backup, and a second try works beside it."""
    assert "They are not a backup and can be removed" in error.hint
    sets = [p for p, kind in kinds(bench).items() if p.startswith("kwtui/")]
    assert sets
    assert {kinds(bench)[path] for path in sets} == {EntryKind.INCOMPLETE}


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def queries(bench: Bench, part: str) -> list[str]:
    """Ids of the running statements that hold ``part``."""
    rows = bench.rows("SELECT query_id, query, phase FROM [SHOW QUERIES]")
    return [
        row[0] or ""
        for row in rows
        if row[2] == "executing" and part in (row[1] or "") and "SHOW QUERIES" not in (row[1] or "")
    ]


def cancel_from_elsewhere(bench: Bench, part: str) -> Callable[[Step], None]:
    """Somebody cancels the statement while it runs, on a connection of their own."""

    def work() -> None:
        (query_id, *_) = wait_until(lambda: queries(bench, part))
        bench.say(f"CANCEL QUERY '{query_id}'")

    def begin(step: Step) -> None:
        in_background(work)

    return begin


def test_row_23_a_full_disk_is_a_succeeded_database_export(own: Bench) -> None:
    make_big(own, "row23")

    def fill_it(step: Step) -> None:
        if not (own.extern / FILLER).exists():
            fill(own.extern, leave=6 << 20)

    with small_disk(own.extern, 20):
        filler = fill(own.extern, leave=6 << 20)
        bare = own.say("EXPORT INTO CSV 'nodelocal://1/row23' FROM DATABASE row23")
        assert (bare.error, bare.tag) == ("", "EXPORT 2")
        assert len(bare.notices) == 2
        job = "SELECT status FROM [SHOW JOBS] WHERE job_type = 'EXPORT'"
        assert own.rows(job) == [("succeeded",)]
        cut = own.data_files("row23")["public/b_big/n1.0.csv"]
        assert 0 < cut.stat().st_size < 100_000 * 80
        filler.unlink()
        shutil.rmtree(own.extern / "row23")

        for method in (BackupMethod.DATABASE, BackupMethod.SNAPSHOT):
            plan = own.plan_backup("row23", method=method)
            with pytest.raises(KwtuiError) as full:
                own.run(plan, {"export": fill_it})
            assert full.value.exit_code is ExitCode.DISK_FULL, full.value.lines()
            words = " ".join(full.value.lines())
            assert "b_big" in words or "almost full" in words, words
            assert_leftover(own, full.value)
            (own.extern / FILLER).unlink()
            shutil.rmtree(own.extern / "kwtui")
        assert own.backup("row23")["proof"] == 2


def test_row_24_a_cancelled_export_leaves_files_that_block_a_second_try(own: Bench) -> None:
    make_big(own, "row24")
    sql = "EXPORT INTO CSV 'nodelocal://1/row24' FROM DATABASE row24"
    answers: list[Exception | Answer] = []

    def export() -> None:
        try:
            answers.append(own.say(sql))
        except Exception as error:
            answers.append(error)

    bare = in_background(export)
    (query_id, *_) = wait_until(lambda: queries(own, sql))
    own.do(f"CANCEL QUERY '{query_id}'")
    bare.join(30)
    assert "server closed the connection unexpectedly" in str(answers[0])
    assert "is not empty" in own.say(sql).error

    made = own.backup("row24", hooks={"export:public.b_big": cancel_from_elsewhere(own, "b_big")})
    assert made["proof"] == 2, "a second try has a folder of its own"
    assert any("retried once, into public/b_big~2" in text for text in made.story.notices)
    assert not (own.extern / made.path / "data/public/b_big").exists()


def test_row_25_a_cancelled_import_takes_the_table_away_for_a_while(own: Bench) -> None:
    make_big(own, "row25")
    own.do("ALTER TABLE b_big ALTER COLUMN v SET DEFAULT 'none'", database="row25")
    made = own.backup("row25", tables=(BIG,))
    create = own.rows("SHOW CREATE TABLE b_big", "row25")
    own.do("CREATE TABLE bare (id INT8 PRIMARY KEY, v STRING)", database="row25")
    files = ", ".join(f"'nodelocal://1/{made.path}/{file}'" for file in own.data_files(made.path))
    running = (
        "SELECT job_id::STRING FROM [SHOW JOBS] WHERE job_type = 'IMPORT' AND status = 'running'"
    )
    answers: list[Answer] = []
    bare = in_background(
        lambda: answers.append(
            own.say(f"IMPORT INTO bare CSV DATA ({files}) WITH nullif = '\\N'", "row25")
        )
    )
    ((job,), *_) = wait_until(lambda: own.rows(running))
    own.do(f"CANCEL JOB {job}")
    bare.join(60)
    assert "cannot update progress on cancel-requested job" in answers[0].error
    assert "does not exist" in own.say("SELECT count(*) FROM bare", "row25").error

    own.do("TRUNCATE TABLE b_big", database="row25")

    def cancel(step: Step) -> None:
        def work() -> None:
            ((found,), *_) = wait_until(lambda: own.rows(running))
            own.do(f"CANCEL JOB {found}")

        in_background(work)

    with pytest.raises(KwtuiError) as cancelled:
        own.restore(
            made.path,
            target="row25",
            strategy=RestoreStrategy.DATA_ONLY,
            hooks={"import:public.b_big": cancel},
        )
    words = " ".join(cancelled.value.lines())
    assert "public.b_big" in words
    assert own.rows("SHOW CREATE TABLE b_big", "row25") == create, "it is back, with its default"
    assert own.one("SELECT count(*) FROM b_big", "row25") == "0"
    done = own.restore(made.path, target="row25", strategy=RestoreStrategy.DATA_ONLY)
    assert done["rows"] == 120_000


def test_row_26_the_job_of_an_export_outlives_its_server(own: Bench) -> None:
    make_big(own, "row26")

    def cut_the_power(step: Step) -> None:
        def work() -> None:
            wait_until(lambda: queries(own, "b_big"))
            kill_node(own.node)

        in_background(work)

    with pytest.raises(KwtuiError) as lost:
        own.backup("row26", hooks={"export:public.b_big": cut_the_power})
    # The second is what a connection says that is just being opened, for the next table.
    assert lost.value.exit_code in (ExitCode.CONNECTION_LOST, ExitCode.SERVER_UNREACHABLE)
    assert_leftover(own, lost.value)

    again = start_again(own)
    jobs = "SELECT status FROM [SHOW JOBS] WHERE job_type = 'EXPORT' AND status <> 'succeeded'"
    assert again.rows(jobs), "it says running, for ever"
    assert {row[0] for row in again.rows(jobs)} == {"running"}
    assert again.backup("row26")["proof"] == 2, "kwtui asks the files and not the job"

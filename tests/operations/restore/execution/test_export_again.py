"""What was restored is exported again, and its records are compared with the backup's."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.operations.plan import Step
from kwtui.text import human_bytes
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made

DATABASE = "again"
MODULE = "kwtui.operations.restore.execution.export_again"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(f"CREATE TS DATABASE {DATABASE}")
    bench.do(
        "CREATE TABLE t (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, s VARCHAR(30)) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        "INSERT INTO t VALUES ('2026-11-01 00:00:00', 0.1, 'abc', 1), "
        "('2026-11-01 12:00:00', NULL, e'two\\nlines, \"q\"', 1), "
        "('2026-11-02 00:00:00', 0.3, '温度', 2), ('2026-11-03 06:00:00', 3, NULL, 2)",
        database=DATABASE,
    )
    yield bench
    bench.do(f"DROP DATABASE {DATABASE} CASCADE")


@pytest.fixture(scope="module")
def made(bench: Bench) -> Made:
    return bench.backup(DATABASE)


@pytest.fixture(autouse=True)
def clean(bench: Bench) -> Iterator[None]:
    yield
    bench.do("DROP DATABASE IF EXISTS back CASCADE")
    assert not (bench.extern / "kwtui" / ".staging").exists(), "nothing is left in extern"


def test_every_record_is_compared_without_a_checksum(bench: Bench, made: Made) -> None:
    done = bench.restore(made.path, target="back")
    (line,) = done["comparison"]
    assert (line["check"], line["checksum"], line["check_reason"]) == ("records", "the same", "")


def test_a_text_of_the_same_length_is_found_and_shown(bench: Bench, made: Made) -> None:
    """The aggregates are the same: only the records tell."""

    def change(step: Step) -> None:
        (name,) = [n for n in bench.databases() if n and n.startswith("back")]
        bench.do("INSERT INTO t VALUES ('2026-11-01 00:00:00', 0.1, 'abd', 1)", database=name)

    with pytest.raises(KwtuiError) as error:
        bench.restore(made.path, target="back", hooks={"compare": change})

    assert error.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "only in the backup: 2026-11-01 00:00:00+00:00,0.1,abc,1" in error.value.title
    assert "only restored: 2026-11-01 00:00:00+00:00,0.1,abd,1" in error.value.title


def test_where_space_is_short_the_aggregates_are_compared_and_that_is_told(
    bench: Bench, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    little = SimpleNamespace(free=1 << 20)
    monkeypatch.setattr(f"{MODULE}.space_at", lambda path: little)

    done = bench.restore(made.path, target="back")

    (line,) = done["comparison"]
    assert (line["check"], line["checksum"]) == ("aggregates", "the same")
    assert any(
        "public.t was compared by aggregates, not record by record" in words
        and f"{human_bytes(1 << 20)} are free" in words
        for words in done.story.notices
    )


def test_an_account_that_could_not_remove_the_nodes_files_has_none_written(
    bench: Bench, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}.os", SimpleNamespace(geteuid=lambda: 4711))
    done = bench.restore(made.path, target="back")
    assert "could not remove" in done["comparison"][0]["check_reason"]


def test_files_that_are_not_seen_are_not_taken_for_lost_rows(
    bench: Bench, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}.walk", lambda folder: iter(()))
    done = bench.restore(made.path, target="back")
    assert "no file of it was found" in done["comparison"][0]["check_reason"]


def test_a_set_that_was_only_counted_is_compared_by_its_records(bench: Bench) -> None:
    counted = bench.backup(DATABASE, check=CheckLevel.COUNTS)
    done = bench.restore(counted.path, target="back")
    assert done["comparison"][0]["check"] == "records"

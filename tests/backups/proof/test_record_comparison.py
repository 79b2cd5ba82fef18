"""Two exports of the same rows, in one process and in several."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kwtui.backups.proof import scan_pool
from kwtui.backups.proof.record_comparison import compare_records
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect

ROWS = [f'{n},"text ""{n}""\nof two lines",{n * 0.5}\n' for n in range(5_000)]


def export(folder: Path, rows: list[str], chunk: int) -> list[Path]:
    folder.mkdir()
    paths = []
    for number, start in enumerate(range(0, len(rows), chunk)):
        paths.append(folder / f"n1.{number}.csv")
        paths[-1].write_text("".join(rows[start : start + chunk]), encoding="utf-8")
    return paths


@pytest.fixture(params=["one process", "several"], autouse=True)
def processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "several":
        monkeypatch.setattr(scan_pool, "_WORTH_PROCESSES", 0)


def test_chunks_and_order_make_no_difference(tmp_path: Path) -> None:
    shuffled = ROWS[:]
    random.Random(1).shuffle(shuffled)  # noqa: S311 - only an order
    here, there = export(tmp_path / "a", ROWS, 1_300), export(tmp_path / "b", shuffled, 5_000)
    seen: list[int] = []
    found = compare_records(here, there, Dialect(), workers=2, tick=seen.append)
    assert (found.same, found.records_here, found.records_there) == (True, 5_000, 5_000)
    assert sum(seen) == sum(path.stat().st_size for path in (*here, *there))


def test_the_records_that_differ_are_shown(tmp_path: Path) -> None:
    changed = [*ROWS[:7], ROWS[7].replace("of two", "or two"), *ROWS[8:], ROWS[9]]
    here, there = export(tmp_path / "a", ROWS, 900), export(tmp_path / "b", changed, 800)
    found = compare_records(here, there, Dialect(), workers=2)
    assert (found.same, found.records_here, found.records_there) == (False, 5_000, 5_001)
    assert found.only_here == ('7,"text ""7""\nof two lines",3.5',)
    assert found.only_there == (
        '7,"text ""7""\nor two lines",3.5',
        '9,"text ""9""\nof two lines",4.5',
    )


def test_nothing_on_both_sides_is_the_same() -> None:
    assert compare_records([], [], Dialect()).same


def test_a_file_that_is_cut_is_told_by_its_name(tmp_path: Path) -> None:
    here, there = export(tmp_path / "a", ROWS, 900), export(tmp_path / "b", ROWS, 900)
    there[2].write_text('1,"cut', encoding="utf-8")
    with pytest.raises(KwtuiError) as error:
        compare_records(here, there, Dialect(), workers=2)
    assert error.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "n1.2.csv" in error.value.title


def test_a_file_that_is_gone_is_told_by_its_name(tmp_path: Path) -> None:
    here = export(tmp_path / "a", ROWS, 900)
    with pytest.raises(KwtuiError, match=r"gone\.csv"):
        compare_records(here, [tmp_path / "gone.csv"], Dialect(), workers=2)


def test_it_ends_when_nobody_waits_any_more(tmp_path: Path) -> None:
    here, there = export(tmp_path / "a", ROWS, 900), export(tmp_path / "b", ROWS, 900)

    def stop(size: int) -> None:
        raise KwtuiError("cancelled", exit_code=ExitCode.CANCELLED)

    with pytest.raises(KwtuiError) as error:
        compare_records(here, there, Dialect(), workers=2, tick=stop)
    assert error.value.exit_code is ExitCode.CANCELLED


@pytest.mark.parametrize(
    ("theirs", "ours", "same"),
    [
        ('"1","a","x;y"', "1,a,x;y", True),
        ('1,"it""s, so",""', '1,"it""s, so",', True),
        ('1,"two\nlines","b"', '1,"two\nlines",b', True),
        # Quoted it is the text, bare it is NULL.
        ('1,"\\N",b', "1,\\N,b", False),
        ('"1","a"', "1,b", False),
        ('"1,a"', "1,a", False),
        ('"1"x,a', "1x,a", False),
    ],
)
def test_quotes_that_a_value_does_not_need_make_no_difference(
    tmp_path: Path, theirs: str, ours: str, same: bool
) -> None:
    """Spreadsheets quote everything, EXPORT what needs it; IMPORT makes the same of both."""
    one, two = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    one.write_text(f"{theirs}\n0,same,z\n")
    two.write_text(f"0,same,z\n{ours}\n")
    assert compare_records([one], [two], Dialect()).same is same

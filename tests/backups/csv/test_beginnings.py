"""Records are found by what they begin with, and lines inside texts are none."""

from __future__ import annotations

from pathlib import Path

from kwtui.backups.csv.beginnings import records_beginning, some_time

TEXT = (
    '2026-11-01 00:00:00+00:00,"a\n2026-11-01 00:00:01+00:00,no record\n""x""",1\n'
    "2026-11-01 00:00:02+00:00,b,1\n"
    "2026-11-01 00:00:02+00:00,b,1\n"
    '2026-11-02 00:00:00+00:00,"c\nd",1'
)


def test_records_are_found_whole_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_text(TEXT)
    found = records_beginning([file], "2026-11-01 ", '"')
    first = TEXT[: TEXT.index("\n2026-11-01 00:00:02")]
    assert found == {first.encode(): 1, b"2026-11-01 00:00:02+00:00,b,1": 2}
    assert list(records_beginning([file], "2026-11-02 ", '"')) == [
        TEXT[TEXT.index("2026-11-02") :].encode()
    ]
    assert not records_beginning([file], "2026-11-03 ", '"')


def test_a_time_is_found_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_text("ts,a\n" + TEXT)
    assert some_time(file, 0.0) == "2026-11-01 00:00:00"
    assert some_time(file, 0.99) == "2026-11-01 00:00:00", "behind the last one it begins anew"
    file.write_text("ts,a\n")
    assert some_time(file, 0.5) == ""

"""Wanted records are copied letter by letter; what cannot be judged is not passed over."""

from __future__ import annotations

from io import BytesIO

import pytest

from kwtui.backups.csv.excerpt import Excerpt, ExcerptCopy, TagTest
from kwtui.backups.csv.reading import MalformedRecord
from kwtui.model.requests import Dialect

TEXT = (
    '2026-11-01 00:00:00+00:00,"a ""b""\nc",1,\\N\n'
    "2026-11-01 00:00:00.5+00:00,值,2,x\n"
    '2026-11-02 00:00:00+00:00,"\\N",01,"\\N"'
)
PLAIN = Dialect()
DAY = Excerpt("2026-11-01 00:00:00", "2026-11-01 00:00:00.5")


def copied(excerpt: Excerpt, text: str = TEXT, dialect: Dialect = PLAIN) -> tuple[str, int]:
    out, copy = BytesIO(), ExcerptCopy(excerpt, dialect, 4)
    copy(BytesIO(text.encode("gbk" if dialect.charset == "GBK" else "utf-8")), out)
    return out.getvalue().decode("gbk" if dialect.charset == "GBK" else "utf-8"), copy.rows


def test_everything_is_the_file_itself() -> None:
    assert copied(Excerpt()) == (TEXT + "\n", 3)
    assert copied(Excerpt(), dialect=Dialect(charset="GBK")) == (TEXT + "\n", 3)


def test_the_first_moment_is_wanted_and_the_last_is_not() -> None:
    assert copied(DAY) == (TEXT[: TEXT.index("2026-11-01 00:00:00.5")], 1)
    assert copied(Excerpt(since="2026-11-01 00:00:00.5"))[1] == 2
    assert copied(Excerpt(until="2026-11-02 00:00:00"))[1] == 2


def test_null_is_not_the_text_of_null_and_numbers_are_numbers() -> None:
    null, text = TagTest(3, "VARCHAR(9)", (None,)), TagTest(3, "VARCHAR(9)", ("\\N",))
    assert copied(Excerpt(tags=(null,)))[0].startswith("2026-11-01 00:00:00+")
    assert copied(Excerpt(tags=(text,)))[0].startswith("2026-11-02")
    assert copied(Excerpt(tags=(TagTest(2, "INT4", ("1",)),)))[1] == 2


def test_column_names_are_left_out() -> None:
    assert copied(Excerpt(), "ts,s,id,site\n" + TEXT, Dialect(header=True)) == (TEXT + "\n", 3)


@pytest.mark.parametrize("line", ["2026-11-01 00:00:00+08:00,a,1,x", "noon,a,1,x", "\\N,a,1,x",
                                  "2026-11-01 00:00:00+00:00,a,1"])  # fmt: skip
def test_what_cannot_be_judged_is_told(line: str) -> None:
    with pytest.raises(MalformedRecord):
        copied(DAY, line)


def test_stretches_of_time_that_hold_only_wanted_rows_are_known() -> None:
    day = Excerpt("2026-11-02 00:00:00", "2026-11-04 00:00:00")
    second, third = "2026-11-02 00:00:00+00:00", "2026-11-03 00:00:00+00:00"
    assert (day.holds(second, third), day.meets(second, third)) == (True, True)
    assert (day.holds("", third), day.meets("", third)) == (False, True), "it may begin before"
    assert (day.holds(third, ""), day.meets(third, "")) == (False, True)
    assert not day.meets("", second), "it ends where the wanted time begins"
    assert not day.meets("2026-11-04 00:00:00+00:00", "")
    assert not Excerpt(tags=(TagTest(2, "INT4", ("1",)),)).holds("", "")

"""What other programs do to a CSV file is seen, and undone block by block."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.csv.alterations import PLAIN, FileForm, Plainer, copy_plain, form_of
from kwtui.backups.csv.record_scan import scan_file
from kwtui.model.requests import Dialect

DATA = 'k1,"two\r\nlines",x\nk2,"it ""is""",中\nk3,"",\n'


def changed(form: FileForm, data: str = DATA) -> bytes:
    """The data as a program of that form writes it."""
    text = ("a,b,c\n" if form.header else "") + data
    parts = text.split('"')
    parts[::2] = [part.replace("\n", form.line_end) for part in parts[::2]]
    text = ("\ufeff" if form.mark else "") + '"'.join(parts)
    return text.encode(form.encoding or "utf-8")


FORMS = [
    FileForm(mark, encoding, line_end, header)
    for mark, encoding in (
        ("", ""),
        ("UTF-8", ""),
        ("UTF-16LE", "UTF-16LE"),
        ("UTF-16BE", "UTF-16BE"),
        ("UTF-32LE", "UTF-32LE"),
        ("", "UTF-16LE"),
    )
    for line_end in ("\n", "\r\n", "\r")
    for header in (False, True)
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.words or "plain")
def test_a_form_is_seen_and_undone(form: FileForm, tmp_path: Path) -> None:
    data = changed(form)
    seen = form_of(data)
    file = tmp_path / "n1.0.csv"
    file.write_bytes(data)
    copy = io.BytesIO()

    copy_plain(io.BytesIO(data), copy, form)
    scan = scan_file(file, Dialect(null_text=""), fields=3, form=form)

    assert (seen.mark, seen.encoding, seen.line_end) == (form.mark, form.encoding, form.line_end)
    assert copy.getvalue().decode() == DATA
    assert (scan.bytes, scan.records, scan.problems) == (len(data), 3, ())


@given(
    form=st.sampled_from(FORMS),
    cuts=st.lists(st.integers(0, 200), max_size=8),
    values=st.lists(st.text('a",\r\n中', max_size=5), min_size=1, max_size=4),
)
def test_it_does_not_matter_where_blocks_end(
    form: FileForm, cuts: list[int], values: list[str]
) -> None:
    text = "".join('"{}"\n'.format(v.replace('"', '""')) for v in values)
    data = changed(form, text)
    plainer, done = Plainer(form), b""
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in pairwise(edges):
        done += plainer.feed(data[start:end])
    done += plainer.feed(b"", final=True)

    assert done.decode() == text


def test_what_export_writes_has_no_form() -> None:
    assert form_of(b'1,"a\r\nb"\n2,x\n') == PLAIN
    assert form_of(b"") == PLAIN
    assert PLAIN.words == ""


def test_a_carriage_return_that_no_line_end_explains_is_damage(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"1,a\n2,b\r\n3,c\n")

    foreign = scan_file(file, Dialect(), fields=2, form=form_of(file.read_bytes()))

    assert foreign.problems == ("record 2: a carriage return outside quotes",)
    assert scan_file(file, Dialect(), fields=2).problems == ()


def test_empty_lines_of_one_column_are_counted_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b'\n\na\n""\n\n"x\n\ny"\n')
    for size in (1, 2, 3, 1 << 18):
        monkeypatch.setattr("kwtui.backups.csv.record_scan.BLOCK", size)
        scan = scan_file(file, Dialect(null_text=""), fields=1)
        assert (scan.records, scan.blanks, scan.malformed) == (6, 3, 0)

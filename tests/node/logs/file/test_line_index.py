"""Line numbers are exact for any content, however the file grew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.node.logs.file import line_index as logindex
from kwtui.node.logs.file.line_index import LineIndex

contents = st.lists(st.sampled_from([b"\n", b"a", b"bcd", b"\r\n", b"\xff"]), max_size=60).map(
    b"".join
)


@given(contents, st.integers(1, 9), st.data())
def test_lines_and_offsets_agree_with_the_whole_content(
    content: bytes, block: int, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logindex, "BLOCK", block)
        index = LineIndex()
        while index.done < len(content):
            wanted = data.draw(st.integers(1, index.next_piece()))
            index.feed(content[index.done : index.done + wanted])

        def read(count: int, offset: int) -> bytes:
            return content[offset : offset + count]

        starts = [0] + [i + 1 for i, byte in enumerate(content) if byte == 10]
        for number, start in enumerate(starts):
            assert index.offset_of(number, read) == start
            assert index.line_at(start, read) == number
        assert index.offset_of(len(starts), read) is None
        assert index.newlines == content.count(b"\n")
        assert index.line_at(len(content) + 1, read) is None

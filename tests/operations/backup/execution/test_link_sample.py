"""The rows that are compared lie around one that is there, and are about as many as wanted."""

from __future__ import annotations

import pytest

from kwtui.operations.backup.execution.link_sample import Span, span_around

DAY = Span("2026-11-03 ", "2026-11-03 00:00:00+00:00", "2026-11-04 00:00:00+00:00")
HOUR = Span("2026-11-03 14:", "2026-11-03 14:00:00+00:00", "2026-11-03 15:00:00+00:00")
MINUTE = Span("2026-11-03 14:59:", "2026-11-03 14:59:00+00:00", "2026-11-03 15:00:00+00:00")
SECOND = Span("2026-11-03 14:59:07", "2026-11-03 14:59:07+00:00", "2026-11-03 14:59:08+00:00")


@pytest.mark.parametrize(
    ("rows", "span"), [(2_000, DAY), (48_000, HOUR), (2_880_000, MINUTE), (1 << 40, SECOND)]
)
def test_a_span_grows_with_what_may_be_read(rows: int, span: Span) -> None:
    assert span_around("2026-11-03 14:59:07", rows, 2_000) == span

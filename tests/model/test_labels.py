"""A label stands in every list of backups: one line, and short."""

from __future__ import annotations

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.labels import LONGEST_LABEL, check_label, label_problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ""),
        ("before the upgrade", ""),
        ("x" * LONGEST_LABEL, ""),
        ("仓" * LONGEST_LABEL, ""),
        ("x" * (LONGEST_LABEL + 1), "A label has at most 100 characters; this one has 101."),
        ("two\nlines", "A label is one line of printable text."),
        ("an \x1b[31mescape", "A label is one line of printable text."),
    ],
)
def test_what_is_no_label_is_told_in_words(text: str, problem: str) -> None:
    assert label_problem(text) == problem
    if not problem:
        return check_label(text)
    with pytest.raises(KwtuiError) as refused:
        check_label(text)
    assert refused.value.exit_code is ExitCode.USAGE
    return None

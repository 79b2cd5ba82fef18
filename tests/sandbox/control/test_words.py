"""The sandbox's own command line."""

from __future__ import annotations

import pytest

from kwtui.sandbox.__main__ import main


@pytest.mark.parametrize("given", [["--root-password", "hunter2"], ["--pw=hunter2"], ["-phunter2"]])
def test_words_that_it_does_not_take_are_not_repeated(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["start", *given])
    told = capsys.readouterr().err
    assert "hunter2" not in told
    assert f"the first: {given[0].partition('=')[0][:15].removesuffix('hunter2')}" in told

"""Whoever mistypes a command is told what is wrong in words, and what was probably meant."""

from __future__ import annotations

import pytest

from kwtui.commands.parsers.root import make_parser
from kwtui.errors import KwtuiError


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("bakcup shop", "Unknown command: 'bakcup'. Did you mean backup?"),
        ("frobnicate", "Unknown command: 'frobnicate'."),
        ("backup", "Missing argument: DB."),
        ("label", "Missing arguments: SET, TEXT."),
        ("completion tcsh", "Unknown shell: 'tcsh'. Choose from bash, zsh or fish."),
        ("schedule instal night", "Unknown action: 'instal'. Did you mean install?"),
        ("offsite psh vault", "Unknown action: 'psh'. Did you mean push?"),
        ("list --jsn", "Unknown option: --jsn. Did you mean --json?"),
        ("list --colour=red", "Unknown option: --colour."),
        ("list shop plant", "Unexpected argument: plant."),
        ("backup shop --check some", "--check: 'some' is not one of counts, aggregates, sample or"
         " full."),
        ("backup shop --dsn", "--dsn needs a value."),
        ("backup shop --parallel 0", "--parallel: must be 1 or more."),
        ("jobs show abc", "ID: 'abc' is not a whole number."),
        ("delete a/b --yes --dry-run", "--dry-run cannot be combined with --yes."),
        ("status --max-age 3", "--max-age: '3' is not a duration: write 90min, 26h, 7d or 2w."),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_told_in_words(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = line.split()
    with pytest.raises(KwtuiError) as error:
        make_parser(words).parse_args(words)
    assert str(error.value) == told
    assert capsys.readouterr().err.startswith("usage: kwtui")


def test_the_hint_names_the_help_of_the_command() -> None:
    words = ["verify", "kwtui/shop/x", "--level", "P9"]
    with pytest.raises(KwtuiError) as error:
        make_parser(words).parse_args(words)
    assert error.value.hint == "See the usage: kwtui verify --help"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_help_fits_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("restore", "status", "drill", "pin", "prune"):
        with pytest.raises(SystemExit):
            make_parser([name]).parse_args([name, "--help"])
        prose, _, _ = capsys.readouterr().out.partition("\nexamples:")
        _, _, prose = prose.partition("\n\n")  # What stands before is argparse's own.
        prose = prose.partition("\noptions:")[0].partition("\npositional arguments:")[0]
        widest = max(prose.splitlines(), key=len)
        assert len(widest) <= min(columns, 96), widest

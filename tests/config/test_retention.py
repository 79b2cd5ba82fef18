"""How long backups stay, in a file that people read and write too."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.retention import load_policies, save_policy
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies, RetentionPolicy

WEEK = RetentionPolicy(keep_daily=7, keep_weekly=4, min_proof=ProofLevel.P4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "retention.toml"


def test_without_a_file_there_is_no_policy(file: Path) -> None:
    assert load_policies(file) == RetentionPolicies()
    assert load_policies(file).of("shop") is None


def test_policies_come_back_as_they_were_saved(file: Path) -> None:
    save_policy(None, RetentionPolicy(keep_last=3), file)
    save_policy('od"d\n', WEEK, file)
    save_policy("shop", RetentionPolicy(keep_yearly=10), file)
    save_policy("shop", WEEK, file)

    found = load_policies(file)
    assert found == RetentionPolicies(RetentionPolicy(keep_last=3), {'od"d\n': WEEK, "shop": WEEK})
    assert (found.of("shop"), found.of("other")) == (WEEK, RetentionPolicy(keep_last=3))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_policy_can_be_forgotten(file: Path) -> None:
    save_policy("shop", WEEK, file)
    save_policy("shop", None, file)

    assert load_policies(file) == RetentionPolicies()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[default]\nkeep_dayly = 7", "keep_daily"),
        ('[default]\nkeep_daily = "7"', "whole number"),
        ("[default]\nkeep_daily = true", "whole number"),
        ("[default]\nkeep_daily = -1", "a negative number"),
        ("[default]\nkeep_last = 0", "at least one count"),
        ('[database.shop]\nkeep_last = 1\nmin_proof = "P9"', "P1, P2, P3, P4, not"),
        ('[database.shop]\nkeep_last = 1\nmin_proof = "P0"', "P1, P2, P3, P4, not"),
        ('[default]\nkeep_last = 1\nmin_proof = ["P2"]', "not ['P2']"),
        ("[database.shop]", "at least one count"),
        ("database = 3", "one table"),
        ("default = 3", "must be a table"),
        ("[defaults]\nkeep_last = 1", "not known"),
        ("format = 9", "format 9"),
        ("[default", "Expected"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_naming_the_place(
    file: Path, text: str, words: str
) -> None:
    file.parent.mkdir()
    file.write_text(text)

    with pytest.raises(KwtuiError) as caught:
        load_policies(file)
    with pytest.raises(KwtuiError):
        save_policy("shop", WEEK, file)

    assert caught.value.exit_code is ExitCode.USAGE
    assert words in " ".join(caught.value.lines())
    assert file.read_text() == text

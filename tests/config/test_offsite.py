"""What is wrong in offsite.toml is told with its place, and keys keep their spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.offsite import add_target, find_target, load_targets
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[target.vault]", "In [target.vault]: url is missing."),
        (
            '[target.vault]\nurl = "file:///x"\nrecipients = "age1"',
            "In [target.vault]: recipients must be a list of public keys.",
        ),
        (
            '[target.vault]\nurl = "file:///x"\n[target.vault.retention]\nmin_proof = "P4"',
            "In [target.vault.retention]: min_proof must be one of O1, O2, O3, O4, not 'P4'.",
        ),
        ("[target.vault]\nurl = 3", "In [target.vault]: url must be text in quotes, not 3."),
        ('[target.vault]\ntoken = "x"', "A secret was found in [target.vault]."),
        ("[target]\nvault = 1", "[target.vault] must be a table."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "offsite.toml"
    path.write_text(text)
    with pytest.raises(KwtuiError) as told:
        load_targets(path)
    assert told.value.cause == says
    assert told.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("name", ["/mnt/vault", "s3:vault", "a/b", "", "two words", "-v", "a\nb"])
def test_a_name_that_would_not_be_found_again_is_not_saved(tmp_path: Path, name: str) -> None:
    path = tmp_path / "offsite.toml"
    with pytest.raises(KwtuiError) as told:
        add_target(TargetSettings("file:///mnt/vault", name), path)
    assert "is no name for an off-site target" in told.value.title
    assert told.value.exit_code is ExitCode.USAGE
    assert not path.exists()


@pytest.mark.parametrize("name", ["vault", "vault-2.old", "日本"])
def test_a_folder_may_be_written_as_its_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / "offsite.toml"
    add_target(TargetSettings("/mnt/vault", name), path)
    assert find_target(name, path).url == "file:///mnt/vault"

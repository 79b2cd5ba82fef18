"""What names a target, what does not, and that no secret is taken or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.offsite import add_target, find_target, load_targets
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.model.proof import ProofLevel
from kwtui.offsite.targets.opening import check_url

GOOD = (
    "file:///mnt/vault",
    "sftp://backup@vault.example:2222/srv/kwtui",
    "sftp://vault/~/kwtui",
    "s3://bucket/prefix/deeper",
    "s3://bucket",
    "rclone:vault:kwtui/x",
)
BAD = (
    "",
    "file://host/mnt",
    "ftp://host/x",
    "sftp://host",
    "sftp://-oProxyCommand=evil/x",
    "sftp://-oProxyCommand=evil@host/x",
    "s3:///x",
    "s3://Bucket_/x",
    "rclone:x",
    "rclone:--config=evil:x",
    "sftp://host:99999/x",
    "file:///x?y",
)


@pytest.mark.parametrize("url", GOOD)
def test_these_name_a_target(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize("url", BAD)
def test_these_do_not(url: str) -> None:
    with pytest.raises(KwtuiError) as raised:
        check_url(url)
    assert raised.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("url", ["sftp://me:hush@host/x", "s3://key:hush@bucket/x"])
def test_a_password_is_refused_and_not_said_again(url: str) -> None:
    with pytest.raises(KwtuiError) as raised:
        check_url(url)
    assert "hush" not in "\n".join(raised.value.lines())


def test_comments_and_order_of_the_file_survive(tmp_path: Path) -> None:
    file = tmp_path / "offsite.toml"
    text = (
        "# ours\nformat = 1\n[target.old] # the first\nurl = 'file:///old'\n"
        "[target.old.retention]\nkeep_daily = 3 # days\nmin_proof = 'O2'\n"
    )
    file.write_text(text)
    add_target(TargetSettings("s3://bucket/x", "new", ("age1abc",)), file)
    assert file.read_text().startswith(text.rstrip("\n"))
    targets = load_targets(file)
    assert [*targets] == ["old", "new"]
    assert targets["new"].recipients == ("age1abc",)
    retention = targets["old"].retention
    assert retention is not None
    assert (retention.keep_daily, retention.min_proof) == (3, ProofLevel.P2)
    assert find_target("old", file).url == "file:///old"
    with pytest.raises(KwtuiError) as raised:
        add_target(TargetSettings("file:///x", "old"), file)
    assert raised.value.exit_code is ExitCode.NAME_TAKEN


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('secret_key = "hush"', "a secret"),
        ('urll = "x"', "'urll'"),
        ("recipients = 3", "recipients"),
        ("lock_days = 'x'", "whole number"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "offsite.toml"
    file.write_text(f'[target.vault]\nurl = "file:///x"\n{line}\n')
    with pytest.raises(KwtuiError) as raised:
        load_targets(file)
    said = "\n".join(raised.value.lines())
    assert words in said.lower()
    assert "hush" not in said


def test_an_unknown_name_is_told_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "offsite.toml"
    file.write_text('[target.vault]\nurl = "file:///x"\n')
    with pytest.raises(KwtuiError) as raised:
        find_target("vualt", file)
    assert "vault" in raised.value.hint

"""Places for copies are saved, shown, changed and forgotten from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.offsite import load_targets
from kwtui.errors import ExitCode
from kwtui.model.offsite import TargetSettings
from tests.commands.saved import Shell, edit_with, policy

OF_A_PERSON = """\
# Ours.
format = 1

[target.vault]  # the one in the cellar
url = "sftp://backup@vault.example/srv/kwtui"
[target.vault.retention]
keep_daily = 30
min_proof = "O2"
"""


@pytest.fixture
def kwtui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path / "config"))
    return Shell("offsite", tmp_path / "config" / "offsite.toml", capsys)


def test_an_object_store_is_saved_with_what_it_needs_and_shown(kwtui: Shell) -> None:
    kwtui.write(OF_A_PERSON)
    options = "--endpoint http://minio:9000 --region eu-1 --credentials nightly --lock-days 30"
    said = kwtui.object("add", "cloud", "s3://bucket/kwtui", *options.split(), "--virtual-host")
    cloud = TargetSettings(
        "s3://bucket/kwtui",
        "cloud",
        endpoint="http://minio:9000",
        region="eu-1",
        credentials="nightly",
        lock_days=30,
        path_style=False,
    )
    assert load_targets(kwtui.file)["cloud"] == cloud
    assert kwtui.file.read_text("utf-8").startswith(OF_A_PERSON)
    assert said["target"]["endpoint"] == "http://minio:9000"
    assert kwtui("show", "cloud") == 0
    assert {tuple(line.split(maxsplit=1)) for line in kwtui.out.splitlines()} == {
        ("name", "cloud"),
        ("url", "s3://bucket/kwtui"),
        ("endpoint", "http://minio:9000"),
        ("region", "eu-1"),
        ("credentials", "nightly"),
        ("lock_days", "30"),
        ("path_style", "false"),
        ("recipients", "none: copies are plain"),
    }


def test_rules_and_policies_are_shown_with_a_target(kwtui: Shell) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\n[offsite]\ntarget = "vault"\n')
    policy(kwtui, "other", 'databases = ["*"]\n[offsite]\ntarget = "cloud"\n')
    policy(kwtui, "torn", "databases = [")
    assert kwtui("show", "vault") == 0
    assert kwtui.out.splitlines()[-4:] == [
        "retention.keep_daily  30",
        "retention.min_proof   O2",
        "The policy nightly sends copies there.",
        "The policy torn cannot be read: it may send copies there.",
    ]
    assert kwtui("show", "vualt") == ExitCode.USAGE
    assert "Did you mean 'vault'?" in kwtui.said


def test_a_target_goes_by_its_name_and_its_policies_are_named(kwtui: Shell) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\n[offsite]\ntarget = "vault"\n')
    for words in (("vault",), ("vault", "--yes", "vualt")):
        assert kwtui("remove", *words) == ExitCode.USAGE
        assert "The policy nightly sends copies there." in kwtui.said
        assert "--yes vault" in kwtui.said
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON
    gone = kwtui.object("remove", "vault", "--yes", "vault")
    assert gone["used_by"] == ["the policy nightly sends copies there"]
    assert load_targets(kwtui.file) == {}
    assert kwtui.file.read_text("utf-8").startswith("# Ours.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("text.replace('sftp:', 'ftp:')", "names no target"),
        ("text.replace('url', 'urll')", "'urll'"),
        ("text.replace('keep_daily = 30', 'keep_daily = 0')", "at least one count"),
        ("text.replace('[target.vault.', 'recipients = [\"age1x\"]\\n[target.vault.')", "age1x"),
    ],
)
def test_an_edit_counts_once_every_target_can_be_used(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    pytest.importorskip("pyrage")
    assert kwtui("edit") == ExitCode.NOT_FOUND
    kwtui.write(OF_A_PERSON)
    edit_with(monkeypatch, tmp_path, f"text = {change}")
    assert kwtui("edit") == ExitCode.USAGE
    assert said in kwtui.said
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON
    kept = kwtui.file.with_name("offsite.toml.refused")
    assert str(kept) in kwtui.said
    assert kept.stat().st_mode & 0o077 == 0
    edit_with(monkeypatch, tmp_path, "text = text.replace('30', '31')")
    assert kwtui.object("edit")["changed"] is True


@pytest.mark.parametrize(
    "change",
    ["text + '\\n[target.b]\\ntoken = \"hunter2\"'", "text.replace('backup@', 'me:hunter2@')"],
)
def test_a_secret_that_a_person_wrote_is_neither_kept_nor_said(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    kwtui.write(OF_A_PERSON)
    edit_with(monkeypatch, tmp_path, f"text = {change}")
    assert kwtui("edit") == ExitCode.USAGE
    assert "not kept" in kwtui.said
    assert "hunter2" not in kwtui.said
    assert [file for file in kwtui.file.parent.iterdir()] == [kwtui.file]


def test_a_target_that_an_edit_took_away_is_told_with_its_policies(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\n[offsite]\ntarget = "vault"\n')
    edit_with(monkeypatch, tmp_path, "text = text.replace('target.vault', 'target.cellar')")
    assert kwtui("edit") == 0
    assert kwtui.out.splitlines() == [
        "The targets were changed.",
        "The target vault was removed.",
        "warning  The policy nightly sends copies there.",
    ]

"""Servers are saved, changed and forgotten from the command line, as on the Connection page."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.commands.shared import asking
from kwtui.commands.shared.output import Output
from kwtui.config.profiles import Environment, Profile, TlsMode, load_profiles
from kwtui.errors import ExitCode
from tests.commands.saved import Shell, edit_with, policy

OF_A_PERSON = """\
# Ours.
format = 1

[profile.lab]  # the one under the desk
port = 26257
host = "lab"
"""


@pytest.fixture
def kwtui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path / "config"))
    return Shell("profiles", tmp_path / "config" / "profiles.toml", capsys)


def test_a_server_is_saved_with_its_folders_and_what_a_person_wrote_stays(kwtui: Shell) -> None:
    kwtui.write(OF_A_PERSON)
    options = (
        "--host db1.example.com --port 26258 --user op --tls verify-ca --sslrootcert system "
        "--environment prod --read-only --store /var/lib/kaiwudb --passfile /etc/kwtui.pgpass"
    )
    said = kwtui.object("add", "shop", *options.split(), "--password-command", "cat /run/secret")
    shop = Profile(
        name="shop",
        host="db1.example.com",
        port=26258,
        user="op",
        tls=TlsMode.VERIFY_CA,
        sslrootcert="system",
        environment=Environment.PROD,
        store="/var/lib/kaiwudb",
        passfile="/etc/kwtui.pgpass",
        password_command="cat /run/secret",
        read_only=True,
    )
    assert load_profiles(kwtui.file) == [Profile(name="lab", host="lab"), shop]
    assert kwtui.file.read_text("utf-8").startswith(OF_A_PERSON)
    assert said["profile"]["host"] == "db1.example.com"
    assert kwtui("show", "shop") == 0
    shown = {
        key: value for key, value in (line.split(maxsplit=1) for line in kwtui.out.splitlines())
    }
    assert shown["tls"] == "verify-ca"
    assert shown["read_only"] == "true"
    assert shown["store"] == "/var/lib/kaiwudb"
    assert "extern" not in shown


def test_a_folder_counts_from_where_the_command_runs(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert kwtui("add", "lab", "--extern", "extern") == 0
    assert load_profiles(kwtui.file)[0].extern == str(tmp_path / "extern")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        ("lab", ExitCode.NAME_TAKEN, "already"),
        ("new --port 70000", ExitCode.USAGE, "between 1 and 65535"),
        ("new --tls maybe", ExitCode.USAGE, "verify-full"),
        ("new --sslkey /k", ExitCode.USAGE, "sslcert"),
        ("new --dsn postgresql://op@h:1", ExitCode.USAGE, "--host"),
        ("new --host postgresql://op@h:1", ExitCode.USAGE, "--dsn"),
        ("new --password hunter2", ExitCode.USAGE, "Unknown option: --password."),
        ("new --passw hunter2", ExitCode.USAGE, "Unknown option: --passw."),
        ("new --password-command hunter2", ExitCode.USAGE, "may be a password"),
        ("new --password-command '", ExitCode.USAGE, "may be a password"),
    ],
)
def test_what_cannot_be_saved_changes_nothing_and_no_password_is_written_or_said(
    kwtui: Shell, words: str, code: ExitCode, part: str
) -> None:
    kwtui.write(OF_A_PERSON)
    assert kwtui("add", *words.split()) == code
    assert part in kwtui.said
    assert "hunter2" not in kwtui.said
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON


def test_an_edit_counts_once_it_can_be_used(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kwtui("edit") == ExitCode.NOT_FOUND
    kwtui.write(OF_A_PERSON)
    edit_with(monkeypatch, tmp_path, "pass")
    assert kwtui.object("edit")["changed"] is False
    edit_with(monkeypatch, tmp_path, "text = text.replace('26257', '26258')")
    assert kwtui("edit") == 0
    better = OF_A_PERSON.replace("26257", "26258")
    assert kwtui.file.read_text("utf-8") == better
    edit_with(monkeypatch, tmp_path, "text = text.replace('host', 'hots')")
    assert kwtui("edit") == ExitCode.USAGE
    assert "Did you mean 'host'?" not in kwtui.said, "the hint says where the text is kept"
    assert "hots" in kwtui.said
    assert kwtui.file.read_text("utf-8") == better
    kept = kwtui.file.with_name("profiles.toml.refused")
    assert str(kept) in kwtui.said
    assert "hots" in kept.read_text("utf-8")
    assert kept.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_used_is_mended_by_edit(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwtui.write(OF_A_PERSON.replace("host", "hots"))
    edit_with(monkeypatch, tmp_path, "text = text.replace('hots', 'host')")
    assert kwtui("edit") == 0
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON


def test_a_password_that_a_person_wrote_is_not_kept_beside_the_file(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwtui.write(OF_A_PERSON)
    edit_with(monkeypatch, tmp_path, "text += 'password = \"hunter2\"\\n'")
    assert kwtui("edit") == ExitCode.USAGE
    assert "not kept" in kwtui.said
    assert [file for file in kwtui.file.parent.iterdir()] == [kwtui.file]


def test_what_was_saved_while_the_editor_was_open_is_not_lost(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwtui.write(OF_A_PERSON)
    meanwhile = OF_A_PERSON.replace("26257", "1")
    edit_with(
        monkeypatch,
        tmp_path,
        f"pathlib.Path({str(kwtui.file)!r}).write_text({meanwhile!r}); text += '# mine'",
    )
    assert kwtui("edit") == ExitCode.FAILED
    assert kwtui.file.read_text("utf-8") == meanwhile
    assert "# mine" in kwtui.file.with_name("profiles.toml.refused").read_text("utf-8")


def test_a_profile_goes_by_its_name_and_policies_that_use_it_are_named(kwtui: Shell) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\nprofile = "lab"\n')
    policy(kwtui, "other", 'databases = ["*"]\nprofile = "shop"\n')
    policy(kwtui, "torn", "databases = [")
    for words in (("lab",), ("lab", "--yes", "lap")):
        assert kwtui("remove", *words) == ExitCode.USAGE
        assert "The policy nightly connects with it." in kwtui.said
        assert "--yes lab" in kwtui.said
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON
    assert kwtui.object("show", "lab")["used_by"] == [
        "the policy nightly connects with it",
        "the policy torn cannot be read: it may connect with it",
    ]
    gone = kwtui.object("remove", "lab", "--yes", "lab")
    assert gone["used_by"][0] == "the policy nightly connects with it"
    assert load_profiles(kwtui.file) == []
    assert kwtui.file.read_text("utf-8").startswith("# Ours.")


def test_a_profile_that_an_edit_took_away_is_told_with_its_policies(
    kwtui: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\nprofile = "lab"\n')
    edit_with(monkeypatch, tmp_path, "text = text.replace('profile.lab', 'profile.desk')")
    assert kwtui("edit") == 0
    assert kwtui.out.splitlines() == [
        "The profiles were changed.",
        "The profile lab was removed.",
        "warning  The policy nightly connects with it.",
    ]


def test_on_a_terminal_the_name_is_asked_for(kwtui: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    kwtui.write(OF_A_PERSON)
    policy(kwtui, "nightly", 'databases = ["*"]\nprofile = "lab"\n')
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return answers.pop(0)

    monkeypatch.setattr(Output, "is_terminal", True)
    monkeypatch.setattr(asking, "input", answer, raising=False)
    answers = ["yes", "lab"]
    assert kwtui("remove", "lab") == ExitCode.USAGE
    assert kwtui.said.index("policy nightly") >= 0
    assert kwtui.file.read_text("utf-8") == OF_A_PERSON
    assert kwtui("remove", "lab") == 0
    assert asked == ["To remove it, type lab: "] * 2
    assert load_profiles(kwtui.file) == []

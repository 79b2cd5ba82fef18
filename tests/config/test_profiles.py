"""Profiles and preferences: written privately, read strictly, never lost."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.config import directories, preferences
from kwtui.config import profiles as config
from kwtui.config.preferences import Preferences
from kwtui.config.profiles import Environment, Profile, TlsMode
from kwtui.errors import ExitCode, KwtuiError

SHOP = Profile(
    name="shop",
    host="db.example.com",
    port=26258,
    user="op",
    tls=TlsMode.VERIFY_CA,
    sslrootcert="/etc/kaiwudb/certs/ca.crt",
    environment=Environment.PROD,
    extern="/var/lib/kaiwudb/extern",
    password_command="pass show 'kwdb/op'",
    allow_cleartext_password=True,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kwtui" / "profiles.toml"


def test_what_is_saved_is_read_back_in_order(file: Path) -> None:
    plain = Profile(name="a plain one")
    config.save_profile(SHOP, file)
    config.save_profile(plain, file)
    assert config.load_profiles(file) == [SHOP, plain]


def test_saving_again_replaces_the_profile_in_its_place(file: Path) -> None:
    config.save_profile(SHOP, file)
    config.save_profile(Profile(name="other"), file)
    config.save_profile(Profile(name="shop", host="new"), file)
    assert [(p.name, p.host) for p in config.load_profiles(file)] == [
        ("shop", "new"),
        ("other", "127.0.0.1"),
    ]


def test_file_and_directory_are_private(file: Path) -> None:
    before = os.umask(0)
    try:
        config.save_profile(SHOP, file)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [p.name for p in file.parent.iterdir()] == ["profiles.toml"]


def test_a_linked_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "profiles.toml"
    real.parent.mkdir()
    real.write_text("format = 1\n")
    file.parent.mkdir()
    file.symlink_to(real)
    config.save_profile(SHOP, file)
    assert file.is_symlink()
    assert "db.example.com" in real.read_text()


def test_no_file_means_no_profiles(file: Path) -> None:
    assert config.load_profiles(file) == []


def test_a_deleted_profile_is_gone_and_the_others_stay(file: Path) -> None:
    config.save_profile(SHOP, file)
    config.save_profile(Profile(name="other"), file)
    config.delete_profile("shop", file)
    assert [p.name for p in config.load_profiles(file)] == ["other"]
    with pytest.raises(KwtuiError):
        config.delete_profile("shop", file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"this is = = no toml", "line 1"),
        (b"\xff\xfe", "not UTF-8"),
        (b'format = 1\n[profile.a]\nhots = "x"\n', "'hots' in [profile.a] is not known"),
        (b'[profiles.a]\nhost = "x"\n', "'profiles' at the top"),
        (
            b'[profile.a]\nport = "26257"\n',
            "In [profile.a]: port must be a whole number, not '26257'.",
        ),
        (b"[profile.a]\nport = true\n", "In [profile.a]: port must be a whole number, not true."),
        (b"[profile.a]\nport = 70000\n", "between 1 and 65535"),
        (b'[profile.a]\ntls = "prefer"\n', "In [profile.a]: tls must be one of verify-full"),
        (b'[profile.a]\npassword = "secret1"\n', "A password was found"),
        (b"profile = 3\n", "one table for each profile"),
        (b"[profile]\na = 3\n", "[profile.a] must be a table"),
        (b"format = 2\n", "has format 2"),
        (b'[profile.a]\nhost = "postgresql://a"\n', "whole URL"),
        (b'[profile.a]\nhost = ""\n', "needs a host"),
        (b'[profile.a]\nuser = ""\n', "needs a user"),
        (b'[profile.a]\nsslkey = "k"\n', "certificate as well"),
    ],
)
def test_a_bad_file_is_explained_and_never_overwritten(
    file: Path, content: bytes, words: str
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(KwtuiError) as caught:
        config.load_profiles(file)
    assert str(file) in caught.value.title
    assert words in caught.value.cause
    assert caught.value.exit_code is ExitCode.USAGE
    with pytest.raises(KwtuiError):
        config.save_profile(SHOP, file)
    assert file.read_bytes() == content


def test_the_error_about_a_password_does_not_repeat_it(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('[profile.a]\npassword = "hunter2"\n')
    with pytest.raises(KwtuiError) as caught:
        config.load_profiles(file)
    assert "hunter2" not in "".join(caught.value.lines())
    assert "password_command" in caught.value.hint


def test_a_misspelt_key_gets_the_nearest_known_one(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("[profile.a]\nread_onyl = true\n")
    with pytest.raises(KwtuiError) as caught:
        config.load_profiles(file)
    assert "'read_only'" in caught.value.hint


def test_an_unreadable_path_is_explained(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        config.load_profiles(tmp_path)
    assert "cannot be read" in caught.value.cause


def test_an_unknown_profile_gets_the_nearest_name(file: Path) -> None:
    config.save_profile(SHOP, file)
    with pytest.raises(KwtuiError) as caught:
        config.find_profile("shpo", file)
    assert "'shop'" in caught.value.hint
    with pytest.raises(KwtuiError) as caught:
        config.find_profile("zzz", file)
    assert "shop" in caught.value.hint


def test_a_failed_write_says_so_and_leaves_the_old_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.save_profile(SHOP, file)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KwtuiError) as caught:
        config.save_profile(Profile(name="other"), file)
    assert "No space left" in caught.value.cause
    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == ["profiles.toml"]


@pytest.mark.parametrize(
    "name", ["postgresql://me:secret@db:26257/shop", "me:secret", "me@db", "a/b", " ", "x" * 64]
)
def test_what_is_no_name_is_not_written_down(file: Path, name: str) -> None:
    with pytest.raises(KwtuiError) as raised:
        config.save_profile(Profile(name=name), file)

    assert raised.value.exit_code is ExitCode.USAGE
    assert "secret" not in " ".join(raised.value.lines())
    assert not file.exists()


_texts = st.text(min_size=1).filter(lambda t: bool(t.strip()) and max(t) < "\ud800")


@given(
    name=st.from_regex(r"\w[\w .-]{0,62}", fullmatch=True).filter(lambda t: max(t) < "\ud800"),
    command=_texts,
    path=_texts,
)
def test_any_text_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, name: str, command: str, path: str
) -> None:
    file = tmp_path_factory.mktemp("any") / "profiles.toml"
    profile = Profile(name=name, password_command=command, extern=path)
    config.save_profile(profile, file)
    assert config.load_profiles(file) == [profile]


def test_preferences_have_defaults_and_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "preferences.toml"
    assert preferences.load_preferences(file) == Preferences()
    preferences.save_preferences(Preferences(theme="nord", ascii_only=True), file)
    assert preferences.load_preferences(file) == Preferences("nord", True)
    file.write_text("themes = 1\n")
    with pytest.raises(KwtuiError) as caught:
        preferences.load_preferences(file)
    assert "'theme'" in caught.value.hint


def test_directories_follow_xdg_and_their_own_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("KWTUI_CONFIG_DIR", "KWTUI_STATE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert directories.config_dir() == tmp_path / "c" / "kwtui"
    assert directories.state_dir() == tmp_path / "s" / "kwtui"
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path / "own"))
    assert config.profiles_path() == tmp_path / "own" / "profiles.toml"
    assert preferences.preferences_path() == tmp_path / "own" / "preferences.toml"


def test_a_password_command_that_others_may_write_is_not_taken(file: Path) -> None:
    config.save_profile(SHOP, file)
    config.save_profile(Profile(name="plain"), file)
    file.chmod(0o666)
    with pytest.raises(KwtuiError) as error:
        config.find_profile("shop", file)
    assert error.value.exit_code is ExitCode.USAGE
    assert "every account may write it" in (error.value.cause or "")
    assert config.find_profile("plain", file).name == "plain"

"""Keys: made privately, read from every form that people have, and never told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.keys import PASSPHRASE_VARIABLE, make_key, read_identities, recipients_of
from kwtui.offsite.optional_packages import age_module
from tests.backups.builder import STARTED
from tests.offsite import ssh_server


def opens(file: Path, public: str) -> bool:
    age = age_module()
    sealed = age.encrypt(b"content", recipients_of([public]))
    return bool(age.decrypt(sealed, read_identities([file])) == b"content")


def test_a_key_is_for_its_account_alone_and_never_overwritten(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key", STARTED)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert opens(tmp_path / "key", public)
    with pytest.raises(KwtuiError) as raised:
        make_key(tmp_path / "key", STARTED)
    assert raised.value.exit_code is ExitCode.USAGE


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_keys_of_ssh_work_too(tmp_path: Path) -> None:
    public = ssh_server.make_key(tmp_path / "id").strip()
    assert opens(tmp_path / "id", public)


@pytest.mark.slow
def test_a_passphrase_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = make_key(tmp_path / "key", STARTED)
    locked = tmp_path / "locked"
    locked.write_bytes(age_module().passphrase.encrypt((tmp_path / "key").read_bytes(), "hush"))
    with pytest.raises(KwtuiError, match="protected by a passphrase"):
        read_identities([locked])
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "wrong")
    with pytest.raises(KwtuiError) as raised:
        read_identities([locked])
    assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "hush")
    assert opens(locked, public)


def test_what_is_no_public_key_is_refused_and_a_private_one_not_said_again(
    tmp_path: Path,
) -> None:
    make_key(tmp_path / "key", STARTED)
    private = (tmp_path / "key").read_text().splitlines()[-1]
    with pytest.raises(KwtuiError) as raised:
        recipients_of([private])
    assert private not in "\n".join(raised.value.lines())
    with pytest.raises(KwtuiError, match="age1nothing is not a public key"):
        recipients_of(["age1nothing"])


@pytest.mark.parametrize("content", [b"", b"nothing\n", b"AGE-SECRET-KEY-1QQQ\n", b"\xff\xfe"])
def test_a_file_without_a_key_is_told_without_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(KwtuiError) as raised:
        read_identities([tmp_path / "key"])
    assert raised.value.exit_code is ExitCode.USAGE
    assert "QQQ" not in "\n".join(raised.value.lines())
    with pytest.raises(KwtuiError) as raised:
        read_identities([tmp_path / "none"])
    assert raised.value.exit_code is ExitCode.NOT_FOUND

"""Copies that an installed rclone carries away; its remote here is a folder."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import check_copy
from kwtui.offsite.copies import read_contents
from kwtui.offsite.targets.opening import opened
from kwtui.offsite.targets.target import read_small, write_small
from tests.offsite.copying import make_set, push

needs_rclone = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TargetSettings:
    (tmp_path / "away").mkdir()
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    monkeypatch.setenv("RCLONE_CONFIG_VAULT_TYPE", "local")
    return TargetSettings(f"rclone:vault:{tmp_path}/away")


@pytest.mark.slow
@needs_rclone
def test_a_set_goes_there_and_is_proven(settings: TargetSettings, tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    with opened(settings) as target:
        push(target, location, tmp_path / "state")
        copy = read_contents(target).find(location.path)
        assert copy.archive is not None
        assert check_copy(target, copy.archive, CopyLevel.O3).ok


@pytest.mark.slow
@needs_rclone
def test_files_are_written_whole_and_never_replaced(settings: TargetSettings) -> None:
    content = os.urandom(3 << 20)
    with opened(settings) as target:
        write_small(target, "a/x", content)
        assert read_small(target, "a/x", 4 << 20) == content
        with pytest.raises(KwtuiError) as raised:
            write_small(target, "a/x", b"other")
        assert raised.value.exit_code is ExitCode.NAME_TAKEN
        with suppress(RuntimeError), target.write("a/half") as sink:
            sink.write(b"half of it")
            raise RuntimeError
        assert [stored.name for stored in target.files()] == ["a/x"]
        target.delete("a/x")
        assert target.files() == []


@needs_rclone
def test_a_remote_that_is_not_set_up_is_told(settings: TargetSettings) -> None:
    with opened(TargetSettings("rclone:nothing:x")) as target:
        with pytest.raises(KwtuiError) as raised:
            target.files()
        assert raised.value.exit_code is ExitCode.USAGE


def test_without_rclone_its_absence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with (
        opened(TargetSettings("rclone:vault:x")) as target,
        pytest.raises(KwtuiError, match="rclone cannot be started"),
    ):
        target.files()


@pytest.mark.parametrize("answer", ["no json\nkwtui: fine", "{}", "[" * 3000, '[{"Path": 1}]'])
def test_an_answer_that_is_no_list_of_files_is_told(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "rclone"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with (
        opened(TargetSettings("rclone:vault:my files")) as target,
        pytest.raises(KwtuiError, match="is no list of files") as raised,
    ):
        target.files()
    assert raised.value.hint.endswith("rclone lsjson 'vault:my files'")
    assert len(raised.value.cause) < 400
    assert "\n" not in raised.value.cause

"""A folder as a target: nothing that is there is replaced, with hard links and without."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign import making
from kwtui.offsite.targets.target import read_small, write_small
from tests.offsite.copying import files_in, target_in


@pytest.fixture(params=[None, errno.EPERM, errno.ENOSYS], ids=["links", "EPERM", "ENOSYS"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """On a file system that makes hard links, and on those that say in their way that they do not:
    a share, and one of a program (FUSE)."""
    number = request.param

    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(source))

    if number is not None:
        monkeypatch.setattr(making, "hard_link", refuse)
    return tmp_path / "vault"


def test_what_is_written_is_there_as_a_whole_and_nothing_beside_it(folder: Path) -> None:
    target = target_in(folder)
    write_small(target, "kwtui/shop/a", b"content")
    assert read_small(target, "kwtui/shop/a", 100) == b"content"
    assert files_in(folder) == {"kwtui/shop/a": b"content"}


def test_of_two_writers_the_slower_is_refused(folder: Path) -> None:
    slower = target_in(folder).write("a")
    slower.__enter__().write(b"second")
    (folder / "a").write_bytes(b"first")
    with pytest.raises(KwtuiError) as raised:
        slower.__exit__(None, None, None)
    assert raised.value.exit_code is ExitCode.NAME_TAKEN
    assert files_in(folder) == {"a": b"first"}

"""What is packed: every stretch as it was sealed, and the first error when something fails."""

from __future__ import annotations

import errno
import hashlib
import io
import tarfile
from pathlib import Path
from typing import BinaryIO

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.keys import make_key, read_identities, recipients_of
from kwtui.offsite.packing import SourceFiles, pack, tar_chunks
from kwtui.offsite.planning import PlannedPart, Stretch
from kwtui.offsite.unpacking import members
from tests.backups.builder import STARTED

CONTENT = bytes(range(256)) * 40
WHOLE = (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


def source_of(content: bytes) -> SourceFiles:
    return SourceFiles(lambda path: io.BytesIO(content), {"x": WHOLE}, 0)


def stretches(*offsets: int) -> list[Stretch]:
    ends = (*offsets[1:], len(CONTENT))
    return [
        Stretch("x", start, end - start, f"s/x.{n}")
        for n, (start, end) in enumerate(zip(offsets, ends, strict=True))
    ]


def test_it_is_a_tar_that_tar_reads() -> None:
    data = b"".join(tar_chunks(stretches(0, 1000, 5000), source_of(CONTENT)))
    assert len(data) % 10240 == 0
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        parts = [file.read() for member in tar if (file := tar.extractfile(member))]
    assert b"".join(parts) == CONTENT


def test_a_name_that_is_long_or_no_ascii_survives() -> None:
    name = f"s/{'long' * 60}/\N{CJK UNIFIED IDEOGRAPH-503C}.csv"
    stretch = Stretch("x", 0, len(CONTENT), name)
    data = b"".join(tar_chunks([stretch], source_of(CONTENT)))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == [name]


@pytest.mark.parametrize(
    "content", [CONTENT + b"more", CONTENT[:-1], CONTENT[:-1] + b"?", b""], ids=len
)
@pytest.mark.parametrize("offsets", [(0,), (0, 1000)])
def test_a_file_that_grew_shrank_or_changed_is_not_sent(
    content: bytes, offsets: tuple[int, ...]
) -> None:
    with pytest.raises(KwtuiError) as raised:
        list(tar_chunks(stretches(*offsets), source_of(content)))
    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED


def test_what_an_earlier_run_sent_of_a_file_is_compared_too() -> None:
    first, second = stretches(0, 1000)
    list(tar_chunks([second], source_of(CONTENT)))
    with pytest.raises(KwtuiError):
        list(tar_chunks([second], source_of(b"?" + CONTENT[1:])))
    assert first.bytes == 1000


class _FullDisk:
    def write(self, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def _failing(path: str) -> BinaryIO:
    raise KwtuiError("the first error", exit_code=ExitCode.EXTERN_NOT_READABLE)


@pytest.mark.parametrize("encrypted", [False, True])
def test_the_first_error_comes_through(tmp_path: Path, encrypted: bool) -> None:
    keys = recipients_of([make_key(tmp_path / "key", STARTED)]) if encrypted else []
    part = PlannedPart("p", "t", tuple(stretches(0)))
    with pytest.raises(OSError, match="No space") as full:
        pack(part, source_of(CONTENT), _FullDisk(), keys)
    assert full.value.errno == errno.ENOSPC
    with pytest.raises(KwtuiError, match="the first error"):
        pack(part, SourceFiles(_failing, {"x": WHOLE}, 0), io.BytesIO(), keys)


def packed(tmp_path: Path) -> bytes:
    keys = recipients_of([make_key(tmp_path / "key", STARTED)])
    out = io.BytesIO()
    pack(PlannedPart("p", "t", tuple(stretches(0))), source_of(CONTENT), out, keys)
    return out.getvalue()


def test_a_part_that_was_cut_or_goes_on_is_damaged(tmp_path: Path) -> None:
    whole = packed(tmp_path)
    keys = read_identities([tmp_path / "key"])
    (member,) = [
        (found.name, b"".join(found.chunks)) for found in members(iter([whole]), "p", keys)
    ]
    assert member == ("s/x.0", CONTENT)
    for broken in (whole[:-20], whole[: len(whole) // 2], whole + b"more", whole[:100], b""):
        with pytest.raises(KwtuiError) as raised:
            [b"".join(found.chunks) for found in members(iter([broken]), "p", keys)]
        assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED

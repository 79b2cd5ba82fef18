"""A file that is packed, or of another format, is told by its first bytes, whatever its name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from kwtui.backups.csv.signatures import LONGEST, what_it_is

ROWS = b'1,"a"\n2,"b"\n'


def _zip(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, ROWS)
    return made.getvalue()


def _tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("n1.0.csv")
        member.size = len(ROWS)
        archive.addfile(member, io.BytesIO(ROWS))
    return made.getvalue()


# Packed bytes hold times: each process that collects these tests would name them otherwise.
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(ROWS), "is packed with gzip"),
        (bz2.compress(ROWS), "is packed with bzip2"),
        (bz2.compress(b""), "is packed with bzip2"),
        (lzma.compress(ROWS), "is packed with xz"),
        (b"\x28\xb5\x2f\xfd\x04\x58", "is packed with zstd"),
        (_zip("n1.0.csv"), "is packed with zip"),
        (_zip("[Content_Types].xml"), "is an Excel workbook"),
        (_tar(), "is packed with tar"),
        (b"PAR1\x15\x04\x15\x10", "is a Parquet file"),
        (b"Obj\x01\x04\x16avro.schema", "is an Avro file"),
        (b"age-encryption.org/v1\n-> X25519 x", "is encrypted with age"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0a" * 32 + b"\nsize 9\n",
            "is a pointer of Git LFS",
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_is_no_text_is_named(data: bytes, words: str) -> None:
    assert what_it_is(data[:LONGEST]).startswith(words)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ROWS,
        b"PAR1,2\n",
        b"ORC of the north,1\n",
        b"PK,1\n",
        b"BZh9,1\n",
        b"\xef\xbb\xbf1,a\n",
        "1,中\n".encode("gbk"),
        b"\xff\xfe1\x00,\x00",
        b"version https://git-lfs.github.com/spec/v1\nanother row\n",
    ],
)
def test_what_may_be_rows_stays(data: bytes) -> None:
    assert what_it_is(data) == ""

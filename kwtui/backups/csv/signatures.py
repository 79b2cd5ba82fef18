"""What a file really is, by its first bytes: packed and renamed, it would be read as text. Pure."""

from __future__ import annotations

import re

LONGEST = 512
"""So many bytes tell: tar has its mark behind the name of its first file."""
_TEXT = "whatever its name says"

_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"\x1f\x9d", "compress"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_IN_ZIP = (
    (re.compile(rb"\[Content_Types\]\.xml|_rels/\.rels|xl/"), "an Excel workbook"),
    (re.compile(rb"mimetypeapplication/vnd\.oasis"), "an OpenDocument table"),
)
_FORMATS = (
    (re.compile(rb"PAR[1E][\x00-\x08\x0e-\x1f]"), "a Parquet file"),
    (re.compile(rb"ORC[\x00-\x08\x0e-\x1f]"), "an ORC file"),
    (re.compile(rb"Obj\x01"), "an Avro file"),
    (re.compile(rb"ARROW1\x00\x00"), "an Arrow file"),
    (re.compile(rb"SQLite format 3\x00"), "an SQLite database"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an Excel workbook"),
    (re.compile(rb"PGDMP[\x00-\x08]"), "a dump of pg_dump"),
)
_ENCRYPTED = (
    (b"age-encryption.org/v1\n", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"-----BEGIN PGP MESSAGE-----", "OpenPGP"),
    (b"Salted__", "OpenSSL"),
)
_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\noid sha256:[0-9a-f]{64}\r?\nsize \d+\s*\Z"
)


def what_it_is(head: bytes) -> str:
    """``is packed with gzip, whatever its name says``; empty for what may be text.

    ``head``: the first `LONGEST` bytes, or all of a shorter file. What begins like this is no text
    that EXPORT writes: each has bytes that no charset of KWDB has at the beginning of a record, or
    a whole line that no value is.
    """
    if packed := _packed_with(head):
        return f"is packed with {packed}, {_TEXT}"
    if head.startswith(_ZIP):
        found = next((name for mark, name in _IN_ZIP if mark.search(head)), "")
        return f"is {found}, {_TEXT}" if found else f"is packed with zip, {_TEXT}"
    found = next((name for mark, name in _FORMATS if mark.match(head)), "")
    if found:
        return f"is {found}, {_TEXT}"
    by = next((program for mark, program in _ENCRYPTED if head.startswith(mark)), "")
    if by:
        return f"is encrypted with {by}, {_TEXT}"
    if _LFS_POINTER.match(head):
        return "is a pointer of Git LFS: the file itself was not fetched"
    return ""


def _packed_with(head: bytes) -> str:
    if _BZIP2.match(head):
        return "bzip2"
    if head[257:262] == b"ustar":
        return "tar"
    return next((name for mark, name in _PACKED if head.startswith(mark)), "")

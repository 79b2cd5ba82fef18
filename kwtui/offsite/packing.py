"""Packing a part: files into a PAX tar, into one zstd frame, into one age file, all as a stream.

Files are read, hashed and compressed in one thread and encrypted and written in another, with a
few megabytes between them whatever the size of the part.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.pace import spend
from kwtui.offsite.optional_packages import age_module, zstd_module
from kwtui.offsite.planning import PlannedPart, Stretch
from kwtui.offsite.streams import CHUNK, ChunkReader, HashingWriter, Writes, ahead

LEVEL = 1
"""Of zstd: 3 made sensor data larger, and took longer."""
_BLOCK = 512
_RECORD = 20 * _BLOCK
Open = Callable[[str], BinaryIO]
"""A file of the set by its path in the manifest; raises KwtuiError."""


@dataclass(frozen=True)
class Packed:
    """What went to the target."""

    bytes: int
    sha256: str


@dataclass
class SourceFiles:
    """Reads the files of a set once, in order, and compares each with its manifest."""

    open: Open
    sealed: Mapping[str, tuple[int, str]]
    """Bytes and SHA-256 of each file, as the manifest tells."""
    modified: int
    """Seconds since the epoch that every member carries: the set's own time."""
    read: Callable[[int], None] = lambda _bytes: None
    """Is told how many bytes were read; what it raises ends the packing."""
    _hashes: dict[str, Any] = field(default_factory=dict)
    _hashed: dict[str, int] = field(default_factory=dict)

    def stretch(self, stretch: Stretch) -> Iterator[bytes]:
        """Raises KwtuiError (BACKUP_DAMAGED) where the file has changed since it was sealed."""
        with self.open(stretch.path) as file:
            digest = self._hash_up_to(stretch, file)
            file.seek(stretch.offset)
            left = stretch.bytes
            while left:
                chunk = _read(file, min(CHUNK, left), stretch.path)
                if not chunk:
                    raise _changed(stretch.path)
                digest.update(chunk)
                left -= len(chunk)
                self.read(len(chunk))
                yield chunk
            self._hashed[stretch.path] = stretch.offset + stretch.bytes
            size, sha256 = self.sealed[stretch.path]
            if stretch.offset + stretch.bytes < size:
                return
            if _read(file, 1, stretch.path) or digest.hexdigest() != sha256:
                raise _changed(stretch.path)

    def _hash_up_to(self, stretch: Stretch, file: BinaryIO) -> Any:
        """The hash of the file before this stretch, part of which may have been sent earlier."""
        digest = self._hashes.setdefault(stretch.path, hashlib.sha256())
        at = self._hashed.get(stretch.path, 0)
        file.seek(at)
        while at < stretch.offset:
            chunk = _read(file, min(CHUNK, stretch.offset - at), stretch.path)
            if not chunk:
                raise _changed(stretch.path)
            digest.update(chunk)
            at += len(chunk)
        return digest


def _read(file: BinaryIO, size: int, path: str) -> bytes:
    try:
        chunk = file.read(size)
        spend(len(chunk))
    except OSError as error:
        raise KwtuiError(
            f"{path} cannot be read.",
            cause=error.strerror or str(error),
            hint="The disk of the backup may be failing: check the kernel log.",
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        ) from error
    return chunk


def _changed(path: str) -> KwtuiError:
    return KwtuiError(
        f"{path} has changed since it was sealed: it is not sent.",
        cause="Its size or SHA-256 differs from the manifest.",
        hint="List all problems: kwtui verify SET",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )


def pack(part: PlannedPart, source: SourceFiles, sink: Writes, recipients: Sequence[Any]) -> Packed:
    """Write the part into ``sink``.

    Raises KwtuiError, and what reading and writing raise: the first error, not what pyrage makes
    of it.
    """
    writer = HashingWriter(sink)
    with ahead(_compressed(tar_chunks(part.stretches, source))) as chunks:
        if recipients:
            _encrypt(ChunkReader(chunks), writer, recipients)
        else:
            for chunk in chunks:
                writer.write(chunk)
        writer.flush()
    return Packed(writer.bytes, writer.sha256)


def _encrypt(reader: ChunkReader, writer: HashingWriter, recipients: Sequence[Any]) -> None:
    age = age_module()
    try:
        age.encrypt_io(reader, writer, list(recipients))
    except Exception as error:
        first = reader.error or writer.error
        if first is not None:
            raise first from None
        raise KwtuiError("A part could not be encrypted.", cause=str(error)) from error
    # What fails when its last buffer is written, pyrage does not tell at all.
    lost = reader.error or writer.error
    if lost is not None:
        raise lost


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    zstd = zstd_module()
    compressor = zstd.ZstdCompressor(level=LEVEL)
    with closing(chunks):  # type: ignore[type-var]
        for chunk in chunks:
            if packed := compressor.compress(chunk):
                yield packed
    yield compressor.flush()


def tar_chunks(stretches: Iterable[Stretch], source: SourceFiles) -> Iterator[bytes]:
    """A PAX archive of these stretches, as tar itself would write it."""
    size = 0
    for stretch in stretches:
        header = _header(stretch, source.modified)
        yield header
        yield from source.stretch(stretch)
        padding = b"\0" * (-stretch.bytes % _BLOCK)
        if padding:
            yield padding
        size += len(header) + stretch.bytes + len(padding)
    yield b"\0" * (2 * _BLOCK + -(size + 2 * _BLOCK) % _RECORD)


def _header(stretch: Stretch, modified: int) -> bytes:
    info = tarfile.TarInfo(stretch.member)
    info.size, info.mtime, info.mode = stretch.bytes, modified, 0o640
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")

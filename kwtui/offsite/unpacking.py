"""Reading a part back: out of age, zstd and tar, as a stream, believing nothing that it says."""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.optional_packages import age_module, zstd_module
from kwtui.offsite.streams import CHUNK, ChunkReader, Pipe, ahead

_BLOCK = 512
_LARGEST_HEADER = 1 << 20
_LARGEST_WINDOW_LOG = 27
"""128 MiB: as `zstd` itself allows; a frame that needs more is none of ours."""


@dataclass(frozen=True)
class Member:
    """A file in a part; its chunks are read before the next member is asked for."""

    name: str
    size: int
    chunks: Iterator[bytes]


class NoKeyFits(KwtuiError):
    """None of the identities that were given opens the part."""

    def __init__(self, part: str) -> None:
        super().__init__(
            f"{part} is encrypted, and none of the given keys decrypts it.",
            hint="Give the private key that belongs to one of its recipients: --identity FILE",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        )


def members(
    chunks: Iterable[bytes], part: str, identities: Sequence[Any] | None
) -> Generator[Member]:
    """The files of a part. ``identities``: None for a part that is not encrypted.

    Raises KwtuiError: AUTHENTICATION_FAILED, BACKUP_DAMAGED; and what reading raises.
    """
    if identities is not None and not identities:
        raise NoKeyFits(part)
    plain = chunks if identities is None else _decrypted(chunks, part, identities)
    with ahead(_decompressed(plain, part)) as unpacked:
        reader = ChunkReader(unpacked)
        while True:
            found = _next_header(reader, part)
            if found is None:
                break
            name, size = found
            content = _content(reader, size, name, part)
            yield Member(name, size, content)
            # What nobody read of it, and what fills its last block.
            for _ in content:
                continue
            _skip(reader, -size % _BLOCK, part)
        while reader.read(CHUNK):
            pass


def _next_header(reader: ChunkReader, part: str) -> tuple[str, int] | None:
    """Name and size of the next file; None at the end of the archive."""
    said: dict[str, str] = {}
    while True:
        block = reader.read_exactly(_BLOCK)
        if len(block) < _BLOCK:
            raise damaged(part, "It is truncated.")
        if not any(block):
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise damaged(part, str(error)) from error
        if info.type != tarfile.XHDTYPE:
            break
        if info.size > _LARGEST_HEADER:
            raise damaged(part, "A name in it is too long.")
        said |= _pax_records(reader.read_exactly(info.size), part)
        _skip(reader, -info.size % _BLOCK, part)
    if not info.isreg():
        raise damaged(part, f"It holds {info.name!r}, which is not a file.")
    size = said.get("size", str(info.size))
    if not size.isascii() or not size.isdigit():
        raise damaged(part, f"The size of {info.name!r} is not a number.")
    return said.get("path", info.name), int(size)


def _pax_records(data: bytes, part: str) -> dict[str, str]:
    """The records of an extended header (POSIX.1-2001, pax): ``length keyword=value`` each."""
    found = {}
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(data):
            raise damaged(part, "An extended header in it is invalid.")
        record, data = data[len(length) + 1 : int(length)], data[int(length) :]
        keyword, _, value = record.removesuffix(b"\n").partition(b"=")
        found[keyword.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return found


def _content(reader: ChunkReader, size: int, name: str, part: str) -> Iterator[bytes]:
    while size:
        chunk = reader.read(min(CHUNK, size))
        if not chunk:
            raise damaged(part, f"{name} is truncated.")
        size -= len(chunk)
        yield chunk


def _skip(reader: ChunkReader, size: int, part: str) -> None:
    if len(reader.read_exactly(size)) < size:
        raise damaged(part, "It is truncated.")


def _decompressed(chunks: Iterable[bytes], part: str) -> Iterator[bytes]:
    zstd = zstd_module()
    limit = {zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW_LOG}
    decompressor = zstd.ZstdDecompressor(options=limit)
    try:
        for chunk in chunks:
            if decompressor.eof:
                raise damaged(part, "There is data after its end.")
            data = decompressor.decompress(chunk, CHUNK)
            yield data
            while not decompressor.needs_input and not decompressor.eof:
                yield decompressor.decompress(b"", CHUNK)
            if decompressor.unused_data:
                raise damaged(part, "There is data after its end.")
    except zstd.ZstdError as error:
        raise damaged(part, str(error)) from error
    if not decompressor.eof:
        raise damaged(part, "It is truncated.")


def _decrypted(chunks: Iterable[bytes], part: str, identities: Sequence[Any]) -> Iterator[bytes]:
    """pyrage writes where we want to read: it runs in a thread of its own."""
    age = age_module()
    reader = ChunkReader(chunks)

    def decrypt(pipe: Pipe) -> None:
        try:
            age.decrypt_io(reader, pipe, list(identities))
        except Exception as error:
            if reader.error is not None:
                raise reader.error from None
            if "no matching" in str(error).lower():
                raise NoKeyFits(part) from None
            raise damaged(part, f"It cannot be decrypted: {error}.") from error

    with Pipe(decrypt) as pipe:
        yield from pipe


def damaged(part: str, cause: str) -> KwtuiError:
    """The error for a part that is not what was sent."""
    return KwtuiError(
        f"{part} is damaged.",
        cause=cause,
        hint="Send the set again if it is still there: kwtui offsite push SET TARGET",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )

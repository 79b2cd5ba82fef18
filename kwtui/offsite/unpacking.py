"""Reading a part back: out of age, zstd and tar, as a stream, believing nothing that it says."""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.extra import age_module, zstd_module
from kwtui.offsite.streams import CHUNK, ChunkReader, Pipe, ahead

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
            f"{part} is encrypted, and none of the given keys opens it.",
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
        try:
            with _opened(reader) as tar:
                for info in tar:
                    if not info.isreg():
                        raise damaged(part, f"It holds {info.name!r}, which is no file.")
                    yield Member(info.name, info.size, _content(tar, info, part))
            while reader.read(CHUNK):
                pass
        except tarfile.TarError as error:
            if reader.error is not None:
                raise reader.error from None
            raise damaged(part, str(error)) from error


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo, part: str) -> Iterator[bytes]:
    file = tar.extractfile(info)
    left = info.size
    while left and file is not None:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise damaged(part, f"{info.name} is cut off.")
        left -= len(chunk)
        yield chunk


def _opened(reader: ChunkReader) -> tarfile.TarFile:
    source: Any = _Exact(reader)
    return tarfile.open(fileobj=source, mode="r|", bufsize=CHUNK)


class _Exact:
    """What tarfile's stream wants to read from: all that it asks for, until the end."""

    def __init__(self, reader: ChunkReader) -> None:
        self._reader = reader

    def read(self, size: int = -1, /) -> bytes:
        return self._reader.read_exactly(size)


def _decompressed(chunks: Iterable[bytes], part: str) -> Iterator[bytes]:
    zstd = zstd_module()
    limit = {zstd.DecompressionParameter.window_log_max: _LARGEST_WINDOW_LOG}
    decompressor = zstd.ZstdDecompressor(options=limit)
    try:
        for chunk in chunks:
            if decompressor.eof:
                raise damaged(part, "Something follows its end.")
            data = decompressor.decompress(chunk, CHUNK)
            yield data
            while not decompressor.needs_input and not decompressor.eof:
                yield decompressor.decompress(b"", CHUNK)
            if decompressor.unused_data:
                raise damaged(part, "Something follows its end.")
    except zstd.ZstdError as error:
        raise damaged(part, str(error)) from error
    if not decompressor.eof:
        raise damaged(part, "It is cut off.")


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

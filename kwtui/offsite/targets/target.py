"""What a target can do, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import shell_quoted


@dataclass(frozen=True)
class Stored:
    """A file on a target."""

    name: str
    """Relative to the target's root, with ``/``."""
    bytes: int


class Sink(Protocol):
    """A file that is being written."""

    def write(self, data: bytes, /) -> object: ...


class Target(Protocol):
    """All names are relative to the target's root, with ``/``.

    What fails raises KwtuiError: SERVER_UNREACHABLE, AUTHENTICATION_FAILED, CONNECTION_LOST,
    TLS_FAILED (the other side is not who it was), NOT_FOUND, NAME_TAKEN, DISK_FULL,
    EXTERN_NOT_READABLE (not allowed there), FAILED.
    """

    @property
    def address(self) -> str:
        """As it is written, without a secret."""

    def files(self, folder: str = "") -> list[Stored]:
        """Every file below a folder, by name; none where there is no such folder."""

    def read(self, name: str) -> AbstractContextManager[Iterator[bytes]]:
        """The content of a file, in chunks."""

    def write(self, name: str) -> AbstractContextManager[Sink]:
        """A new file: it is there when the block has ended well, as a whole, and not before.

        Raises NAME_TAKEN if one of that name is there already.
        """

    def delete(self, name: str) -> None:
        """Nothing happens if it is not there."""

    def free_bytes(self) -> int | None:
        """None where nobody can tell."""

    def close(self) -> None: ...


def read_small(target: Target, name: str, most: int) -> bytes:
    """A whole small file. Raises KwtuiError, also (BACKUP_DAMAGED) for one that is larger."""
    found = bytearray()
    with target.read(name) as chunks:
        for chunk in chunks:
            found += chunk
            if len(found) > most:
                raise KwtuiError(
                    f"{name} on {target.address} is larger than {most >> 20:,} MiB.",
                    hint="It is not what kwtui wrote there. Check it before you continue.",
                    exit_code=ExitCode.BACKUP_DAMAGED,
                )
    return bytes(found)


def write_small(target: Target, name: str, content: bytes) -> None:
    """A new small file. Raises KwtuiError."""
    with target.write(name) as sink:
        sink.write(content)


def aside(name: str) -> str:
    """Where a file lies until it is whole: beside its place, the same for all that write there."""
    pure = PurePosixPath(name)
    return str(pure.with_name(f".sending-{pure.name}"))


def taken(name: str, address: str) -> KwtuiError:
    return KwtuiError(f"{name} exists on {address} already.", exit_code=ExitCode.NAME_TAKEN)


def no_space(cause: str, address: str) -> KwtuiError:
    return KwtuiError(
        f"No space left on {address}.",
        cause=cause,
        hint="Make space there, or prune: kwtui offsite prune TARGET. Then send it again: parts "
        "already sent are not sent again.",
        exit_code=ExitCode.DISK_FULL,
    )


def missing(name: str, address: str) -> KwtuiError:
    return KwtuiError(
        f"{name} is not on {address}.",
        hint=f"List what exists: kwtui offsite list {shell_quoted(address)}",
        exit_code=ExitCode.NOT_FOUND,
    )

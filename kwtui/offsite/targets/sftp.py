"""A target on a server with SFTP, through the system's OpenSSH."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.streams import CHUNK
from kwtui.offsite.targets.sftp_session import (
    NO_SUCH_FILE,
    PERMISSION_DENIED,
    NewRemoteFile,
    Session,
    SftpError,
)
from kwtui.offsite.targets.target import Sink, Stored, aside, missing, no_space, taken

_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_DEEPEST = 64
_ALMOST_FULL = 1 << 20
_OPTIONS = (
    "BatchMode=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
)


def ssh_command(host: str, user: str | None, port: int | None, config: str | None) -> list[str]:
    """How ssh is started: never asking, never forwarding; its own configuration counts."""
    command = ["ssh", *(["-F", config] if config else [])]
    for option in _OPTIONS:
        command += ["-o", option]
    if port is not None:
        command += ["-p", str(port)]
    if user:
        command += ["-l", user]
    return [*command, "-s", "--", host, "sftp"]


class SftpTarget:
    """Implements `kwtui.offsite.targets.target.Target`. It connects when it is first used."""

    def __init__(
        self,
        url: str,
        host: str,
        user: str | None,
        port: int | None,
        path: str,
        config: str | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._label = host if port is None else f"{host}:{port}"
        self._command = ssh_command(host, user, port, config)
        # As in scp: /~/ is the account's own folder there.
        self._root = path.removeprefix("/~/") if path.startswith("/~/") else path.rstrip("/")
        self._root = self._root.rstrip("/") or ("." if path.startswith("/~/") else "/")
        self._opened: Session | None = None

    @property
    def address(self) -> str:
        return self._url

    @property
    def _session(self) -> Session:
        if self._opened is None:
            self._opened = Session(self._command, self._label)
        return self._opened

    def _path(self, name: str) -> bytes:
        return os.fsencode(f"{self._root}/{name}" if name else self._root)

    def files(self, folder: str = "") -> list[Stored]:
        try:
            if not self._session.look_at(self._path("")).is_folder:
                raise SftpError(NO_SUCH_FILE, "it is not a folder")
        except SftpError as error:
            if error.code != NO_SUCH_FILE:
                raise self._error("", error) from error
            raise KwtuiError(
                f"The folder {self._root} was not found on {self._label}.",
                hint="Create it there, for the account that kwtui logs in with.",
                exit_code=ExitCode.NOT_FOUND,
            ) from error
        found = []
        waiting = [folder]
        while waiting:
            at = waiting.pop()
            try:
                entries = self._session.names_in(self._path(at))
            except SftpError as error:
                if error.code == NO_SUCH_FILE:
                    continue
                raise self._error(at, error) from error
            for raw, attributes in entries:
                name = f"{at}/{os.fsdecode(raw)}" if at else os.fsdecode(raw)
                if attributes.is_folder and name.count("/") < _DEEPEST:
                    waiting.append(name)
                elif attributes.is_file:
                    found.append(Stored(name, attributes.size))
        return sorted(found, key=lambda stored: stored.name)

    @contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        chunks = self._chunks(name)
        try:
            yield chunks
        finally:
            chunks.close()

    def _chunks(self, name: str) -> Generator[bytes]:
        gathered = bytearray()
        try:
            for block in self._session.read(self._path(name)):
                gathered += block
                if len(gathered) >= CHUNK:
                    yield bytes(gathered)
                    gathered.clear()
        except SftpError as error:
            raise self._error(name, error) from error
        if gathered:
            yield bytes(gathered)

    @contextmanager
    def write(self, name: str) -> Iterator[Sink]:
        path, beside = self._path(name), self._path(aside(name))
        try:
            if self._is_there(path):
                raise taken(name, self.address)
            self._make_folders(PurePosixPath(name).parent)
            with suppress(SftpError):
                self._session.remove(beside)
            file = self._session.write_new(beside, _FILE_MODE)
        except SftpError as error:
            raise self._error(name, error) from error
        try:
            yield _RemoteSink(self, name, file)
            try:
                file.finish()
                file.close()
                self._session.move(beside, path)
            except SftpError as error:
                with suppress(SftpError):
                    if self._is_there(path):
                        raise taken(name, self.address) from error
                raise self._error(name, error) from error
        except BaseException:
            # Where the connection is gone, the next try removes it.
            with suppress(SftpError, KwtuiError):
                file.close()
            with suppress(SftpError, KwtuiError):
                self._session.remove(beside)
            raise

    def _is_there(self, path: bytes) -> bool:
        try:
            self._session.look_at(path)
        except SftpError as error:
            if error.code == NO_SUCH_FILE:
                return False
            raise
        return True

    def _make_folders(self, folder: PurePosixPath) -> None:
        for parent in (*reversed(folder.parents), folder):
            path = self._path(str(parent))
            if str(parent) != "." and not self._is_there(path):
                self._session.make_folder(path, _FOLDER_MODE)

    def delete(self, name: str) -> None:
        try:
            self._session.remove(self._path(name))
            # A folder that holds nothing any more goes too.
            with suppress(SftpError):
                for parent in PurePosixPath(name).parents:
                    if str(parent) != ".":
                        self._session.remove_folder(self._path(str(parent)))
        except SftpError as error:
            if error.code != NO_SUCH_FILE:
                raise self._error(name, error) from error

    def free_bytes(self) -> int | None:
        try:
            return self._session.free_bytes(self._path(""))
        except SftpError:
            return None

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def _error(self, name: str, error: SftpError) -> KwtuiError:
        """Of a disk that is full the protocol tells no more than "Failure"."""
        if error.code == NO_SUCH_FILE:
            return missing(name, self.address)
        if error.code == PERMISSION_DENIED:
            return KwtuiError(
                f"{name or self._root} on {self.address} cannot be used by this account: "
                "permission denied.",
                cause=error.message,
                hint="Check who owns the folder there, and its mode.",
                exit_code=ExitCode.EXTERN_NOT_READABLE,
            )
        free = self.free_bytes()
        if free is not None and free < _ALMOST_FULL:
            return no_space(f"{name}: {error.message}.", self.address)
        return KwtuiError(
            f"{name or self._root} on {self.address} cannot be used.", cause=error.message
        )


class _RemoteSink:
    def __init__(self, target: SftpTarget, name: str, file: NewRemoteFile) -> None:
        self._target, self._name, self._file = target, name, file

    def write(self, data: bytes, /) -> None:
        try:
            self._file.write(data)
        except SftpError as error:
            raise self._target._error(self._name, error) from error

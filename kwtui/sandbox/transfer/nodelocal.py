"""Storage URIs and the files under ``extern``: what a node accepts, refuses and leaves behind.

Sources: facts.md, sections 1.7, 3.1 to 3.3; recordings 04 (refusals), 06 (reading) and 10 (a full
disk). Modes are KWDB's: files written whole 0600, data files 0640, folders 0750.
"""

from __future__ import annotations

import os
import posixpath
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.engine.cluster import Cluster

PRIVATE_MODE = 0o600
DATA_MODE = 0o640
FOLDER_MODE = 0o750

_NO_APPEND = {
    "s3": "s3 does not support additional writing",
    "gs": "gcsStorage does not support additional writing",
    "azure": "azure does not support additional writing",
}
_NO_CREDENTIALS = {
    "s3": ("AWS_ACCESS_KEY_ID", "AUTH is set to 'specified', but AWS_ACCESS_KEY_ID is not set"),
    "azure": ("AZURE_ACCOUNT_NAME", "azure account name (AZURE_ACCOUNT_NAME) missing"),
}


@dataclass(frozen=True)
class Place:
    """What a ``nodelocal`` URI names."""

    node_id: int
    path: str


def locate(uri: str, cluster: Cluster, *, reading: bool = False) -> Place:
    """The node and the path under its ``extern`` that a URI names, without its leading slash.

    Raises the node's error for a URI that cannot be served.
    """
    parts = urlsplit(uri)
    if reading and parts.scheme in ("http", "https", *_NO_APPEND):
        raise SqlError(f"the sandbox reads nodelocal:// only, not {parts.scheme}://", "0A000")
    if parts.scheme != "nodelocal":
        raise _refuse_scheme(parts.scheme, uri)
    host = parts.netloc
    if host in ("self", "0"):
        raise SqlError("please enter a valid node ID (don't use 'self' or '0' as node ID)")
    if not (host.isascii() and host.isdigit()):
        raise SqlError("host component of nodelocal URI must be a node ID")
    if not parts.path:
        raise SqlError("Local storage requested but path not provided")
    node_id = int(host)
    if node_id not in cluster.stores:
        raise SqlError(
            f"failed to create blob client: connecting to node {node_id}: failed to resolve "
            f"n{node_id}: unable to look up descriptor for n{node_id}"
        )
    if cluster.is_down(node_id):
        raise SqlError(
            f"failed to create blob client: connecting to node {node_id}: unable to dial "
            f"n{node_id}: breaker open"
        )
    query = f"?{parts.query}" if parts.query else ""
    return Place(node_id, unquote(parts.path + query).lstrip("/"))


def _refuse_scheme(scheme: str, uri: str) -> SqlError:
    if scheme in ("http", "https"):
        return _refuse_http(uri)
    if scheme in _NO_APPEND:
        name, message = _NO_CREDENTIALS.get(scheme, ("", ""))
        return SqlError(message if name and f"{name}=" not in uri else _NO_APPEND[scheme])
    return SqlError(f'unsupported storage scheme: "{scheme}"')


def _refuse_http(uri: str) -> SqlError:
    """Say what a node says: unreachable if it is, otherwise that nothing can be appended there."""
    parts = urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as err:
        reason = os.strerror(err.errno).lower() if err.errno else str(err)
        return SqlError(
            f'retryable http error: Get "{uri}": dial tcp {host}:{port}: connect: {reason}'
        )
    return SqlError("http does not support additional writing")


def os_error(operation: str, path: Path, err: OSError) -> SqlError:
    """An operating system error in the words of the node: ``write /a/b: no space left …``."""
    reason = os.strerror(err.errno) if err.errno else str(err)
    return SqlError(f"{operation} {path}: {reason[:1].lower()}{reason[1:]}")


class Extern:
    """The folder that ``nodelocal://<node>/`` stands for. The only code that touches it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, relative: str) -> Path:
        """The absolute path of a name under ``extern``; refuses whatever leads out of it."""
        clean = posixpath.normpath(relative) if relative else "."
        if clean == ".." or clean.startswith(("../", "/")):
            raise SqlError(
                "local file access to paths outside of external-io-dir is not allowed: "
                f"{posixpath.normpath(relative)}"
            )
        return self.root / clean

    def refuse_unless_empty(self, uri: str, relative: str) -> None:
        """Raise unless the folder is absent or holds nothing at all, hidden files included."""
        if any(char in relative for char in "*?["):
            raise SqlError("prefix cannot contain globs pattern when passing an explicit pattern")
        pattern = posixpath.normpath(posixpath.join(relative, "*"))
        if pattern.startswith("../"):
            raise SqlError(
                "unable to match pattern provided: local file access to paths outside of "
                f"external-io-dir is not allowed: {pattern}"
            )
        count = len(self.names(relative))
        if count:
            raise SqlError(
                f"export path {uri} is not empty (contains {count} files), "
                "please use an empty directory to prevent data loss"
            )

    def names(self, relative: str) -> list[str]:
        """The entries of a folder in the order of their bytes; none if there is no such folder."""
        path = self.path(relative)
        try:
            return sorted(os.listdir(path), key=os.fsencode)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as err:
            raise os_error("open", path, err) from err

    def make_folder(self, relative: str) -> Path:
        """Create a folder with its parents. The node's umask gives 0750."""
        path = self.path(relative)
        missing = [p for p in (path, *path.parents) if not p.exists()]
        try:
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                folder.chmod(FOLDER_MODE)
            if not path.is_dir():
                raise NotADirectoryError(20, "Not a directory")
        except OSError as err:
            inner = os_error("mkdir", path, err)
            message = f'creating target local directory "{path}": {inner.message}'
            raise SqlError(message) from err
        return path

    def write_whole(self, relative: str, *pieces: bytes) -> None:
        """Write a file through a temporary one and rename, as ``meta.sql`` is written."""
        target = self.path(relative)
        folder = self.make_folder(posixpath.dirname(relative))
        temporary = folder / f"{target.name}{secrets.randbelow(9 * 10**8) + 10**8}.tmp"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        except OSError as err:
            inner = os_error("open", temporary, err)
            raise SqlError(f"creating temporary file: {inner.message}") from err
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(pieces)
            temporary.replace(target)
        except OSError as err:
            temporary.unlink(missing_ok=True)
            inner = os_error("write", temporary, err)
            raise SqlError(f'writing to temporary file "{temporary}": {inner.message}') from err

    @contextmanager
    def append(self, relative: str, *, remote: bool = False) -> Iterator[DataFile]:
        """Open a data file for appending; it and its folder appear at this moment.

        A ``remote`` writer is not told when nothing more can be written (live-findings, row 29).
        """
        self.make_folder(posixpath.dirname(relative))
        file = (RemoteDataFile if remote else DataFile)(self.path(relative))
        try:
            yield file
        finally:
            file.close()

    def read_text(self, relative: str) -> str:
        """The text of a ``.sql`` file, always UTF-8 (facts.md, 1.12)."""
        path = self.readable(relative)
        try:
            return path.read_bytes().decode("utf-8", errors="replace")
        except OSError as err:
            raise os_error("open", path, err) from err

    def readable(self, relative: str) -> Path:
        """The path of a file that exists and is no folder."""
        path = self.path(relative)
        if path.is_dir():
            raise SqlError(f'expected a file but "{relative.rstrip("/")}" is a directory')
        try:
            with path.open("rb"):
                return path
        except OSError as err:
            raise os_error("open", path, err) from err


class DataFile:
    """One ``n<node>.<seq>.csv``. A write that fails leaves what fitted, as on a node."""

    def __init__(self, path: Path) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self._descriptor = os.open(path, flags, DATA_MODE)
            os.fchmod(self._descriptor, DATA_MODE)
        except OSError as err:
            raise self._error("open", err) from err

    def write(self, content: bytes) -> None:
        """Append all bytes; raises the node's ``write file …`` error."""
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as err:
            raise self._error("write", err) from err

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _error(self, operation: str, err: OSError) -> SqlError:
        inner = os_error(operation, self.path, err)
        error = SqlError(f"write file {self.path.name}: {inner.message}")
        error.__cause__ = err
        return error


class RemoteDataFile(DataFile):
    """A data file on another node than its writer: what does not fit is lost without a word."""

    def write(self, content: bytes) -> None:
        """Append what fits."""
        with suppress(SqlError):
            super().write(content)

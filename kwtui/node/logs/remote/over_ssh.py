"""The logs of a node that is reached by ssh: kwtui prints them there, and they are kept here.

Each log that is opened is a process of ssh, which writes what comes into a file that is read like
any other log.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from kwtui.config.profiles import Profile
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import decode
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.listing import LogFile, describe
from kwtui.node.there import failure_of, no_ssh, remote_line, ssh_command

_OTHER = LogFamily.OTHER
MOST_LINES = 10_000
"""Of each log, when it is opened without a time."""
LIST_SECONDS = 60.0
_FIRST_SECONDS = 15.0
"""How long a log is waited for that has nothing to print."""
_SETTLED_SECONDS = 0.3
"""Without a byte for so long, what was there when it was opened has come."""
_WATCH_SECONDS = 1.0


class _Listed(msgspec.Struct, frozen=True):
    """A log file as ``kwtui logs --files --json`` tells of it."""

    path: str
    bytes: int
    modified: datetime
    current: bool = False
    problem: str = ""


class _Listing(msgspec.Struct, frozen=True):
    files: tuple[_Listed, ...]


class SshLogs:
    """The logs of one node. Close it at last: that ends its processes and removes its files."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._folder = TemporaryDirectory(prefix="kwtui-log-", ignore_cleanup_errors=True)
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}

    @property
    def origin(self) -> str:
        return f"over ssh from {self.profile.ssh}"

    def close(self) -> None:
        self.stop()
        self._folder.cleanup()

    def stop(self) -> None:
        """End the processes; what came stays."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()
        self._processes.clear()

    async def files(self) -> list[LogFile]:
        """The log that grows, of each family. Raises KwtuiError as kwtui there, and ssh."""
        said = await asyncio.to_thread(self._ask, ["logs", "--files", "--json"])
        try:
            listing = decode(said, _Listing)
        except msgspec.DecodeError as error:
            raise KwtuiError(
                f"{self.profile.ssh} did not return a list of logs.",
                cause=str(error),
                hint="Is its kwtui of the same version? "
                f"ssh {self.profile.ssh} {self.profile.kwtui_there or 'kwtui'} --version",
            ) from error
        return [self._file(each) for each in listing.files if each.current and _plain(each.path)]

    def _file(self, listed: _Listed) -> LogFile:
        name = Path(listed.path).name
        file = describe(Path(self._folder.name) / name, listed.bytes, listed.modified)
        return replace(file, current=True, problem=listed.problem, origin=self.origin)

    def _ask(self, words: Sequence[str]) -> bytes:
        command = self._command(words)
        try:
            done = subprocess.run(  # noqa: S603 - the person's own ssh, without a shell here
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIST_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise no_ssh(self.profile) from error
        except subprocess.TimeoutExpired as error:
            raise KwtuiError(
                f"{self.profile.ssh} does not answer within {LIST_SECONDS:.0f} s.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            ) from error
        if done.returncode:
            raise self._failure(done.returncode, done.stderr)
        return done.stdout

    def _command(self, words: Sequence[str]) -> list[str]:
        return ssh_command(self.profile, remote_line(self.profile, words), may_ask=False)

    def _failure(self, code: int, stderr: bytes) -> KwtuiError:
        said = " ".join(stderr.decode("utf-8", "replace").split())
        failure = failure_of(self.profile, code, said)
        if failure is not None:
            return failure
        return KwtuiError(f"kwtui on {self.profile.ssh} failed.", cause=said)

    async def fetch(
        self, files: Sequence[LogFile], *, since: datetime | None = None, enough: int = MOST_LINES
    ) -> list[LogFile]:
        """Begin to read these logs, from ``since`` on or their last ``enough`` lines.

        What comes later is appended until `stop`. Raises KwtuiError.
        """
        self.stop()
        # Those of no known family have no times to merge by.
        read = [f for f in files if not f.problem and (len(files) == 1 or f.family is not _OTHER)]
        try:
            await asyncio.gather(*(self._begin(file, since, enough) for file in read))
        except BaseException:
            self.stop()
            raise
        return [replace(file, bytes=_size(file.path)) for file in read]

    async def _begin(self, file: LogFile, since: datetime | None, enough: int) -> None:
        span = ["--since", since.isoformat()] if since is not None else ["--lines", str(enough)]
        command = self._command(["logs", "--family", file.family.word, *span, "--follow"])
        process = self._start(file.path, command)
        await self._until_settled(file.path, process)
        code = process.poll()
        if code is not None and not _size(file.path):
            raise self._failure(code, _words_beside(file.path).read_bytes())

    def _start(self, path: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (
            os.fdopen(os.open(path, _NEW, 0o600), "wb") as out,
            os.fdopen(os.open(_words_beside(path), _NEW, 0o600), "wb") as err,
        ):
            try:
                process = subprocess.Popen(  # noqa: S603 - as above
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=err
                )
            except FileNotFoundError as error:
                raise no_ssh(self.profile) from error
        self._processes[path] = process
        return process

    async def _until_settled(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        """What was there when it was opened comes in one burst."""
        loop = asyncio.get_running_loop()
        deadline, size, since = loop.time() + _FIRST_SECONDS, 0, loop.time()
        while process.poll() is None and loop.time() < deadline:
            await asyncio.sleep(0.05)
            now = _size(path)
            if now != size:
                size, since = now, loop.time()
            elif size and loop.time() - since > _SETTLED_SECONDS:
                return

    async def watch(self, failed: Callable[[str], None]) -> None:
        """Tell of a line that broke, until it is cancelled; the processes end then."""
        try:
            while True:
                ended = [p for p in self._processes.values() if p.poll() is not None]
                failed(f"{self.profile.ssh} is lost: open the log again." if ended else "")
                await asyncio.sleep(_WATCH_SECONDS)
        finally:
            self.stop()


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def _size(path: Path) -> int:
    return path.stat().st_size


def _words_beside(log: Path) -> Path:
    """What ssh and kwtui there say of it."""
    return log.with_suffix(".stderr")


def _plain(path: str) -> bool:
    """What another machine tells becomes the name of a file here."""
    name = Path(path).name
    return name.endswith(".log") and not name.startswith(".") and name.isprintable()

"""A target that an installed rclone reaches, with rclone's own configuration and secrets."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import decode
from kwtui.offsite.streams import CHUNK
from kwtui.offsite.targets.target import Sink, Stored, aside, missing, taken
from kwtui.text import one_text, shell_quoted

_NO_FOLDER, _NO_FILE = 3, 4
"""rclone's exit codes (its manual, "Exit code")."""
_OPTIONS = ("--retries", "1", "--low-level-retries", "3", "--contimeout", "20s")
_STDERR_KEPT = 4096


class _Listed(msgspec.Struct):
    Path: str
    Size: int


class _About(msgspec.Struct):
    free: int | None = None


class RcloneTarget:
    """Implements `kwtui.offsite.targets.target.Target`."""

    def __init__(self, remote: str) -> None:
        self._remote = remote.rstrip("/")

    @property
    def address(self) -> str:
        return f"rclone:{self._remote}"

    def _place(self, name: str) -> str:
        if not name:
            return self._remote
        between = "" if self._remote.endswith(":") else "/"
        return f"{self._remote}{between}{name}"

    def files(self, folder: str = "") -> list[Stored]:
        words = ("lsjson", "-R", "--files-only", "--no-modtime", "--no-mimetype")
        code, answer, said = self._ask(*words, self._place(folder))
        if code == _NO_FOLDER:
            return [] if folder else self._empty_or_missing(said)
        if code:
            raise self._error(folder, code, said)
        found = self._listed(answer)
        before = f"{folder}/" if folder else ""
        stored = [Stored(before + entry.Path, entry.Size) for entry in found]
        return sorted(stored, key=lambda each: each.name)

    def _listed(self, answer: bytes) -> list[_Listed]:
        try:
            return decode(answer, list[_Listed])
        except msgspec.DecodeError as error:
            raise KwtuiError(
                f"{self.address} cannot be listed: rclone's answer is no list of files.",
                cause=f"{str(error).capitalize()}: {answer[:200].decode('utf-8', 'replace')}",
                hint=f"See what it answers: rclone lsjson {shell_quoted(self._remote)}",
            ) from error

    def _empty_or_missing(self, said: str) -> list[Stored]:
        raise KwtuiError(
            f"{self.address} was not found.",
            cause=one_text(said),
            hint=f"Make it: rclone mkdir {shell_quoted(self._remote)}",
            exit_code=ExitCode.NOT_FOUND,
        )

    def _is_there(self, name: str) -> bool:
        code, answer, said = self._ask("lsjson", "--files-only", self._place(name))
        if code in (_NO_FOLDER, _NO_FILE):
            return False
        if code:
            raise self._error(name, code, said)
        return answer.strip() not in (b"", b"[]", b"[\n]")

    @contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        if not self._is_there(name):
            raise missing(name, self.address)
        with TemporaryFile() as said:
            process = self._start(said, "cat", self._place(name), reads=False)
            try:
                yield self._chunks(name, process, said)
            finally:
                _end(process)

    def _chunks(
        self, name: str, process: subprocess.Popen[bytes], said: IO[bytes]
    ) -> Iterator[bytes]:
        while process.stdout is not None and (chunk := process.stdout.read(CHUNK)):
            yield chunk
        if code := process.wait():
            raise self._error(name, code, _words(said))

    @contextmanager
    def write(self, name: str) -> Iterator[Sink]:
        if self._is_there(name):
            raise taken(name, self.address)
        beside = self._place(aside(name))
        with TemporaryFile() as said:
            process = self._start(said, "rcat", beside, reads=True)
            try:
                yield _PipeSink(self, name, process, said)
                if process.stdin is not None:
                    process.stdin.close()
                if code := process.wait():
                    raise self._error(name, code, _words(said))
                self._run(name, "moveto", beside, self._place(name))
            except BaseException:
                _end(process)
                with suppress(KwtuiError):
                    self._ask("deletefile", beside)
                raise

    def delete(self, name: str) -> None:
        code, _, said = self._ask("deletefile", self._place(name))
        if code:
            # Of a file that is not there, versions say different things.
            if self._is_there(name):
                raise self._error(name, code, said)
            return
        # A folder that holds nothing any more goes too, where the remote has folders.
        for parent in PurePosixPath(name).parents:
            if str(parent) == "." or self._ask("rmdir", self._place(str(parent)))[0]:
                break

    def free_bytes(self) -> int | None:
        code, answer, _ = self._ask("about", "--json", self._remote)
        if code:
            return None
        with suppress(msgspec.DecodeError):
            return decode(answer, _About).free
        return None

    def close(self) -> None:
        """Nothing is held."""

    # -- rclone -------------------------------------------------------------------------------

    def _command(self, words: Sequence[str]) -> list[str]:
        action, *rest = words
        options = [word for word in rest if word.startswith("-")]
        places = [word for word in rest if not word.startswith("-")]
        return ["rclone", action, *_OPTIONS, *options, "--", *places]

    def _start(self, said: IO[bytes], *words: str, reads: bool) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603 - a remote that the person named
                self._command(words),
                stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if reads else subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
        except OSError as error:
            raise _not_installed(error) from error

    def _ask(self, *words: str) -> tuple[int, bytes, str]:
        try:
            done = subprocess.run(  # noqa: S603 - a remote that the person named
                self._command(words), stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        except OSError as error:
            raise _not_installed(error) from error
        return done.returncode, done.stdout, done.stderr[-_STDERR_KEPT:].decode("utf-8", "replace")

    def _run(self, name: str, *words: str) -> None:
        code, _, said = self._ask(*words)
        if code:
            raise self._error(name, code, said)

    def _error(self, name: str, code: int, said: str) -> KwtuiError:
        if code in (_NO_FOLDER, _NO_FILE):
            return missing(name, self.address)
        lowered = said.lower()
        if "no space left" in lowered or "quota" in lowered:
            title, exit_code = f"No space left on {self.address}.", ExitCode.DISK_FULL
        elif "permission denied" in lowered or "accessdenied" in lowered:
            title = (
                f"{name or 'It'} on {self.address} cannot be used by this account: "
                "permission denied."
            )
            exit_code = ExitCode.EXTERN_NOT_READABLE
        elif "didn't find section in config file" in lowered:
            title, exit_code = f"rclone has no remote named {self._remote}.", ExitCode.USAGE
        else:
            title, exit_code = f"{self.address} cannot be used.", ExitCode.FAILED
        hint = "Ask rclone itself: rclone lsd REMOTE:"
        return KwtuiError(title, cause=one_text(said)[-1000:], hint=hint, exit_code=exit_code)


class _PipeSink:
    def __init__(
        self, target: RcloneTarget, name: str, process: subprocess.Popen[bytes], said: IO[bytes]
    ) -> None:
        self._target, self._name, self._process, self._said = target, name, process, said

    def write(self, data: bytes, /) -> None:
        pipe = self._process.stdin
        try:
            if pipe is not None:
                pipe.write(data)
        except BrokenPipeError as error:
            code = self._process.wait()
            raise self._target._error(self._name, code or 1, _words(self._said)) from error


def _words(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read(_STDERR_KEPT).decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()


def _not_installed(error: OSError) -> KwtuiError:
    return KwtuiError(
        "The program rclone cannot be started.",
        cause=error.strerror or str(error),
        hint="Install rclone, and configure the remote: rclone config",
    )

"""kwtui as a process of its own, without the third of a second that a process takes to start.

One process for all tests has imported what commands need. Each command is a fork of it: with its
own environment, files and exit status, like one that a shell starts. So are the processes that
these commands start in turn, for a run or for a sandbox's server, in a session of their own.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn, TextIO

_PACKAGES = (
    "kwtui.backups",
    "kwtui.commands",
    "kwtui.config",
    "kwtui.controller",
    "kwtui.diagnosis",
    "kwtui.files",
    "kwtui.model",
    "kwtui.node",
    "kwtui.operations",
    "kwtui.protection",
    "kwtui.runs",
    "kwtui.sandbox",
    "kwtui.server",
    "kwtui.sql",
)
_MODULES = (
    "_strptime",
    "asyncio",
    "duckdb",
    "encodings.idna",
    "humanize",
    "kwtui.cli",
    "kwtui.sandbox.__main__",
    "psycopg",
    "yaml",
)
_READS = ("kwtui.diagnosis.entries", "known"), ("kwtui.sandbox.query.virtual_tables", "definitions")
"""Functions that read once what a process needs, with their modules."""
STARTING = ("kwtui.runs.process", "kwtui.sandbox.control.manage")
"""Modules that start a process which lives on after the command."""
_REQUEST_BYTES = 1 << 20
_MOST_FILES = 32
_OUT_OF_THE_WAY = 200
"""File numbers from here on are nobody's."""


class ReadyProcess:
    """The process that is forked, seen from the tests.

    It has imported the modules that commands and servers need, or else the one module that it is
    given, whose function ``prepare`` does what all its forks would do first.
    """

    def __init__(self, module: str = "", environment: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST_BYTES)
        with theirs:
            # It ends when our end of the socket is closed, at the latest with this process.
            subprocess.Popen(
                [sys.executable, "-m", "tests.ready_process", str(theirs.fileno()), module],
                pass_fds=[theirs.fileno()],
                env=environment,
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket = ours

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        timeout: float,
        module: str = "kwtui.cli",
    ) -> tuple[int, str, str]:
        """The command's exit code, standard output and standard error.

        Raises subprocess.TimeoutExpired; the command is then killed.
        """
        request = _request(module, words, environment, os.getcwd(), [0, 1, 2])
        with (
            open(os.devnull, "rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            _pipe() as (told, tells),
        ):
            files = [nothing.fileno(), out.fileno(), err.fileno(), tells]
            socket.send_fds(self._socket, [request], files)
            os.close(tells)
            pid = int(_line(told, words, timeout))
            try:
                code = int(_line(told, words, timeout))
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                raise
            return code, _text(out.fileno()), _text(err.fileno())

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], module: str = "kwtui.cli"
    ) -> Command:
        """Start the module's ``main``, with nothing to read and pipes for what it says."""
        request = _request(module, words, environment, os.getcwd(), [0, 1, 2])
        (out, says), (err, complains), (told, tells) = os.pipe(), os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        files = [nothing, says, complains, tells]
        socket.send_fds(self._socket, [request], files)
        for file in files:
            os.close(file)
        return Command(told, words, out, err)

    def start_in_terminal(
        self, module: str, words: Sequence[str], environment: Mapping[str, str], terminal: int
    ) -> Forked:
        """Start the module's ``main`` on a terminal of its own; it leads the terminal's session."""
        told, tells = os.pipe()
        request = _request(module, words, environment, os.getcwd(), [0, 1, 2], place="terminal")
        socket.send_fds(self._socket, [request], [terminal, terminal, terminal, tells])
        os.close(tells)
        return Forked(told, words)

    @property
    def requests(self) -> socket.socket:
        """Where forks are asked for."""
        return self._socket


@cache
def ready_process() -> ReadyProcess:
    """The one of this process."""
    return ReadyProcess()


def forking_subprocess() -> SimpleNamespace:
    """What stands for `subprocess` in the modules `STARTING`: their processes are forks as well."""
    return _forking(lambda: ready_process().requests)


def _forking(asks: Callable[[], socket.socket]) -> SimpleNamespace:
    def start(command: Sequence[str], **options: Any) -> _Started:
        return _Started(asks(), command, **options)

    return SimpleNamespace(Popen=start, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)


class Forked:
    """A process that was asked for, and what is told of it in a pipe."""

    def __init__(self, told: int, words: Sequence[str]) -> None:
        self.returncode: int | None = None
        self._told = told
        self._words = words
        self.pid = int(_line(told, words, 60))

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            return self.wait()
        return self.returncode

    def wait(self, timeout: float = 600) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = int(_line(self._told, self._words, timeout))
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def close(self) -> None:
        """Nothing more is asked of it."""
        os.close(self._told)


class Command(Forked):
    """A command at work, as `subprocess.Popen` has it."""

    def __init__(self, told: int, words: Sequence[str], out: int, err: int) -> None:
        self.stdout = open(out, encoding="utf-8")  # noqa: SIM115 - closed with this object
        self.stderr = open(err, encoding="utf-8")  # noqa: SIM115
        super().__init__(told, words)

    def communicate(self, timeout: float = 600) -> tuple[str, str]:
        """All that it said and was not read yet, once it has ended.

        Raises subprocess.TimeoutExpired.
        """
        said = {}

        def read(stream: IO[str]) -> None:
            said[stream] = stream.read()

        streams = (self.stdout, self.stderr)
        readers = [threading.Thread(target=read, args=[s], daemon=True) for s in streams]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
        return said[self.stdout], said[self.stderr]


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    told, tells = os.pipe()
    try:
        yield told, tells
    finally:
        os.close(told)


def _line(pipe: int, words: Sequence[str], seconds: float) -> bytes:
    if not select.select([pipe], [], [], seconds)[0]:
        raise subprocess.TimeoutExpired(list(words), seconds)
    # Each is written at once, and far shorter than what a pipe takes at once.
    line = os.read(pipe, 12)
    assert line, "the process that commands are forks of is gone"
    return line


def _text(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    with open(file, encoding="utf-8", closefd=False) as text:
        return text.read()


def _request(
    module: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
    numbers: Sequence[int],
    *,
    place: str = "",
) -> bytes:
    """What to run; with it go the files of these numbers, and the pipe to tell of it in.

    ``place`` is "apart" for a session of its own, and "terminal" for one that has its first file
    as its terminal.
    """
    told = [module, list(words), dict(environment), folder, list(numbers), place]
    return json.dumps(told).encode()


# -- in the process that is forked --------------------------------------------------------------


def _serve(requests: socket.socket, module: str) -> None:
    """Fork a keeper for each request, which forks the command and tells how that ended."""
    if module:
        importlib.import_module(module).prepare()
        assert threading.active_count() == 1, "a process with threads must not fork"
    else:
        for name in _modules():
            importlib.import_module(name)
        for name, function in _READS:
            vars(importlib.import_module(name))[function]()
    gc.collect()
    gc.freeze()
    # What a command makes is mostly there until it ends.
    gc.set_threshold(50_000, 20, 20)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Commands ask for processes of their own in here: they may have threads, and must not fork.
    further, asks = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    while True:
        for end in select.select([requests, further], [], [])[0]:
            request, files, _, _ = socket.recv_fds(end, _REQUEST_BYTES, _MOST_FILES)
            if not request:
                return
            if os.fork() == 0:
                requests.close()
                further.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _keep(request, files, asks)
            for file in files:
                os.close(file)


def _modules() -> Iterator[str]:
    yield from _MODULES
    for package in _PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                yield module.name


def _keep(request: bytes, files: list[int], asks: socket.socket) -> None:
    *given, tells = files
    # The command begins when nobody else holds its files: a lock ends with the last of them.
    waits, lets = os.pipe()
    pid = os.fork()
    if pid:
        asks.close()
        for file in (*given, waits, lets):
            os.close(file)
        # Nobody may be there any more to hear of it.
        with suppress(BrokenPipeError):
            os.write(tells, f"{pid:>12}".encode())
            _, status = os.waitpid(pid, 0)
            os.write(tells, f"{os.waitstatus_to_exitcode(status):>12}".encode())
        os._exit(0)
    os.close(lets)
    os.read(waits, 1)
    os.close(waits)
    os.close(tells)
    module, words, environment, folder, numbers, place = json.loads(request)
    if place:
        os.setsid()
        asks.close()
    else:
        for name in STARTING:
            vars(importlib.import_module(name))["subprocess"] = _forking(lambda: asks)
    _place(given, numbers)
    if place == "terminal":
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdout, sys.stderr = _stream(1, sys.stdout), _stream(2, sys.stderr)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kwtui", *words]
    main: Callable[[], int] = importlib.import_module(module).main
    try:
        code = main()
    except SystemExit as ended:
        if not isinstance(ended.code, int):
            raise
        code = ended.code
    _end(code)


def _stream(number: int, before: TextIO) -> TextIO:
    """As an interpreter opens it: what was opened for another kind of file has another's ways."""
    lines = number == 2 or os.isatty(number)
    return open(
        number,
        "w",
        encoding=before.encoding,
        errors=before.errors,
        buffering=1 if lines else -1,
        closefd=False,
    )


def _end(code: int) -> NoReturn:
    """End as an interpreter does, but for taking apart what all of them share.

    That writes to every page of it, which would have to be copied first.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(code)


def _place(files: list[int], numbers: list[int]) -> None:
    """Give the files the numbers that they had where they were sent."""
    moved = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _OUT_OF_THE_WAY) for file in files]
    for file in files:
        os.close(file)
    for file, number in zip(moved, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)


class _Started(Forked):
    """As much of `subprocess.Popen` as is asked of a process that one of kwtui's own becomes."""

    def __init__(
        self,
        asks: socket.socket,
        command: Sequence[str],
        *,
        stdin: int,
        stdout: IO[bytes] | int,
        stderr: IO[bytes] | int,
        cwd: Path,
        env: Mapping[str, str],
        start_new_session: bool,
        pass_fds: Sequence[int] = (),
    ) -> None:
        _, _, _, module, *words = command
        self.stdin: IO[bytes] | None = None
        if stdin == subprocess.PIPE:
            read, write = os.pipe()
            self.stdin = open(write, "wb")  # noqa: SIM115 - who starts it closes it
        else:
            read = os.open(os.devnull, os.O_RDONLY)
        told, tells = os.pipe()
        request = _request(
            module,
            words,
            env,
            str(cwd),
            [0, 1, 2, *pass_fds],
            place="apart" if start_new_session else "",
        )
        files = [read, _number(stdout), _number(stderr), *pass_fds, tells]
        socket.send_fds(asks, [request], files)
        os.close(read)
        os.close(tells)
        super().__init__(told, words)

    def wait(self, timeout: float = 600) -> int:
        """Once it has ended nobody asks any more."""
        is_told = self.returncode is not None
        code = super().wait(timeout)
        if not is_told:
            self.close()
        return code


def _number(file: IO[bytes] | int) -> int:
    return file if isinstance(file, int) else file.fileno()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])

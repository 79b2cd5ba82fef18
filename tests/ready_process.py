"""kwtui as a process of its own, without the third of a second that a process takes to start.

One process for all tests has imported what commands need. Each command is a fork of it: with its
own environment, files and exit status, like one that a shell starts.
"""

from __future__ import annotations

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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_PACKAGES = ("kwtui.commands", "kwtui.controller", "kwtui.operations", "kwtui.runs", "kwtui.server")
_MODULES = ("asyncio", "kwtui.cli", "kwtui.sandbox.control.manage", "psycopg")
_REQUEST_BYTES = 1 << 20


class ReadyProcess:
    """The process that is forked, seen from the tests."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST_BYTES)
        with theirs:
            # It ends when our end of the socket is closed, at the latest with this process.
            subprocess.Popen(
                [sys.executable, "-m", "tests.ready_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._socket = ours

    def run(
        self, words: Sequence[str], environment: dict[str, str], timeout: float
    ) -> tuple[int, str, str]:
        """The command's exit code, standard output and standard error.

        Raises subprocess.TimeoutExpired; the command is then killed.
        """
        request = json.dumps([list(words), environment, os.getcwd()]).encode()
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


@cache
def ready_process() -> ReadyProcess:
    """The one of this process."""
    return ReadyProcess()


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


# -- in the process that is forked --------------------------------------------------------------


def _serve(requests: socket.socket) -> None:
    """Fork a keeper for each request, which forks the command and tells how that ended."""
    for name in _modules():
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(requests, _REQUEST_BYTES, 4)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(request, files)
        for file in files:
            os.close(file)


def _modules() -> Iterator[str]:
    yield from _MODULES
    for package in _PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                yield module.name


def _keep(request: bytes, files: list[int]) -> None:
    *standard, tells = files
    pid = os.fork()
    if pid:
        os.write(tells, f"{pid:>12}".encode())
        _, status = os.waitpid(pid, 0)
        os.write(tells, f"{os.waitstatus_to_exitcode(status):>12}".encode())
        os._exit(0)
    os.close(tells)
    words, environment, folder = json.loads(request)
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kwtui", *words]
    from kwtui.cli import main

    sys.exit(main())


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))

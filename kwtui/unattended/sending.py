"""Sending a notice, in a process of its own that is killed when its time is up.

A receiver that sends a byte now and then keeps `urllib` waiting for ever: its timeout counts from
byte to byte. So the sender is a child with a deadline, whatever happens inside it. What cannot be
sent is told to the caller and never raised: a notice must not fail a backup.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec

from kwtui.files.own_program import own_program
from kwtui.model.policy import PolicyNotice
from kwtui.unattended.delivery import FINAL
from kwtui.unattended.notices import Notice, as_json

_MODULE = "kwtui.unattended.delivery"
DEADLINE = timedelta(seconds=60)
"""For everything: all ways are tried at the same time."""
TRIES = 3
_FIRST_PAUSE = 1.0
_PING_DEADLINE = timedelta(seconds=10)


@dataclass(frozen=True)
class Sent:
    """How one way of telling ended; ``problem`` is empty where it was taken."""

    way: str
    problem: str = ""


class PingKind(StrEnum):
    START = "start"
    OK = "ok"
    FAIL = "fail"


def send(notice: Notice, settings: PolicyNotice, deadline: timedelta = DEADLINE) -> list[Sent]:
    """Tell everybody whom the policy names, in at most this time."""
    ways = [
        way
        for way, used in (
            ("command", settings.command),
            ("webhook", settings.webhook),
            ("mail", settings.mail_to),
            ("apprise", settings.apprise),
        )
        if used
    ]
    if not ways:
        return []
    with ThreadPoolExecutor(len(ways), thread_name_prefix="tell") as pool:
        return list(pool.map(lambda way: _try(way, notice, settings, deadline), ways))


def ping(address: str, kind: PingKind, words: str, deadline: timedelta = _PING_DEADLINE) -> Sent:
    """Tell whoever waits for it that a run began, succeeded or failed."""
    work = {"way": "ping", "address": address, "kind": kind.value, "words": words}
    return _persist(
        "ping", lambda left: _run(own_program(_MODULE), json.dumps(work).encode(), left), deadline
    )


def _try(way: str, notice: Notice, settings: PolicyNotice, deadline: timedelta) -> Sent:
    if way == "command":
        words, data = list(settings.command), as_json(notice)
    else:
        work = {"way": way, "notice": asdict(notice), "settings": asdict(settings)}
        words, data = own_program(_MODULE), msgspec.json.encode(work)
    return _persist(way, lambda left: _run(words, data, left), deadline)


def _persist(way: str, once: Callable[[timedelta], tuple[str, bool]], deadline: timedelta) -> Sent:
    """Try again after a pause that doubles, as long as there is time."""
    end = time.monotonic() + deadline.total_seconds()
    pause, problem = _FIRST_PAUSE, ""
    for _ in range(TRIES):
        problem, final = once(timedelta(seconds=end - time.monotonic()))
        if not problem or final or time.monotonic() + pause >= end:
            break
        time.sleep(pause)
        pause *= 2
    return Sent(way, problem)


def _run(words: list[str], data: bytes, deadline: timedelta) -> tuple[str, bool]:
    """What went wrong, and whether that is for good.

    It runs in a session of its own, so that what it started ends with it.
    """
    seconds = deadline.total_seconds()
    try:
        process = subprocess.Popen(  # noqa: S603 - the policy's owner chose the command
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        return f"{words[0]} cannot be started: {error.strerror}", True
    try:
        _, errors = process.communicate(data, timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process)
        return f"it did not end within {seconds:.0f} s and was stopped", False
    if process.returncode == 0:
        return "", False
    said = errors.decode("utf-8", "replace").strip().splitlines()
    words_of_it = f": {said[-1][:300]}" if said else ""
    return f"it ended with {process.returncode}{words_of_it}", process.returncode == FINAL


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

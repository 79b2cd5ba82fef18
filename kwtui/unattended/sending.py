"""Sending a notice, in a process of its own that is killed when its time is up.

A receiver that sends a byte now and then keeps `urllib` waiting for ever: its timeout counts from
byte to byte. So the sender is a child with a deadline, whatever happens inside it. What cannot be
sent is told to the caller and never raised: a notice must not fail a backup.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta

import msgspec

from kwtui.files.own_program import own_program
from kwtui.model.policy import PolicyNotice
from kwtui.unattended.notices import Notice, as_json, mail, webhook_body

DEADLINE = timedelta(seconds=30)
"""For one way of one try."""
TRIES = 2


@dataclass(frozen=True)
class Sent:
    """How one way of telling ended; ``problem`` is empty where it was taken."""

    way: str
    problem: str = ""


def send(notice: Notice, settings: PolicyNotice, deadline: timedelta = DEADLINE) -> list[Sent]:
    """Tell everybody whom the policy names; what failed is tried once more."""
    ways = [
        way
        for way, used in (
            ("command", settings.command),
            ("webhook", settings.webhook),
            ("mail", settings.mail_to),
        )
        if used
    ]
    return [_try(way, notice, settings, deadline) for way in ways]


def _try(way: str, notice: Notice, settings: PolicyNotice, deadline: timedelta) -> Sent:
    problem = ""
    for _ in range(TRIES):
        problem = _once(way, notice, settings, deadline)
        if not problem:
            return Sent(way)
    return Sent(way, problem)


def _once(way: str, notice: Notice, settings: PolicyNotice, deadline: timedelta) -> str:
    if way == "command":
        return _run(list(settings.command), as_json(notice), deadline)
    work = {"way": way, "notice": asdict(notice), "settings": asdict(settings)}
    words = own_program("kwtui.unattended.sending")
    return _run(words, json.dumps(work).encode(), deadline)


def _run(words: list[str], data: bytes, deadline: timedelta) -> str:
    """Run it in a session of its own, so that what it started ends with it."""
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
        return f"{words[0]} cannot be started: {error.strerror}"
    try:
        _, errors = process.communicate(data, timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process)
        return f"it did not end within {seconds:.0f} s and was stopped"
    if process.returncode == 0:
        return ""
    said = errors.decode("utf-8", "replace").strip().splitlines()
    return f"it ended with {process.returncode}" + (f": {said[-1][:300]}" if said else "")


def _kill(process: subprocess.Popen[bytes]) -> None:
    import signal
    from contextlib import suppress

    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# -- in the child -------------------------------------------------------------------------------


def _post(notice: Notice, settings: PolicyNotice) -> None:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    request = Request(  # noqa: S310 - only http and https pass the policy's check
        settings.webhook,
        data=webhook_body(notice, settings.template),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            answer.read(1000)
    except HTTPError as error:
        raise SystemExit(f"the receiver answered {error.code} {error.reason}") from None
    except (URLError, OSError) as error:
        # Not the address: it often holds a token.
        raise SystemExit(f"the receiver cannot be reached: {_reason(error)}") from None


def _mail(notice: Notice, settings: PolicyNotice) -> None:
    import smtplib

    message = mail(notice, settings)
    try:
        if settings.smtp:
            host, _, port = settings.smtp.rpartition(":")
            with smtplib.SMTP(host or port, int(port) if host else 25, timeout=10) as server:
                if server.has_extn("starttls"):
                    server.starttls()
                server.send_message(message)
            return
        subprocess.run(
            ["/usr/sbin/sendmail", "-t", "-oi"],
            input=message.as_bytes(),
            check=True,
            capture_output=True,
        )
    except (OSError, smtplib.SMTPException, subprocess.CalledProcessError) as error:
        raise SystemExit(f"the mail was not taken: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or inner)


def _main() -> None:
    work = json.load(sys.stdin.buffer)
    notice = msgspec.convert(work["notice"], Notice)
    settings = msgspec.convert(work["settings"], PolicyNotice)
    {"webhook": _post, "mail": _mail}[work["way"]](notice, settings)


if __name__ == "__main__":
    _main()

"""The process that carries a notice to its receiver; `sending` starts it and ends it.

It reads its work from standard input: addresses hold tokens, which must not be seen in a list of
processes. It says why it failed on standard error, without them.
"""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import time
from email.message import EmailMessage
from functools import partial
from typing import Any, NoReturn

import msgspec

from kwtui.files.extras import how_to_add
from kwtui.model.policy import PolicyNotice
from kwtui.unattended.notices import Notice, mail, refusal, signed_webhook

_PATIENCE = 15.0
"""Seconds from byte to byte; all of it is bounded from outside."""
_SMTPS = 465
_LARGEST_ANSWER = 10_000
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json; charset=utf-8"
FINAL = 65
"""Its exit code where it was refused for good: to try again would change nothing."""


def _give_up(words: str, *, final: bool = False) -> NoReturn:
    sys.stderr.write(words + "\n")
    raise SystemExit(FINAL if final else 1)


def _post(notice: Notice, settings: PolicyNotice) -> None:
    command = settings.webhook_secret_command
    secret = _printed(command, "webhook_secret_command") if command else ""
    address, body = signed_webhook(notice, settings.template, settings.webhook, secret, time.time())
    answer = _ask(address, body, _JSON)
    problem = refusal(answer, settings.template)
    if problem:
        _give_up(problem, final=True)


def _ask(address: str, data: bytes, kind: str) -> bytes:
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    request = Request(  # noqa: S310 - only http and https pass the policy's check
        address, data=data, headers={"Content-Type": kind}, method="POST"
    )
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            found: bytes = answer.read(_LARGEST_ANSWER)
            return found
    except HTTPError as error:
        # 429 and what is the server's own trouble may pass.
        final = 400 <= error.code < 500 and error.code != 429
        _give_up(f"the receiver answered {error.code} {error.reason}", final=final)
    except (URLError, OSError, ValueError) as error:
        # Not the address: it often holds a token.
        _give_up(f"the receiver cannot be reached: {_reason(error)}")


def _mail(notice: Notice, settings: PolicyNotice) -> None:
    import smtplib

    message = mail(notice, settings)
    try:
        if settings.smtp:
            _by_smtp(message, settings)
        else:
            subprocess.run(
                ["/usr/sbin/sendmail", "-t", "-oi"],
                input=message.as_bytes(),
                check=True,
                capture_output=True,
            )
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        final = 500 <= error.smtp_code < 600
        _give_up(f"the mail was rejected: {error.smtp_code} {words}", final=final)
    except smtplib.SMTPRecipientsRefused as error:
        answers = [f"{code} {said.decode('utf-8', 'replace')}" for code, said in _refused(error)]
        final = all(answer.startswith("5") for answer in answers)
        _give_up(f"every recipient was rejected: {'; '.join(answers)}", final=final)
    except (OSError, smtplib.SMTPException, subprocess.CalledProcessError) as error:
        _give_up(f"the mail was rejected: {_reason(error)}")


def _refused(error: Any) -> list[tuple[int, bytes]]:
    """What the server said of each recipient."""
    return list(error.recipients.values())


def _by_smtp(message: EmailMessage, settings: PolicyNotice) -> None:
    import smtplib
    import ssl

    host, _, port = settings.smtp.rpartition(":")
    number = int(port) if host else 25
    # Who the server is must be proven only where it gets a password.
    context = ssl.create_default_context() if settings.smtp_user else None
    at_once = number == _SMTPS
    make = partial(smtplib.SMTP_SSL, context=context) if at_once else smtplib.SMTP
    # Without a name of its own it asks for one, and waits long where nobody resolves it.
    name = socket.gethostname()
    with make(host or port, number, local_hostname=name, timeout=_PATIENCE) as server:
        encrypted = at_once or server.has_extn("starttls")
        if encrypted and not at_once:
            server.starttls(context=context)
        if settings.smtp_user:
            if not encrypted:
                _give_up("the server offers no TLS: no password is sent to it", final=True)
            command = settings.smtp_password_command
            server.login(settings.smtp_user, _printed(command, "smtp_password_command"))
        server.send_message(message)


def _printed(command: str, key: str) -> str:
    """The secret that a policy's command prints as its first line. It is told to nobody."""
    try:
        done = subprocess.run(  # noqa: S603 - the policy's owner chose the command
            shlex.split(command), capture_output=True, text=True, check=False
        )
    except (OSError, ValueError) as error:
        _give_up(f"{key} cannot be started: {_reason(error)}", final=True)
    if done.returncode or not done.stdout.strip():
        how = f"ended with {done.returncode}" if done.returncode else "printed nothing"
        _give_up(f"{key} {how}", final=True)
    return done.stdout.splitlines()[0]


def _apprise(notice: Notice, settings: PolicyNotice) -> None:
    try:
        import apprise
    except ModuleNotFoundError:
        _give_up(f"apprise is not installed. {how_to_add('notify')}", final=True)
    receivers = apprise.Apprise()
    for number, address in enumerate(settings.apprise, start=1):
        if not receivers.add(address):
            _give_up(f"apprise does not support this address: the {number}. one", final=True)
    if not receivers.notify(title=notice.title, body=notice.text):
        _give_up("apprise could not notify everybody")


def _ping(work: dict[str, Any]) -> None:
    address = str(work["address"]).rstrip("/")
    ending = "" if work["kind"] == "ok" else f"/{work['kind']}"
    _ask(address + ending, str(work["words"]).encode()[:_LARGEST_ANSWER], _TEXT)


def _reason(error: BaseException) -> str:
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or type(inner).__name__)


def _main() -> None:
    work = json.load(sys.stdin.buffer)
    if work["way"] == "ping":
        _ping(work)
        return
    notice = msgspec.convert(work["notice"], Notice)
    settings = msgspec.convert(work["settings"], PolicyNotice)
    {"webhook": _post, "mail": _mail, "apprise": _apprise}[work["way"]](notice, settings)


if __name__ == "__main__":
    _main()

"""Telling people: forms, and receivers that do not behave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from kwtui.model.policy import NoticeOn, PolicyNotice
from kwtui.unattended import sending
from kwtui.unattended.notices import Notice, mail, refusal, webhook_body
from kwtui.unattended.sending import PingKind, Sent, ping, send

NOTICE = Notice(
    NoticeOn.FAILURE,
    "nightly",
    "shop failed\nBcc: everybody@example.org",
    "db1",
    "2026-11-30T01:15:00+00:00",
    ("shop: the disk is full",),
)


@pytest.mark.parametrize("template", ["generic", "slack", "dingtalk", "feishu", "wecom"])
def test_every_receiver_gets_json_with_the_words(template: str) -> None:
    body = webhook_body(NOTICE, template)
    assert isinstance(json.loads(body), dict)
    assert b"the disk is full" in body


def test_a_name_never_adds_a_header_to_a_mail() -> None:
    message = mail(NOTICE, PolicyNotice(mail_to=("dba@example.org",), mail_from="k@example.org"))
    assert message["Bcc"] is None
    assert message["Subject"] == "[kwtui] failure: shop failed␊Bcc: everybody@example.org"


def test_names_tell_a_receiver_nothing() -> None:
    hostile = '\x1b[31m\x9b1m\u202e\udcff<!channel> <at user_id="all"></at>\nshop: fine'
    notice = Notice(NoticeOn.FAILURE, hostile, hostile, "db1", NOTICE.at, (hostile,))
    for template in ("generic", "slack", "dingtalk", "feishu", "wecom"):
        body = webhook_body(notice, template).decode()
        assert body.isprintable()
        assert not set("\x1b\x9b\u202e") & set(str(json.loads(body)))
    assert "<!channel>" not in webhook_body(notice, "slack").decode()
    assert "<at " not in webhook_body(notice, "feishu").decode()
    assert notice.text.count("\n") == 2
    message = mail(notice, PolicyNotice(mail_to=("dba@example.org",), mail_from="k@example.org"))
    assert "\x1b" not in message.as_string()


def test_a_command_gets_the_notice_on_its_standard_input(tmp_path: Path) -> None:
    got = tmp_path / "got.json"
    command = (sys.executable, "-c", f"import sys; open({str(got)!r}, 'w').write(sys.stdin.read())")
    assert send(NOTICE, PolicyNotice(command=command)) == [Sent("command")]
    assert json.loads(got.read_text())["policy"] == "nightly"


def test_a_command_that_fails_or_is_not_there_is_told_and_raises_nothing() -> None:
    (failed,) = send(NOTICE, PolicyNotice(command=(sys.executable, "-c", "exit('no such room')")))
    assert failed.problem == "it ended with 1: no such room"
    (missing,) = send(NOTICE, PolicyNotice(command=("/nowhere/tell",)))
    assert "cannot be started" in missing.problem


def test_a_command_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "late"
    script = f"(sleep 2; touch {mark}) & sleep 60"
    begun = time.monotonic()
    (sent,) = send(NOTICE, PolicyNotice(command=("sh", "-c", script)), timedelta(seconds=0.4))
    assert "was stopped" in sent.problem
    assert time.monotonic() - begun < 2
    time.sleep(2 - (time.monotonic() - begun) + 0.7)
    assert not mark.exists()


class _Receiver(BaseHTTPRequestHandler):
    got: ClassVar[list[tuple[str, bytes]]] = []
    statuses: ClassVar[list[int]] = []
    """Of the next answers; then 200."""
    answer: ClassVar[bytes] = b"ok"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, body))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0.01)
    _Receiver.got.clear()
    _Receiver.statuses[:] = []
    _Receiver.answer = b"ok"


def test_a_webhook_is_posted_and_a_refusal_is_told_and_not_tried_again(address: str) -> None:
    settings = PolicyNotice(webhook=f"{address}/secret-token", template="slack")
    assert send(NOTICE, settings) == [Sent("webhook")]
    assert "the disk is full" in json.loads(_Receiver.got[-1][1])["text"]
    _Receiver.statuses[:] = [403]
    (refused,) = send(NOTICE, settings)
    assert "403" in refused.problem
    assert "secret-token" not in refused.problem
    assert len(_Receiver.got) == 2


def test_a_receiver_in_trouble_is_tried_again(address: str) -> None:
    _Receiver.statuses[:] = [503]
    assert send(NOTICE, PolicyNotice(webhook=address)) == [Sent("webhook")]
    assert len(_Receiver.got) == 2


def test_a_robot_that_refuses_with_200_is_not_believed(address: str) -> None:
    _Receiver.answer = b'{"errcode":310000,"errmsg":"keywords not in content"}'
    (refused,) = send(NOTICE, PolicyNotice(webhook=address, template="dingtalk"))
    assert "310000: keywords not in content" in refused.problem


SECRET = "SECa+/b\u6570"


def _dingtalk(path: str, body: dict[str, str]) -> tuple[float, str, bytes]:
    """When it was signed, the signature, and the right one, as DingTalk's page tells."""
    asked = parse_qs(urlsplit(path).query)
    assert asked["access_token"] == ["token"]
    stamp = asked["timestamp"][0]
    right = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256)
    return int(stamp) / 1000, asked["sign"][0], right.digest()


def _feishu(path: str, body: dict[str, str]) -> tuple[float, str, bytes]:
    assert path == "/robot?access_token=token"
    stamp = body["timestamp"]
    right = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256)
    return int(stamp), body["sign"], right.digest()


@pytest.mark.parametrize(("template", "read"), [("dingtalk", _dingtalk), ("feishu", _feishu)])
def test_a_robot_that_wants_a_signature_gets_it_and_nobody_sees_the_secret(
    address: str,
    tmp_path: Path,
    template: str,
    read: Callable[[str, dict[str, str]], tuple[float, str, bytes]],
) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings = PolicyNotice(
        webhook=f"{address}/robot?access_token=token",
        template=template,
        webhook_secret_command=f"cat {tmp_path}/secret",
    )
    _Receiver.answer = b'{"errcode":0,"code":0}'
    assert send(NOTICE, settings) == [Sent("webhook")]
    path, body = _Receiver.got[-1]
    at, sign, right = read(path, json.loads(body))
    assert abs(time.time() - at) < 60
    assert base64.b64decode(sign) == right
    assert "the disk is full" in body.decode()
    assert SECRET not in unquote(path) + body.decode()

    _Receiver.answer = b'{"errcode":310000,"errmsg":"sign not match","code":19021,"msg":"sign"}'
    (refused,) = send(NOTICE, settings)
    assert "it answered" in refused.problem
    for command, words in (("false", "ended with 1"), ("true", "printed nothing")):
        (unsigned,) = send(NOTICE, replace(settings, webhook_secret_command=command))
        assert unsigned.problem.endswith(f"webhook_secret_command {words}")
    (gone,) = send(NOTICE, replace(settings, webhook_secret_command="/nowhere/pass"))
    assert "webhook_secret_command cannot be started: No such file" in gone.problem
    assert len(_Receiver.got) == 2, "without its secret nothing is sent"


@pytest.mark.parametrize(
    ("template", "answer", "words"),
    [
        ("dingtalk", b'{"errcode":0,"errmsg":"ok"}', ""),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "93000: invalid webhook"),
        ("feishu", b'{"StatusCode":0,"StatusMessage":"success","code":0}', ""),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', "19021: sign match fail"),
        ("wecom", b"<html>Welcome</html>", "is not one of such a receiver"),
        ("feishu", b"[1]", "it is not a receiver"),
        ("slack", b"ok", ""),
        ("generic", b"<html>", ""),
    ],
)
def test_what_receivers_answer(template: str, answer: bytes, words: str) -> None:
    assert words in refusal(answer, template)
    assert bool(words) == bool(refusal(answer, template))


def test_a_long_notice_fits_into_what_a_receiver_takes() -> None:
    long = replace(NOTICE, lines=("\u6570" * 4000,))
    body = json.loads(webhook_body(long, "wecom"))
    assert len(body["text"]["content"].encode()) <= 2048


def test_a_ping_says_that_a_run_began_succeeded_or_failed(address: str) -> None:
    for kind in PingKind:
        assert ping(f"{address}/uuid", kind, "shop failed") == Sent("ping")
    assert _Receiver.got == [
        ("/uuid/start", b"shop failed"),
        ("/uuid", b"shop failed"),
        ("/uuid/fail", b"shop failed"),
    ]


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of an SMTP server as a client needs."""

    got: ClassVar[list[str]] = []
    refuses: ClassVar[bool] = False

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                while (text := self.rfile.readline().decode()).strip() != ".":
                    self.got.append(text.strip())
            if word == "RCPT" and self.refuses:
                self._say("550 no such person")
            else:
                self._say("250 ok" if word != "QUIT" else "221 bye")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def test_a_mail_is_handed_over_and_its_refusal_is_told() -> None:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mailbox)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    smtp = f"127.0.0.1:{server.server_address[1]}"
    settings = PolicyNotice(mail_to=("dba@example.org",), mail_from="k@example.org", smtp=smtp)
    try:
        assert send(NOTICE, settings) == [Sent("mail")]
        assert "shop: the disk is full" in _Mailbox.got
        secret = replace(settings, smtp_user="k", smtp_password_command="echo s3cret")
        (plain,) = send(NOTICE, secret)
        assert "offers no TLS: no password is sent" in plain.problem
        _Mailbox.refuses = True
        (refused,) = send(NOTICE, settings)
        assert "every recipient was rejected: 550 no such person" in refused.problem
    finally:
        _Mailbox.refuses = False
        server.shutdown()
        server.server_close()


_FAKE_APPRISE = """
class Apprise:
    def add(self, address):
        self.address = address
        return "://" in address

    def notify(self, title, body):
        open(self.address.partition("://")[2], "w").write(body)
        return True
"""


def test_apprise_tells_whom_it_knows_and_is_named_where_it_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = tmp_path / "got"
    settings = PolicyNotice(apprise=(f"file://{got}",))
    (missing,) = send(NOTICE, settings)
    assert "Install the extra notify: " in missing.problem
    assert "apprise<3" in missing.problem
    (tmp_path / "apprise.py").write_text(_FAKE_APPRISE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert send(NOTICE, settings) == [Sent("apprise")]
    assert "the disk is full" in got.read_text()
    (unknown,) = send(NOTICE, PolicyNotice(apprise=("secret-token",)))
    assert "not support this address: the 1. one" in unknown.problem


def test_all_ways_are_tried_at_the_same_time_and_one_that_hangs_holds_up_no_other(
    tmp_path: Path,
) -> None:
    got = tmp_path / "got"
    hangs = PolicyNotice(
        command=("sh", "-c", f"cat > {got}"), webhook="http://127.0.0.1:1/", mail_from="k"
    )
    begun = time.monotonic()
    command, webhook = send(NOTICE, hangs, timedelta(seconds=1.5))
    assert (command.problem, bool(webhook.problem)) == ("", True)
    assert time.monotonic() - begun < 6


def test_a_receiver_that_drips_byte_by_byte_does_not_hold_a_backup_up() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def drip() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_drip, args=(connection,), daemon=True).start()

    threading.Thread(target=drip, daemon=True).start()
    begun = time.monotonic()
    (sent,) = send(
        NOTICE, PolicyNotice(webhook=f"http://127.0.0.1:{port}/"), timedelta(seconds=1.5)
    )
    listener.close()
    assert "was stopped" in sent.problem
    assert time.monotonic() - begun < 8


def _drip(connection: socket.socket) -> None:
    with connection:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(0.2)

"""Telling people: forms, and receivers that do not behave."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from kwtui.model.policy import NoticeOn, PolicyNotice
from kwtui.unattended.notices import Notice, mail, wanted, webhook_body
from kwtui.unattended.sending import Sent, send

NOTICE = Notice(
    NoticeOn.FAILURE,
    "nightly",
    "shop failed\nBcc: everybody@example.org",
    "db1",
    "2026-11-30T01:15:00+00:00",
    ("shop: the disk is full",),
)


def test_what_is_wanted_is_told_and_nothing_else() -> None:
    all_but_success = PolicyNotice()
    assert wanted(all_but_success, False, True) is NoticeOn.FAILURE
    assert wanted(all_but_success, False, False) is NoticeOn.FAILURE
    assert wanted(all_but_success, True, False) is NoticeOn.RECOVERY
    assert wanted(all_but_success, True, True) is None
    assert wanted(PolicyNotice(on=(NoticeOn.SUCCESS,)), True, False) is NoticeOn.SUCCESS
    assert wanted(PolicyNotice(on=()), False, None) is None


@pytest.mark.parametrize("template", ["generic", "slack", "dingtalk", "feishu", "wecom"])
def test_every_receiver_gets_json_with_the_words(template: str) -> None:
    body = webhook_body(NOTICE, template)
    assert isinstance(json.loads(body), dict)
    assert b"the disk is full" in body


def test_a_name_never_adds_a_header_to_a_mail() -> None:
    message = mail(NOTICE, PolicyNotice(mail_to=("dba@example.org",), mail_from="k@example.org"))
    assert message["Bcc"] is None
    assert message["Subject"] == "[kwtui] failure: shop failed Bcc: everybody@example.org"


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
    got: ClassVar[list[bytes]] = []
    status = 200

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


def test_a_webhook_is_posted_and_its_refusal_is_told() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/secret-token"
        settings = PolicyNotice(webhook=address, template="slack")
        assert send(NOTICE, settings) == [Sent("webhook")]
        assert "the disk is full" in json.loads(_Receiver.got[-1])["text"]
        _Receiver.status = 403
        (refused,) = send(NOTICE, settings)
        assert "403" in refused.problem
        assert "secret-token" not in refused.problem
    finally:
        _Receiver.status = 200
        server.shutdown()
        server.server_close()


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

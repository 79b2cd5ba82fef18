"""What somebody is told of a policy's run, in the forms of those who carry it. Pure."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urlencode

from kwtui.files.json_text import parse
from kwtui.model.policy import NoticeOn, PolicyNotice
from kwtui.text import clean

_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""Its documentation asks for these, and for no others."""
_FEISHU = str.maketrans({"<": "＜", ">": "＞"})
"""It reads ``<at user_id="all">``, and knows no way to write a plain one."""
_WECOM_BYTES = 2000
"""WeCom takes texts of at most 2,048 bytes."""


@dataclass(frozen=True)
class Notice:
    """One message. It holds names, times and words, and never a secret or a line of a log."""

    event: NoticeOn
    policy: str
    title: str
    host: str
    at: str
    """UTC, ISO 8601."""
    lines: tuple[str, ...] = ()
    """What went wrong, or well: a line a database."""

    def __post_init__(self) -> None:
        # Names and errors are foreign, and receivers show lines to people, on terminals too.
        for name in ("policy", "title", "host", "at"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        object.__setattr__(self, "lines", tuple(map(clean, self.lines)))

    @property
    def text(self) -> str:
        return "\n".join([self.title, *self.lines, f"{self.host}, policy {self.policy}, {self.at}"])


def as_json(notice: Notice) -> bytes:
    """What a command gets on its standard input, and a generic webhook as its body."""
    return json.dumps(
        {
            "v": 1,
            "kind": "notice",
            "event": notice.event.value,
            "policy": notice.policy,
            "title": notice.title,
            "lines": list(notice.lines),
            "host": notice.host,
            "at": notice.at,
        },
        ensure_ascii=False,
    ).encode()


def webhook_body(notice: Notice, template: str, signed: Mapping[str, str] | None = None) -> bytes:
    """The body that the receiver of this name reads; ``signed`` are fields beside the message."""
    if template == "generic":
        return as_json(notice)
    bodies: dict[str, dict[str, object]] = {
        "slack": {"text": _without_marks(notice.text, _SLACK)},
        "dingtalk": {"msgtype": "text", "text": {"content": notice.text}},
        "feishu": {"msg_type": "text", "content": {"text": _without_marks(notice.text, _FEISHU)}},
        "wecom": {"msgtype": "text", "text": {"content": _cut(notice.text, _WECOM_BYTES)}},
    }
    return json.dumps({**(signed or {}), **bodies[template]}, ensure_ascii=False).encode()


def signed_webhook(
    notice: Notice, template: str, address: str, secret: str, now: float
) -> tuple[str, bytes]:
    """Address and body for a robot that wants its secret signed; no secret: as they are.

    DingTalk wants milliseconds and the HMAC of both, keyed by the secret, in the address; Feishu
    seconds and the HMAC of nothing, keyed by both, in the body. ``now`` is seconds since the epoch,
    which the robots take for an hour.
    """
    if not secret:
        return address, webhook_body(notice, template)
    if template == "dingtalk":
        stamp = str(int(now * 1000))
        sign = _hmac(secret, f"{stamp}\n{secret}")
        mark = "&" if "?" in address else "?"
        query = urlencode({"timestamp": stamp, "sign": sign})
        return f"{address}{mark}{query}", webhook_body(notice, template)
    stamp = str(int(now))
    fields = {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{secret}", "")}
    return address, webhook_body(notice, template, fields)


def _hmac(key: str, text: str) -> str:
    """Base64 of HMAC with SHA-256."""
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def refusal(answer: bytes, template: str) -> str:
    """Why a receiver did not take it although it answered with 200; empty if it took it.

    DingTalk and WeCom then name an ``errcode`` other than 0, Feishu a ``code``.
    """
    key, words = {
        "dingtalk": ("errcode", "errmsg"),
        "wecom": ("errcode", "errmsg"),
        "feishu": ("code", "msg"),
    }.get(template, ("", ""))
    if not key:
        return ""
    try:
        said = parse(answer)
    except ValueError:
        return "its answer is not one of such a receiver"
    code = said.get(key, 0) if isinstance(said, dict) else None
    if code == 0:
        return ""
    return (
        f"it answered {code}: {str(said.get(words, ''))[:200]}"
        if code
        else ("it is not a receiver")
    )


def _without_marks(text: str, marks: Mapping[int, str]) -> str:
    """Without what a receiver obeys in a text, as calling everybody (``<!channel>``)."""
    return text.translate(marks)


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")


def mail(notice: Notice, settings: PolicyNotice) -> EmailMessage:
    """A plain message; newlines cannot get from a name into a header."""
    message = EmailMessage()
    subject = f"[kwtui] {notice.event.value}: {notice.title}"
    message["Subject"] = " ".join(subject.split())
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to)
    message.set_content(notice.text)
    return message

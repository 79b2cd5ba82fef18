"""What somebody is told of a policy's run, in the forms of those who carry it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage

from kwtui.model.policy import NoticeOn, PolicyNotice


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

    @property
    def text(self) -> str:
        return "\n".join([self.title, *self.lines, f"{self.host}, policy {self.policy}, {self.at}"])


def wanted(notice: PolicyNotice, succeeded: bool, before: bool | None) -> NoticeOn | None:
    """Which event a run's end is, of those that somebody wants to hear of.

    ``before`` is how the run before it ended; None if there was none.
    """
    if not succeeded:
        event = NoticeOn.FAILURE
    elif before is False and NoticeOn.RECOVERY in notice.on:
        event = NoticeOn.RECOVERY
    else:
        event = NoticeOn.SUCCESS
    return event if event in notice.on else None


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


def webhook_body(notice: Notice, template: str) -> bytes:
    """The body that the receiver of this name reads."""
    bodies: dict[str, object] = {
        "slack": {"text": notice.text},
        "dingtalk": {"msgtype": "text", "text": {"content": notice.text}},
        "feishu": {"msg_type": "text", "content": {"text": notice.text}},
        "wecom": {"msgtype": "text", "text": {"content": notice.text}},
    }
    if template == "generic":
        return as_json(notice)
    return json.dumps(bodies[template], ensure_ascii=False).encode()


def mail(notice: Notice, settings: PolicyNotice) -> EmailMessage:
    """A plain message; newlines cannot get from a name into a header."""
    message = EmailMessage()
    subject = f"[kwtui] {notice.event.value}: {notice.title}"
    message["Subject"] = " ".join(subject.split())
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to)
    message.set_content(notice.text)
    return message

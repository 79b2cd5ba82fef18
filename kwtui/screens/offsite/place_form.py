"""What is asked about a place for copies, before it is added or changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.errors import KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.screens.frame.form_dialog import FormDialog
from kwtui.widgets.completion import path_completer
from kwtui.widgets.form import Cycle, ExplainedField, Option

if TYPE_CHECKING:
    from kwtui.controller import Controller

_TEXTS = (
    (
        "url",
        "Target",
        "/mnt/vault · sftp://user@host/dir · s3://bucket/prefix · rclone:remote:dir."
        " No password: SSH has its agent and keys, an object store its credentials file.",
    ),
    (
        "recipients",
        "Encrypt for",
        "Public keys (age1…, ssh-ed25519 …), separated by commas. Each of their private"
        " keys opens a copy. Without one a copy is not encrypted.",
    ),
    (
        "key",
        "New key in",
        "A new file: a private key is made there, and copies are encrypted for it. Keep"
        " it away from this host: without it the copies cannot be opened.",
    ),
    ("endpoint", "S3 endpoint", "Of a store that is not Amazon's: https://minio.example:9000."),
    ("region", "S3 region", "Where the bucket is, if the store asks for it."),
    (
        "credentials",
        "S3 profile",
        "The profile of the AWS credentials file. Empty: the environment, then default.",
    ),
    (
        "lock_days",
        "S3 lock, days",
        "For so many days nobody can delete a copy. "
        "The bucket must have been created with object lock. 0: no lock.",
    ),
    ("ssh_config", "SSH config", "A file instead of the account's ~/.ssh/config."),
)
_STYLES = (
    Option("path", "in the path", "https://host/bucket: most stores that are not Amazon's."),
    Option("host", "in the host's name", "https://bucket.host: Amazon's own."),
)


class TargetDialog(FormDialog):
    """Adds a place for copies, or changes the one that is given. Answers its name when saved."""

    def __init__(self, controller: Controller, target: TargetSettings | None = None) -> None:
        self._controller = controller
        self._old = target
        start = target or TargetSettings("")
        values = {
            "url": start.url,
            "recipients": ", ".join(start.recipients),
            "key": "",
            "lock_days": str(start.lock_days) if start.lock_days else "",
        }
        self._called = ExplainedField(
            "Name", name="name", about="A name for the target, such as vault."
        )
        self._texts = {
            name: ExplainedField(
                label,
                values.get(name, getattr(start, name, None) or ""),
                name=name,
                about=about,
                complete=path_completer() if name in ("key", "ssh_config") else None,
            )
            for name, label, about in _TEXTS
        }
        style = "path" if start.path_style else "host"
        self._style = Cycle("S3 bucket", _STYLES, style, name="path_style")
        # Policies know the place by its name: only a new one has a say in it.
        rows = [*([] if target else [self._called]), *self._texts.values()]
        super().__init__(
            f"Change the target {target.name}" if target else "Add a target for copies",
            "Save",
            (*rows[:-1], self._style, rows[-1]),
        )

    def action_take(self) -> None:
        name = self._old.name if self._old else self._called.value.strip()
        values = {key: field.value.strip() for key, field in self._texts.items()}
        days = values["lock_days"] or "0"
        whole = days.isascii() and days.isdigit()
        self._called.complain("" if name else "Write a name.")
        self._texts["url"].complain("" if values["url"] else "Write where copies go.")
        self._texts["lock_days"].complain("" if whole else "Write a whole number.")
        if not (name and values["url"] and whole):
            return
        target = replace(
            self._old or TargetSettings(""),
            url=values["url"],
            name=name,
            recipients=tuple(filter(None, map(str.strip, values["recipients"].split(",")))),
            endpoint=values["endpoint"] or None,
            region=values["region"] or None,
            credentials=values["credentials"] or None,
            ssh_config=values["ssh_config"] or None,
            lock_days=int(days),
            path_style=self._style.value == "path",
        )
        key = Path(values["key"]).expanduser().absolute() if values["key"] else None
        try:
            if self._old is None:
                self._controller.offsite.add(target, key)
            else:
                self._controller.offsite.change(target, key)
        except KwtuiError as error:
            self._tell(error)
            return
        self.dismiss(name)

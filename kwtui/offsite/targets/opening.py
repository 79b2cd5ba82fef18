"""From what a person wrote to the target that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.targets.target import Target

_EXAMPLES = (
    "Write it as file:///mnt/backups, sftp://user@host/path, s3://bucket/prefix or "
    "rclone:remote:path."
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")


@contextmanager
def opened(settings: TargetSettings) -> Iterator[Target]:
    """The target, until the block ends. Raises KwtuiError (USAGE) for a URL that names none."""
    target = _open(settings)
    try:
        yield target
    finally:
        target.close()


def check_url(url: str) -> None:
    """Raises KwtuiError (USAGE) for a URL that names no target, or holds a password."""
    if url.startswith("rclone:"):
        if not re.match(r"rclone:[\w .+@-]+:", url):
            raise _unknown(url)
        return
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None
        usable = parts.scheme in ("file", "sftp", "s3") and (parts.port or 1) > 0
    except ValueError:
        raise _unknown(url) from None
    if has_password:
        # Not said again, with all that stands before the @.
        raise KwtuiError(
            "The target's URL holds a password.",
            hint="kwtui takes none: use SSH's agent or a key; for an object store the environment "
            "or the AWS credentials file.",
            exit_code=ExitCode.USAGE,
        )
    if parts.query or parts.fragment or not usable:
        raise _unknown(url)
    if parts.scheme == "file":
        usable = not parts.netloc and parts.path.startswith("/")
    elif parts.scheme == "sftp":
        usable = bool(parts.hostname) and parts.path.startswith("/")
        usable = usable and not (parts.hostname or "").startswith("-")
        usable = usable and not (parts.username or "").startswith("-")
    else:
        usable = _BUCKET.match(parts.netloc) is not None
    if not usable:
        raise _unknown(url)


def _unknown(url: str) -> KwtuiError:
    return KwtuiError(f"{url} names no target.", hint=_EXAMPLES, exit_code=ExitCode.USAGE)


def _open(settings: TargetSettings) -> Target:
    url = settings.url
    check_url(url)
    if url.startswith("rclone:"):
        from kwtui.offsite.targets.rclone import RcloneTarget

        return RcloneTarget(url.removeprefix("rclone:"))
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme == "file":
        from kwtui.offsite.targets.folder import FolderTarget

        return FolderTarget(Path(path))
    if parts.scheme == "sftp":
        from kwtui.offsite.targets.sftp import SftpTarget

        return SftpTarget(
            url, parts.hostname or "", parts.username, parts.port, path, settings.ssh_config
        )
    from kwtui.offsite.targets.s3 import S3Target

    return S3Target(settings, parts.netloc, path.strip("/"))

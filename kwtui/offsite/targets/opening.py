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
    try:
        parts = urlsplit(url)
        has_password = parts.password is not None
        usable = parts.scheme == "file" and (parts.port or 1) > 0
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
    check_url(settings.url)
    path = unquote(urlsplit(settings.url).path)
    from kwtui.offsite.targets.folder import FolderTarget

    return FolderTarget(Path(path))

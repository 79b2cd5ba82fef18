"""A place for off-site copies as a person wrote it down, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.model.retention import RetentionPolicy


@dataclass(frozen=True)
class TargetSettings:
    """A target; it holds no secret."""

    url: str
    """``file:///…``, ``sftp://user@host/path``, ``s3://bucket/prefix``, ``rclone:remote:path``."""
    name: str = ""
    """Of one that was saved; empty for a URL that was given."""
    recipients: tuple[str, ...] = ()
    """Public keys that copies are encrypted for."""
    endpoint: str | None = None
    """Of an object store that is not Amazon's: ``https://minio.example:9000``."""
    region: str | None = None
    path_style: bool = True
    """The bucket stands in the path and not in the host's name."""
    credentials: str | None = None
    """The profile of the AWS credentials file; without it the environment, then ``default``."""
    ssh_config: str | None = None
    """Instead of the account's own configuration of OpenSSH."""
    lock_days: int = 0
    """An object store keeps copies for so long, whoever wants them gone."""
    retention: RetentionPolicy | None = None

    @property
    def words(self) -> str:
        """As a person names it on a command line."""
        return self.name or self.url

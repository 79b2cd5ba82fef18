"""Where an object store is, and as whom one goes there. No secret is ever written down or told."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.untrusted import NotReadable, read_text
from kwtui.model.offsite import TargetSettings

DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Account:
    """The keys of an account; their text shows in no traceback."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Place:
    """A bucket of an object store."""

    bucket: str
    endpoint: str
    """Without the bucket, and without a slash at its end."""
    region: str
    path_style: bool

    @property
    def is_plain(self) -> bool:
        """It is not encrypted on the way."""
        return self.endpoint.startswith("http://")

    @property
    def base(self) -> str:
        """The URL that a key is put behind."""
        if self.path_style:
            return f"{self.endpoint}/{self.bucket}"
        scheme, _, host = self.endpoint.partition("://")
        return f"{scheme}://{self.bucket}.{host}"


def place_of(settings: TargetSettings, bucket: str, environment: Mapping[str, str]) -> Place:
    """Settings count before the environment. Raises KwtuiError (USAGE) for a wrong endpoint."""
    region = (
        settings.region
        or environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
        or DEFAULT_REGION
    )
    endpoint = (
        settings.endpoint
        or environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
        or f"https://s3.{region}.amazonaws.com"
    ).rstrip("/")
    scheme, found, host = endpoint.partition("://")
    if scheme not in ("http", "https") or not found or not host or "@" in host or "/" in host:
        raise KwtuiError(
            "The endpoint of the object store is not a URL that kwtui can use.",
            hint="Write it as https://minio.example:9000, without a bucket and without keys.",
            exit_code=ExitCode.USAGE,
        )
    return Place(bucket, endpoint, region, settings.path_style)


def account_of(settings: TargetSettings, environment: Mapping[str, str]) -> Account:
    """The environment's keys, or those of the credentials file.

    Raises KwtuiError: AUTHENTICATION_FAILED where there are none, USAGE for a file that cannot be
    read.
    """
    key_id = environment.get("AWS_ACCESS_KEY_ID", "")
    secret = environment.get("AWS_SECRET_ACCESS_KEY", "")
    if key_id and secret and not settings.credentials:
        return Account(key_id, secret, environment.get("AWS_SESSION_TOKEN", ""))
    named = environment.get("AWS_SHARED_CREDENTIALS_FILE")
    file = Path(named) if named else Path.home() / ".aws" / "credentials"
    profile = settings.credentials or environment.get("AWS_PROFILE") or "default"
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_text(file))
        section = parser[profile]
        return Account(
            section["aws_access_key_id"],
            section["aws_secret_access_key"],
            section.get("aws_session_token", ""),
        )
    except (NotReadable, KeyError):
        raise KwtuiError(
            "There are no keys for s3://: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
            f"set, and {file} has no profile [{profile}].",
            hint="Set the variables, or write the keys to that file. kwtui stores no keys.",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        ) from None
    except configparser.Error:
        # Its own words may hold a line of the file.
        raise KwtuiError(
            f"The file {file} cannot be parsed.",
            hint="It needs sections such as [default] with lines such as aws_access_key_id = ...",
            exit_code=ExitCode.USAGE,
        ) from None


def environment() -> Mapping[str, str]:
    return os.environ

"""A target in an object store that speaks S3, through obstore."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.optional_packages import s3_module
from kwtui.offsite.streams import CHUNK
from kwtui.offsite.targets.s3_account import account_of, environment, place_of
from kwtui.offsite.targets.s3_requests import Requests
from kwtui.offsite.targets.target import Sink, Stored, missing, taken

_PART = 6 << 20
"""Bytes of a part of an upload; what is smaller goes as one, which only makes new objects."""
_PARTS_AT_ONCE = 2
_WRONG_KEYS = ("invalidaccesskeyid", "signaturedoesnotmatch", "invalidtoken", "expiredtoken")
_NO_SPACE = ("quotaexceeded", "insufficientstorage", "storagefull", " 507 ", "no space left")
_UNREACHABLE = ("error sending request", "connection", "timed out", "dns error")


class S3Target:
    """Implements `kwtui.offsite.targets.target.Target`."""

    def __init__(self, settings: TargetSettings, bucket: str, prefix: str) -> None:
        """Raises KwtuiError: AUTHENTICATION_FAILED without keys, USAGE."""
        self._store_module = s3_module()
        self._settings = settings
        self._prefix = prefix
        place = place_of(settings, bucket, environment())
        account = account_of(settings, environment())
        self._requests = Requests(place, account, self.address)
        options: dict[str, Any] = {
            "bucket": bucket,
            "region": place.region,
            "endpoint": place.endpoint if place.path_style else place.base,
            "access_key_id": account.key_id,
            "secret_access_key": account.secret,
            "virtual_hosted_style_request": not place.path_style,
            "checksum_algorithm": "SHA256",
            "conditional_put": "etag",
        }
        if account.token:
            options["session_token"] = account.token
        self._store: Any = self._store_module.store.S3Store(
            prefix=prefix or None,
            config=options,
            client_options={"allow_http": place.is_plain, "connect_timeout": timedelta(seconds=10)},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
        )

    @property
    def address(self) -> str:
        return self._settings.url.rstrip("/")

    def files(self, folder: str = "") -> list[Stored]:
        found = []
        try:
            for batch in self._store_module.list(self._store, prefix=folder or None):
                found += [Stored(str(meta["path"]), int(meta["size"])) for meta in batch]
        except self._errors() as error:
            raise self._error(folder, error) from None
        return sorted(found, key=lambda stored: stored.name)

    @contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        try:
            got = self._store_module.get(self._store, name)
        except self._errors() as error:
            raise self._error(name, error) from None
        yield self._chunks(name, got)

    def _chunks(self, name: str, got: Any) -> Iterator[bytes]:
        try:
            for chunk in got.stream(min_chunk_size=CHUNK):
                yield bytes(chunk)
        except self._errors() as error:
            raise self._error(name, error) from None

    @contextmanager
    def write(self, name: str) -> Iterator[Sink]:
        if self._is_there(name):
            raise taken(name, self.address)
        self._abort_uploads(name)
        sink = _ObjectSink(self, name)
        try:
            yield sink
            sink.finish()
        except BaseException:
            sink.forget()
            with suppress(KwtuiError):
                self._abort_uploads(name)
            raise
        if self._settings.lock_days:
            until = datetime.now(UTC) + timedelta(days=self._settings.lock_days)
            self._requests.lock_until(self._key(name), until)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _is_there(self, name: str) -> bool:
        try:
            self._store_module.head(self._store, name)
        except FileNotFoundError:
            return False
        except self._errors() as error:
            raise self._error(name, error) from None
        return True

    def _abort_uploads(self, name: str) -> None:
        """What a run that was cut off left of this object: nobody sees it, and it is paid for."""
        if PurePosixPath(name).suffix in (".json", ".txt"):
            return
        try:
            left = self._requests.unfinished_uploads(self._key(name))
        except KwtuiError as error:
            if error.exit_code is ExitCode.SERVER_UNREACHABLE:
                raise
            return  # Not every store lists them.
        for key, upload in left:
            self._requests.abort_upload(key, upload)

    def delete(self, name: str) -> None:
        try:
            self._store_module.delete(self._store, name)
        except FileNotFoundError:
            return
        except self._errors() as error:
            raise self._error(name, error) from None

    def free_bytes(self) -> int | None:
        """A store does not tell."""
        return None

    def close(self) -> None:
        """Nothing is held."""

    # -- what the sink needs ------------------------------------------------------------------

    def put_new(self, name: str, content: bytes) -> None:
        """Raises NAME_TAKEN, whoever was faster."""
        try:
            self._store_module.put(self._store, name, content, mode="create", use_multipart=False)
        except self._errors() as error:
            raise self._error(name, error) from None

    def open_upload(self, name: str) -> Any:
        return self._store_module.open_writer(
            self._store, name, buffer_size=_PART, max_concurrency=_PARTS_AT_ONCE
        )

    def _errors(self) -> tuple[type[BaseException], ...]:
        return (self._store_module.exceptions.BaseError, OSError, ValueError)

    def _error(self, name: str, error: BaseException) -> KwtuiError:
        """Without the request: what obstore prints of it is long, and not for people."""
        text = str(error)
        lowered = text.lower()
        exceptions = self._store_module.exceptions
        if isinstance(error, exceptions.AlreadyExistsError | exceptions.PreconditionError):
            return taken(name, self.address)
        if "nosuchbucket" in lowered:
            return KwtuiError(
                f"There is no bucket for {self.address}.",
                hint="Make it, or correct the name.",
                exit_code=ExitCode.NOT_FOUND,
            )
        if isinstance(error, FileNotFoundError | exceptions.NotFoundError):
            return missing(name, self.address)
        cause = _first_sentence(text)
        if any(mark in lowered for mark in _WRONG_KEYS):
            return KwtuiError(
                f"{self.address} rejected these keys.",
                cause=cause,
                hint="Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the credentials file.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        if "accessdenied" in lowered or "403 forbidden" in lowered:
            return KwtuiError(
                f"{name or 'It'} on {self.address} cannot be used with these keys: access denied.",
                cause=cause,
                hint="Allow ListBucket, GetObject, PutObject and DeleteObject there.",
                exit_code=ExitCode.EXTERN_NOT_READABLE,
            )
        if any(mark in lowered for mark in _NO_SPACE):
            return KwtuiError(
                f"No space left on {self.address}.", cause=cause, exit_code=ExitCode.DISK_FULL
            )
        if any(mark in lowered for mark in _UNREACHABLE):
            return KwtuiError(
                f"{self.address} cannot be reached.",
                cause=cause,
                hint="Check the endpoint and the network. Parts already sent are not sent again.",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            )
        return KwtuiError(f"{name or 'It'} on {self.address} cannot be used.", cause=cause)


def _first_sentence(text: str) -> str:
    """What the store says, else what obstore says, without its dump of the error."""
    if found := re.search(r"<Message>([^<]+)</Message>", text):
        return found[1]
    return " ".join(text.split("\n\nDebug source:", 1)[0].split())[:400]


class _ObjectSink:
    """Keeps what is small until the end; what is larger goes in parts as it comes."""

    def __init__(self, target: S3Target, name: str) -> None:
        self._target, self._name = target, name
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._upload: Any = None

    def write(self, data: bytes, /) -> None:
        if self._upload is not None:
            self._call(lambda: self._upload.write(data))
            return
        self._kept.append(data)
        self._kept_bytes += len(data)
        if self._kept_bytes > _PART:
            self._upload = self._call(lambda: self._target.open_upload(self._name))
            # Each is let go as soon as it is handed over.
            while self._kept:
                self._call(lambda: self._upload.write(self._kept.pop(0)))

    def finish(self) -> None:
        if self._upload is None:
            self._target.put_new(self._name, b"".join(self._kept))
            return
        self._call(self._upload.close)
        self._upload = None

    def forget(self) -> None:
        """Without closing it, which would end the upload well."""
        self._upload = None

    def _call(self, work: Any) -> Any:
        try:
            return work()
        except self._target._errors() as error:
            raise self._target._error(self._name, error) from None

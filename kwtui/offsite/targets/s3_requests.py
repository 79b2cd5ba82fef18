"""The few requests to an object store that obstore does not make: signed, and sent one by one.

Signature Version 4, as Amazon documents it ("Authenticating Requests: Using the Authorization
Header"); every store that calls itself compatible takes it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import unescape

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.targets.s3_account import Account, Place

_SECONDS = 30.0
_LARGEST_ANSWER = 8 << 20
_UPLOAD = re.compile(r"<Upload>.*?</Upload>", re.DOTALL)
_UNSIGNED_CHARACTERS = "-_.~"


class Requests:
    """Requests to one bucket. All raise KwtuiError."""

    def __init__(self, place: Place, account: Account, address: str) -> None:
        self._place, self._account, self._address = place, account, address

    def unfinished_uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Key and id of multipart uploads below a prefix that never ended."""
        answer = self._send("GET", "", {"uploads": "", "prefix": prefix})
        return [
            (_field(upload, "Key"), _field(upload, "UploadId"))
            for upload in _UPLOAD.findall(answer.decode("utf-8", "replace"))
        ]

    def abort_upload(self, key: str, upload: str) -> None:
        self._send("DELETE", key, {"uploadId": upload})

    def lock_until(self, key: str, until: datetime) -> None:
        """Nobody deletes the object before that moment, whatever their rights."""
        moment = until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = (
            '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
            f"<RetainUntilDate>{moment}</RetainUntilDate></Retention>"
        )
        self._send("PUT", key, {"retention": ""}, body.encode())

    def _send(self, method: str, key: str, query: dict[str, str], body: bytes = b"") -> bytes:
        base = urlsplit(self._place.base)
        path = quote(f"{base.path}/{key}" if key else base.path or "/", safe="/-_.~")
        headers = signed_headers(
            method, base.netloc, path, query, body, self._place.region, self._account, _now()
        )
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        connection = kind(base.netloc, timeout=_SECONDS)
        try:
            connection.request(method, f"{path}?{canonical_query(query)}", body or None, headers)
            response = connection.getresponse()
            answer = response.read(_LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise KwtuiError(
                f"{self._address} cannot be reached.",
                cause=str(error),
                exit_code=ExitCode.SERVER_UNREACHABLE,
            ) from error
        finally:
            connection.close()
        if response.status >= 300:
            words = _field(answer.decode("utf-8", "replace"), "Message") or response.reason
            what = next(iter(query))
            raise KwtuiError(
                f"{self._address} refused a request ({what}).",
                cause=f"{response.status}: {words}",
                exit_code=ExitCode.FAILED,
            )
        return answer


def _now() -> datetime:
    return datetime.now(UTC)


def _field(text: str, name: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return unescape(found[1]) if found else ""


def canonical_query(query: dict[str, str]) -> str:
    safe = _UNSIGNED_CHARACTERS
    return "&".join(
        f"{quote(name, safe=safe)}={quote(value, safe=safe)}"
        for name, value in sorted(query.items())
    )


def signed_headers(
    method: str,
    host: str,
    path: str,
    query: dict[str, str],
    body: bytes,
    region: str,
    account: Account,
    now: datetime,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request, the signature among them. ``path`` is quoted already.

    ``more`` are others that are signed too, by their names in lower case.
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    day = moment[:8]
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
    headers |= more or {}
    if account.token:
        headers["x-amz-security-token"] = account.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n{canonical_query(query)}\n{lines}\n{names}\n{digest}"
    scope = f"{day}/{region}/s3/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashed}"
    key = f"AWS4{account.secret}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={account.key_id}/{scope},SignedHeaders={names},"
        f"Signature={signature}"
    )
    if body:
        headers["content-md5"] = base64.b64encode(_md5(body)).decode()
    return headers


def _md5(body: bytes) -> bytes:
    """Stores want it beside requests about locks; it protects nothing here."""
    return hashlib.md5(body, usedforsecurity=False).digest()

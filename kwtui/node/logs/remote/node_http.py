"""A node's logs over its HTTP server, where its files are out of reach (facts.md, section 8).

Blocking: call it in a thread. Only the kwbase families are given out; those of the time-series
engine and crash records are not.
"""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import parse

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 256 << 20
"""Bytes; more than twice a log file of the usual size."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LETTERS = {0: "I", 1: "I", 2: "W", 3: "E", 4: "F"}
_NAMES = {"UNKNOWN": "I", "INFO": "I", "WARNING": "W", "ERROR": "E", "FATAL": "F"}


class LoginNeeded(KwtuiError):
    """The node's HTTP server asks for user and password."""


@dataclass(frozen=True)
class RemoteFile:
    """A log file as the node lists it."""

    name: str
    bytes: int
    modified: datetime


@dataclass(frozen=True, order=True)
class RemoteEntry:
    """An entry as the node decoded it."""

    time: int
    """Nanoseconds since 1970."""
    goroutine: int
    file: str
    line: int
    severity: str
    """A letter, as in the file."""
    message: str
    """With the tags before it and the lines that continue it."""

    def text(self) -> str:
        """The entry as it stands in the node's own file (facts.md, 5.2), with its line end."""
        when = _EPOCH + timedelta(microseconds=self.time // 1000)
        goroutine = f"{self.goroutine} " if self.goroutine else ""
        head = f"{self.severity}{when:%y%m%d %H:%M:%S.%f} {goroutine}{self.file}:{self.line}"
        return f"{head}  {self.message.rstrip(chr(10))}\n"


class NodeHttp:
    """One node's HTTP server; keeps the cookie of a login."""

    def __init__(
        self,
        url: str,
        *,
        cafile: str | None = None,
        verify: bool = True,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """``url`` is like ``https://db1:8080``. Raises KwtuiError (USAGE, TLS_FAILED)."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise KwtuiError(
                f"{url!r} is not the address of an HTTP server.",
                hint="Write http://HOST:PORT or https://HOST:PORT.",
                exit_code=ExitCode.USAGE,
            )
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.encrypted = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._timeout = timeout
        self._context = _tls(cafile, verify) if self.encrypted else None
        self._cookie = ""

    def login(self, user: str, password: str) -> None:
        """Log in; later requests are this user's. Raises LoginNeeded where it is refused."""
        body = json.dumps({"username": user, "password": password})
        headers, _ = self._request("POST", "/login", body)
        cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        for cookie in cookies:
            pair = cookie.partition(";")[0].strip()
            if pair.startswith("session="):
                self._cookie = pair
                return
        raise self._strange("it accepted the login but returned no session")

    def log_files(self, node: str) -> list[RemoteFile]:
        """The log files of a node, by id or ``local``."""
        answer = self._get(f"/_status/logfiles/{quote(node, safe='')}")
        return [
            RemoteFile(
                str(each.get("name", "")),
                _number(each.get("sizeBytes", each.get("size_bytes"))),
                _EPOCH + timedelta(microseconds=_number(each.get("modTimeNanos")) // 1000),
            )
            for each in _objects(answer, "files")
        ]

    def entries(self, node: str, *, since: int, until: int, maximum: int) -> list[RemoteEntry]:
        """Entries of the main log between two times (ns), both included, oldest first.

        Of more than ``maximum`` the first ones of the newest file (live finding 41).
        """
        query = urlencode({"start_time": since, "end_time": until, "max": maximum})
        answer = self._get(f"/_status/logs/{quote(node, safe='')}?{query}")
        newest_first = [_entry(each) for each in _objects(answer, "entries")]
        return sorted(reversed(newest_first), key=lambda entry: entry.time)

    def file_entries(self, node: str, name: str) -> list[RemoteEntry]:
        """All entries of one file, in its order by time."""
        path = f"/_status/logfiles/{quote(node, safe='')}/{quote(name, safe='')}"
        entries = [_entry(each) for each in _objects(self._get(path), "entries")]
        return sorted(entries, key=lambda entry: entry.time)

    # -- requests -----------------------------------------------------------------------------

    def _get(self, path: str) -> Any:
        _, body = self._request("GET", path)
        try:
            return parse(body)
        except ValueError as error:
            raise self._strange("its answer is not JSON") from error

    def _request(
        self, method: str, path: str, body: str | None = None
    ) -> tuple[list[tuple[str, str]], bytes]:
        connection = self._connect()
        headers = {"Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._cookie:
            headers["Cookie"] = self._cookie
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read(LARGEST_ANSWER + 1)
        except ssl.SSLError as error:
            raise KwtuiError(
                f"There is no trusted connection to {self.url}.",
                cause=str(error.reason or error),
                hint="Give the CA's certificate in the profile (sslrootcert).",
                exit_code=ExitCode.TLS_FAILED,
            ) from error
        except (OSError, http.client.HTTPException) as error:
            words = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            raise KwtuiError(
                f"The node's HTTP server {self.url} cannot be reached.",
                cause=words or type(error).__name__,
                hint="Check that this machine can reach its port (--http-addr of the node).",
                exit_code=ExitCode.SERVER_UNREACHABLE,
            ) from error
        finally:
            connection.close()
        if len(content) > LARGEST_ANSWER:
            raise self._strange("its answer is longer than a log file can be")
        if response.status != http.client.OK:
            raise self._refusal(response.status, content)
        return response.getheaders(), content

    def _connect(self) -> http.client.HTTPConnection:
        if self._context is not None:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _refusal(self, status: int, content: bytes) -> KwtuiError:
        said = _words_of(content)
        if status == http.client.UNAUTHORIZED:
            return LoginNeeded(
                f"The node's HTTP server {self.url} requires a login.",
                cause=said,
                hint="It requires an admin user with a password.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        hint = "Ask for the log on the node itself."
        if "unable to look up" in said or "failed to resolve n" in said:
            return KwtuiError(
                f"{self.url} knows no such node.",
                cause=said,
                hint="List the nodes: kwtui server.",
                exit_code=ExitCode.NOT_FOUND,
            )
        if status == http.client.FORBIDDEN or "remote_debugging" in said or "not allowed" in said:
            hint = (
                "It serves logs only to the node's own machine, unless the cluster setting "
                "server.remote_debugging.mode is any; and only to admins."
            )
        return KwtuiError(
            f"The node's HTTP server {self.url} does not serve its log (status {status}).",
            cause=said,
            hint=hint,
            exit_code=ExitCode.EXTERN_NOT_READABLE,
        )

    def _strange(self, why: str) -> KwtuiError:
        return KwtuiError(
            f"The HTTP server {self.url} does not answer as a KWDB node does: {why}.",
            hint="Check that it is the node's own address (--http-addr of the node).",
        )


def _tls(cafile: str | None, verify: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=cafile)
    except (OSError, ssl.SSLError) as error:
        raise KwtuiError(
            f"The CA's certificate {cafile} cannot be used.",
            cause=str(error),
            hint="Correct sslrootcert in the profile.",
            exit_code=ExitCode.TLS_FAILED,
        ) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _objects(answer: Any, name: str) -> list[dict[str, Any]]:
    listed = answer.get(name) if isinstance(answer, dict) else None
    return [each for each in listed or () if isinstance(each, dict)]


def _entry(fields: dict[str, Any]) -> RemoteEntry:
    severity = fields.get("severity", 1)
    letter = _NAMES.get(severity) if isinstance(severity, str) else _LETTERS.get(severity)
    return RemoteEntry(
        _number(fields.get("time")),
        _number(fields.get("goroutine")),
        # A blank or a colon in it would make another line of it.
        "".join(c for c in str(fields.get("file", "")) if c.isprintable() and c not in " :") or "?",
        _number(fields.get("line")),
        letter or "I",
        str(fields.get("message", "")).replace("\r", ""),
    )


def _number(value: Any) -> int:
    """JSON of protocol buffers writes long numbers as strings."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _words_of(content: bytes) -> str:
    text = content[:2000].decode("utf-8", "replace").strip()
    try:
        parsed = parse(text)
    except ValueError:
        return text.partition("\n")[0]
    said = parsed.get("error") or parsed.get("message") if isinstance(parsed, dict) else None
    return str(said) if said else text

"""The node's HTTP server, as far as a client reads health and logs from it (facts.md, section 8).

One request a connection, loopback only. With passwords required a login gives a session cookie, as
a node with certificates does; without, nobody is asked.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kwtui.sandbox.identity import TAG

DEFAULT_MAXIMUM = 1000
_LONGEST_BODY = 1 << 16
_SECONDS = 10
_DAY = 24 * 3600 * 10**9
_ENTRY = re.compile(
    r"(?P<severity>[IWEF])(?P<time>\d{6} \d\d:\d\d:\d\d\.\d{6}) (?:(?P<goroutine>\d+) )?"
    r"(?P<file>[^:]+):(?P<line>\d+) {1,2}(?P<message>.*)",
    re.DOTALL,
)
_SEVERITIES = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}
_NAME = re.compile(
    r"(?P<program>kwbase[^/.]*)\.(?P<host>[^/.]+)\.(?P<user>[^/.]+)\.[^/.]+\.\d+\.log\Z"
)
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Not Allowed",
}


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    method: str
    path: str
    query: dict[str, str]
    cookie: str
    body: bytes


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HttpServer:
    """Answers for one node."""

    def __init__(
        self, logs: Mapping[int, Path], login: Callable[[str, str], bool], *, closed: bool = False
    ) -> None:
        """``logs`` are the log folders of all nodes, the own one first: a node asks the others.

        ``login`` checks user and password; with ``closed`` only who logged in may read.
        """
        self._logs = {str(node): folder for node, folder in logs.items()}
        self._logs["local"] = next(iter(logs.values()))
        self._login = login
        self._closed = closed
        self._sessions: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one request, one answer."""
        try:
            async with asyncio.timeout(_SECONDS):
                request = await _read(reader)
                if request is not None:
                    writer.write(await self._answer(request))
                    await writer.drain()
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError):
            pass  # the client went away, or speaks something else
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, request: Request) -> bytes:
        try:
            if request.path == "/login":
                return _encode(200, {}, self._new_session(request))
            if request.method != "GET":
                raise Refused(405, "method not allowed")
            if request.path in ("/health", "/_admin/v1/health"):
                return _encode(200, {})
            self._check_session(request)
            return _encode(200, await asyncio.to_thread(self._content, request))
        except Refused as refused:
            return _encode(refused.status, {"error": str(refused), "code": refused.status})

    def _new_session(self, request: Request) -> str:
        try:
            given = json.loads(request.body)
            user, password = str(given["username"]), str(given["password"])
        except (ValueError, KeyError, TypeError):
            raise Refused(400, "the login needs username and password") from None
        if not self._login(user, password):
            raise Refused(401, "the provided username and password did not match")
        session = secrets.token_urlsafe(24)
        self._sessions.add(session)
        return session

    def _check_session(self, request: Request) -> None:
        if not self._closed:
            return
        cookies = dict(
            part.strip().partition("=")[::2] for part in request.cookie.split(";") if "=" in part
        )
        if cookies.get("session") not in self._sessions:
            raise Refused(401, "a valid authentication cookie is required")

    def _content(self, request: Request) -> dict[str, Any]:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        match parts:
            case ["_status", "nodes"]:
                return {"nodes": [{"desc": {"nodeId": 1}, "buildInfo": {"tag": TAG}}]}
            case ["_status", "logfiles", node] if node in self._logs:
                return {"files": [_file(path) for path in self._files(node)]}
            case ["_status", "logfiles", node, name] if node in self._logs:
                for path in self._files(node):
                    if path.name == name:
                        return {"entries": list(_entries(path))}
                raise Refused(404, f"log file {name} does not exist")
            case ["_status", "logs", node] if node in self._logs:
                return {"entries": self._from_the_front(node, request.query)}
            case ["_status", "logfiles" | "logs", node, *_]:
                raise Refused(404, f"unable to look up descriptor for n{node}")
        raise Refused(404, "Not Found")

    def _files(self, node: str) -> list[Path]:
        """The kwbase families only; links are not followed."""
        found = [
            p for p in self._logs[node].iterdir() if _NAME.match(p.name) and not p.is_symlink()
        ]
        return sorted(found)

    def _from_the_front(self, node: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """As a node answers: each file is read from its beginning until enough is there.

        So of more than ``max`` entries the first ones of the newest file come, the newest of those
        first (live finding 41). Without a time it is the last day.
        """
        now = time.time_ns()
        try:
            since = int(query.get("start_time") or now - _DAY)
            until = int(query.get("end_time") or now)
            maximum = int(query.get("max") or DEFAULT_MAXIMUM)
            pattern = re.compile(query.get("pattern", ""))
        except (ValueError, re.error) as error:
            raise Refused(400, str(error)) from None
        if since > until:
            words = f"StartTime: {since} should not be greater than endtime: {until}"
            raise Refused(400, words)
        if maximum < 1:
            raise Refused(400, f"Max: {maximum} should be set to a value greater than 0")
        found: list[dict[str, Any]] = []
        for path in reversed([p for p in self._files(node) if p.name.startswith("kwbase.")]):
            mine: list[dict[str, Any]] = []
            earlier = False
            for entry in _entries(path):
                when = int(entry["time"])
                matches = pattern.search(entry["message"]) or pattern.search(entry["file"])
                if matches and since <= when <= until:
                    mine.append(entry)
                    if len(found) + len(mine) >= maximum:
                        break
                earlier = earlier or when < since
            found += reversed(mine)
            if len(found) >= maximum or earlier:
                break
        return found


def _file(path: Path) -> dict[str, Any]:
    status, parts = path.stat(), _NAME.match(path.name)
    details = parts.groupdict() if parts else {}
    return {
        "name": path.name,
        "sizeBytes": str(status.st_size),
        "modTimeNanos": str(status.st_mtime_ns),
        "details": {"program": details.get("program"), "host": details.get("host")},
    }


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    current: dict[str, Any] | None = None
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            match = _ENTRY.match(line)
            if match is None:
                if current is not None:
                    current["message"] += line
                continue
            if current is not None:
                yield _ended(current)
            when = datetime.strptime(match["time"], "%y%m%d %H:%M:%S.%f").replace(tzinfo=UTC)
            seconds = int(when.timestamp())
            current = {
                "severity": _SEVERITIES[match["severity"]],
                "time": str((seconds * 1_000_000 + when.microsecond) * 1000),
                "goroutine": match["goroutine"] or "0",
                "file": match["file"],
                "line": match["line"],
                "message": match["message"],
            }
    if current is not None:
        yield _ended(current)


def _ended(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"message": entry["message"].rstrip("\n")}


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, _, rest = first.partition(" ")
    target = urlsplit(rest.rpartition(" ")[0])
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    length = min(int(headers.get("content-length") or 0), _LONGEST_BODY)
    body = await reader.readexactly(length) if length else b""
    query = {name: values[-1] for name, values in parse_qs(target.query).items()}
    return Request(method, target.path, query, headers.get("cookie", ""), body)


def _encode(status: int, content: dict[str, Any], session: str = "") -> bytes:
    body = json.dumps(content).encode()
    cookie = f"Set-Cookie: session={session}; Path=/; HttpOnly\r\n" if session else ""
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{cookie}Connection: close\r\n\r\n"
    )
    return head.encode() + body

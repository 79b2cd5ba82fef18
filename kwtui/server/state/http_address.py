"""Where a node's HTTP server is, as the node itself says."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.server.connection.server import Server
    from kwtui.server.connection.target import Target

_QUESTION = (
    "SELECT value FROM kwdb_internal.node_runtime_info WHERE component = 'UI' AND field = 'URL'"
)


async def http_address(server: Server) -> str:
    """The URL of the HTTP server of the node that one is connected to (recording 01).

    Raises KwtuiError where the node does not tell.
    """
    answer = await server.query(_QUESTION)
    url = (answer.scalar() or "").strip()
    if not urlsplit(url).hostname:
        raise KwtuiError(
            "The node does not report its HTTP address.",
            hint="Ask for the log on the node itself.",
            exit_code=ExitCode.SERVER_UNREACHABLE,
        )
    return seen_from_here(url, server.target)


def seen_from_here(url: str, target: Target) -> str:
    """The URL with the host that reaches the node from this machine.

    A node that listens everywhere, or calls itself by a loopback address, is where the SQL
    connection goes.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    own_name = host == "localhost" or _is_own(host)
    if not own_name or target.host.startswith("/"):
        return f"{parts.scheme}://{parts.netloc}"
    reached = target.hostaddr or target.host
    shown = f"[{reached}]" if ":" in reached else reached
    return f"{parts.scheme}://{shown}:{parts.port}" if parts.port else f"{parts.scheme}://{shown}"


def _is_own(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified

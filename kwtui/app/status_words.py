"""The connection's state in the words of header and banner. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.widgets.header_bar import HeaderFacts

if TYPE_CHECKING:
    from kwtui.runs.state import RunState
    from kwtui.server.connection.status import ConnectionStatus


def header_facts(status: ConnectionStatus, title: str, environment: str) -> HeaderFacts:
    """Cluster, user, role, TLS and node; or what is there instead of a connection."""
    facts = status.facts
    if facts is None:
        words = {
            "connecting": ("connecting…", status.target),
            "failed": ("not connected", status.target),
        }.get(str(status.state), ("not connected",))
        return HeaderFacts(title, environment if status.target else "", tuple(filter(None, words)))
    role = f"{facts.user} (admin)" if facts.is_admin else f"{facts.user} (not admin)"
    tls = "TLS" if facts.tls else "no TLS"
    known = [f"cluster {facts.cluster_id[:8]}", role, tls, f"node {facts.node_id}"]
    warnings = {role} if not facts.is_admin else set()
    warnings |= {tls} if not facts.tls else set()
    if str(status.state) == "lost":
        known.insert(0, "LOST")
        warnings.add("LOST")
    return HeaderFacts(title, environment, tuple(known), frozenset(warnings))


def run_words(state: RunState) -> tuple[str, str]:
    """A run that works, and its share, for the header."""
    share = "" if state.share is None else f"{int(state.share * 100)}%"
    return state.title, share


def banner_words(status: ConnectionStatus) -> str:
    """The line under the header while the connection is lost; empty otherwise.

    The next attempt is told as a time of day: a countdown would write to the terminal every second,
    and one that stands still would be wrong.
    """
    if str(status.state) != "lost":
        return ""
    text = "Connection lost."
    if status.retry_at is not None:
        text += f" Attempt {status.attempt + 1} at {status.retry_at:%H:%M:%S} UTC."
    return f"{text} {status.cause or status.title}".strip()

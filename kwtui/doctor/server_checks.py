"""What the server shows: connection, role, TLS, version, clock, nodes, other kwtui."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from kwtui.config.profiles import TlsMode
from kwtui.doctor.check import Check, CheckState, unknown
from kwtui.errors import KwtuiError
from kwtui.model.schema import Engine
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.operations.wal.report import setting_alarms
from kwtui.server.connection.certificates import Validity
from kwtui.server.connection.target import Target
from kwtui.server.state.activity import Session
from kwtui.server.state.wal_settings import WalSettings, level_words
from kwtui.text import human_duration, plural, sentences

_PROVEN = (3, 2)
"""The version that kwtui was proven on; recordings are of 3.2.1."""
_CLOCK_WARNING = 5.0
_CLOCK_FAILED = 300.0


@dataclass(frozen=True)
class Clock:
    """The server's clock as compared with ours, in seconds."""

    ahead: float
    """Positive: the server is ahead."""
    uncertainty: float
    """Half of the time that asking took."""


@dataclass(frozen=True)
class ServerLook:
    """What was learnt of the server."""

    facts: ServerFacts
    target: Target
    engines: tuple[str, ...] = ()
    clock: Clock | str = ""
    """A text says why it is not known."""
    sessions: tuple[Session, ...] | str = ""
    """Of others; a text says why they are not known."""
    certificates: tuple[Validity, ...] = ()
    """Of a connection with TLS."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    wal: WalSettings | None = None
    visible_nodes: Mapping[int, str] | None = None
    """By number, the store of every node whose files are on this machine; None: not known."""


def not_connected(error: KwtuiError | None) -> list[Check]:
    """The checks that need a server, without one."""
    if error is None:
        first = unknown("connection", "Connection", "No server was named.")
    else:
        detail = sentences(error.title, error.cause)
        first = Check("connection", "Connection", CheckState.FAILED, detail, error.hint)
    without = "There is no connection."
    names = {
        "role": "Admin role",
        "tls": "TLS",
        "version": "Versions",
        "clock": "Clocks",
        "nodes": "Nodes",
        "wal": "WAL",
    }
    return [first, *(unknown(identity, title, without) for identity, title in names.items())]


def server_checks(look: ServerLook) -> list[Check]:
    return [
        _connection(look),
        _role(look.facts),
        _certificates(look, _tls(look.facts, look.target)),
        _version(look.facts),
        _clock(look.clock),
        _nodes(look),
        _wal(look.wal),
    ]


def _connection(look: ServerLook) -> Check:
    facts = look.facts
    detail = f"{look.target.label}: node {facts.node_id} of cluster {facts.cluster_id}"
    if look.engines:
        # Every node has both engines (facts.md, 6.1): these only have no database yet.
        missing = [engine.value for engine in Engine if engine.value not in look.engines]
        detail += f", {' and '.join(look.engines)} databases"
        detail += f" and no {' or '.join(missing)} database yet" if missing else ""
    return Check("connection", "Connection", CheckState.OK, detail)


def _role(facts: ServerFacts) -> Check:
    title = "Admin role"
    if facts.is_admin:
        return Check("role", title, CheckState.OK, f"{facts.user} has it.")
    return Check(
        "role",
        title,
        CheckState.FAILED,
        f"{facts.user} has not the admin role: KWDB lets only admins EXPORT and IMPORT.",
        f"An administrator runs: GRANT admin TO {facts.user}. Or connect as another user.",
    )


def _tls(facts: ServerFacts, target: Target) -> Check:
    title = "TLS"
    if facts.tls:
        if target.tls is TlsMode.VERIFY_FULL:
            return Check("tls", title, CheckState.OK, "Encrypted, and the server is verified.")
        return Check(
            "tls",
            title,
            CheckState.WARNING,
            f"Encrypted; tls = {target.tls.value} does not verify the server's identity.",
            "Choose verify-full and give the cluster's ca.crt as sslrootcert.",
        )
    if target.is_local:
        return Check("tls", title, CheckState.OK, "Not encrypted, and it stays on this machine.")
    return Check(
        "tls",
        title,
        CheckState.WARNING,
        "Not encrypted: the traffic can be read on the network.",
        "Run the node with certificates and connect with verify-full.",
    )


_SOON = timedelta(days=30)


def _certificates(look: ServerLook, tls: Check) -> Check:
    """The check of TLS with what ends soon: after that nobody gets in."""
    more = tuple(_validity_words(each, look.now) for each in look.certificates)
    ending = [c for c in look.certificates if c.ends is not None and c.ends - look.now <= _SOON]
    if not ending:
        return replace(tls, more=more)
    over = [c for c in ending if c.ends is not None and c.ends <= look.now]
    words = " ".join(_validity_words(each, look.now) for each in ending)
    hints = [_RENEW[each.whose].format(user=look.facts.user) for each in ending]
    return Check(
        "tls",
        tls.title,
        CheckState.FAILED if over else CheckState.WARNING,
        f"{words} {tls.detail}",
        sentences(*hints, tls.hint),
        more,
    )


_RENEW = {
    "server": "Create a new certificate for the node (kwbase cert create-node) before then, and "
    "restart it.",
    "client": "Create a new one (kwbase cert create-client {user}) before then.",
    "CA": "Plan a new CA: every certificate that it signed expires with it.",
}


def _validity_words(found: Validity, now: datetime) -> str:
    what = {"server": "The server's certificate", "client": "The client certificate"}
    subject = f"{what.get(found.whose, 'The CA certificate')} ({found.where})"
    if found.ends is None:
        return f"{subject} could not be read: {found.problem}."
    at = f"{found.ends:%Y-%m-%d %H:%M} UTC"
    left = (found.ends - now).total_seconds()
    if left <= 0:
        return f"{subject} expired at {at}."
    return f"{subject} expires in {human_duration(left)}, at {at}."


def _version(facts: ServerFacts) -> Check:
    title = "Versions"
    versions = {node.version for node in facts.nodes if node.version and node.is_live}
    if len(versions) > 1:
        return Check(
            "version",
            title,
            CheckState.WARNING,
            f"The nodes run different versions: {', '.join(sorted(versions))}.",
            "Finish the upgrade before relying on backups.",
        )
    found = re.search(r"(\d+)\.(\d+)", facts.version)
    number = (int(found[1]), int(found[2])) if found else None
    if number is None or number > _PROVEN:
        return Check(
            "version",
            title,
            CheckState.WARNING,
            f"{facts.version}: kwtui was proven on 3.2.",
            "Drill a backup before relying on it.",
        )
    if number < _PROVEN:
        return Check(
            "version",
            title,
            CheckState.WARNING,
            f"{facts.version}: before 3.2 a second EXPORT into a folder appends to its files, "
            "and definitions of time-series tables have another format.",
            "Drill a backup before relying on it; upgrade if possible.",
        )
    return Check("version", title, CheckState.OK, facts.version)


def _clock(clock: Clock | str) -> Check:
    title = "Clocks"
    if isinstance(clock, str):
        return unknown("clock", title, clock or "The server did not report its time.")
    away = max(abs(clock.ahead) - clock.uncertainty, 0.0)
    word = "ahead of" if clock.ahead > 0 else "behind"
    if away <= _CLOCK_WARNING:
        detail = f"They agree within {max(abs(clock.ahead), clock.uncertainty, 0.1):.1f} s."
        return Check("clock", title, CheckState.OK, detail)
    return Check(
        "clock",
        title,
        CheckState.FAILED if away > _CLOCK_FAILED else CheckState.WARNING,
        f"The server is {abs(clock.ahead):.1f} s {word} this machine.",
        "Check NTP or chrony on both: names and ages of backups come from these clocks.",
    )


# -- nodes ------------------------------------------------------------------------------------


def _nodes(look: ServerLook) -> Check:
    title, nodes = "Nodes", look.facts.nodes
    if not nodes:
        why = "The server lists its nodes only to admins."
        return unknown("nodes", title, why)
    if len(nodes) == 1:
        return Check("nodes", title, CheckState.OK, f"One node, number {nodes[0].node_id}.")
    more = tuple(_node_line(node, look) for node in nodes)
    dead = [str(node.node_id) for node in nodes if not node.is_live]
    detail = (
        f"{plural(len(nodes), 'node')}. All files of a backup go to the one node that its "
        f"address names, and"
        " are checked where that node's files can be seen."
    )
    if dead:
        return Check(
            "nodes",
            title,
            CheckState.WARNING,
            f"Not alive: {', '.join(dead)}. {detail}",
            "Start them, or choose a live node as the destination.",
            more,
        )
    return Check("nodes", title, CheckState.OK, detail, "", more)


def _node_line(node: NodeFacts, look: ServerLook) -> str:
    words = [f"node {node.node_id}", node.address, "alive" if node.is_live else "NOT ALIVE"]
    if node.node_id == look.facts.node_id:
        words.append("connected to")
    if look.visible_nodes is None:
        words.append("whether its files are visible from here is unknown")
    elif node.node_id in look.visible_nodes:
        words.append(f"its files are on this machine: {look.visible_nodes[node.node_id]}")
    else:
        words.append("its files are not visible from here; after a backup to it run kwtui there")
    return ", ".join(words)


def _wal(settings: WalSettings | None) -> Check:
    """What keeps confirmed time-series rows until the next backup."""
    title = "WAL"
    if settings is None or settings.level is None:
        why = settings.refused if settings is not None else ""
        return unknown("wal", title, f"The level is unknown: {why or 'it was not reported'}.")
    effective = settings.level if settings.effective is None else settings.effective
    told = setting_alarms(settings, effective)
    if told:
        hint = "Show or change what protects rows: kwtui wal"
        return Check("wal", title, CheckState.WARNING, " ".join(told), hint)
    return Check("wal", title, CheckState.OK, f"Level {level_words(settings.level)}.")


def sessions_check(look: ServerLook) -> Check:
    """Other kwtui on any machine, as far as the server tells."""
    title = "Other kwtui"
    if isinstance(look.sessions, str):
        return unknown("other_kwtui", title, look.sessions or "The sessions are unknown.")
    others = [s for s in look.sessions if s.application.startswith("kwtui")]
    if not others:
        tail = (
            ""
            if look.facts.is_admin
            else (" A user without the admin role sees only its own sessions.")
        )
        return Check("other_kwtui", title, CheckState.OK, f"None is seen at work.{tail}")
    working = [s for s in others if re.match(r"\s*(?:EXPORT|IMPORT)\b", s.active, re.IGNORECASE)]
    detail = f"{plural(len(others), 'session')} of kwtui"
    detail += f", {len(working)} of them in an EXPORT or IMPORT." if working else ", none at work."
    more = tuple(f"{s.user} at {s.client}: {' '.join(s.active.split())[:100]}" for s in working)
    hint = "Two backups at once are slower; see them with kwtui runs." if working else ""
    return Check("other_kwtui", title, CheckState.OK, detail, hint, more)

"""The page that says what one is connected to, and what that allows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import key_of, spelled
from kwtui.widgets.paint import BLANK, Line, fact, heading, line, paragraph

if TYPE_CHECKING:
    from kwtui.model.server import ServerFacts
    from kwtui.node.place import FolderState, NodePlace
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.server.connection.status import ConnectionStatus

WELCOME = (
    "kwtui backs a KWDB database up, proves the backup, and brings it back.",
    "",
    "Choose a server above and press {connection.connect}. With no server at hand, press"
    " {connection.sandbox}: the sandbox is a"
    " stand-in for a KWDB node on this machine, with demo data, and nothing can be harmed there.",
    "",
    "{connection.add} adds a server; {app.help} explains the screen; the digits 1 to 8 open the"
    " others.",
)


def connection_lines(
    status: ConnectionStatus, place: NodePlace | None, left: Sequence[Leftover] = ()
) -> list[Line]:
    """What is known of the server, or why nothing is; and what interrupted runs left there."""
    state = str(status.state)
    if state == "connecting":
        return [line("Connecting to ", (status.target, "strong"), " …")]
    lines: list[Line] = []
    if state in ("failed", "lost"):
        lines += paragraph(status.title or "The connection is lost.", "error")
        if status.cause:
            lines += paragraph(in_interface(status.cause))
        if status.hint:
            lines += paragraph(in_interface(status.hint), "muted")
        lines.append(BLANK)
    if status.facts is None:
        if state == "disconnected":
            lines += [each for text in WELCOME for each in paragraph(spelled(text))]
        return lines
    lines += _leftover_lines(left)
    lines += _server_lines(status, status.facts)
    lines.append(BLANK)
    lines += _place_lines(place)
    dead = status.facts.dead_nodes
    alive = [f"Not alive: node {', '.join(map(str, dead))}."] if dead else []
    for note in (*status.notes, *alive):
        lines += [BLANK, line(("! ", "warning"), note, indent=2)]
    return lines


def _leftover_lines(left: Sequence[Leftover]) -> list[Line]:
    if not left:
        return []
    from kwtui.text import plural

    names = ", ".join(each.name for each in left[:2]) + (", …" if len(left) > 2 else "")
    words = f"Interrupted runs left {plural(len(left), 'thing')} ({names}). "
    if any(each.continues for each in left):
        words += spelled(
            "A stopped restore can be continued: {runs.continue} in Runs ({app.open-runs}). "
        )
    return [
        line(
            ("! ", "warning"),
            f"{words}See it all: {key_of('storage.leftovers')} in Storage"
            f" ({key_of('app.open-storage')}).",
            indent=2,
        ),
        BLANK,
    ]


def _server_lines(status: ConnectionStatus, facts: ServerFacts) -> list[Line]:
    admin = (
        "admin: may export and import"
        if facts.is_admin
        else "not admin: KWDB lets only admins export and import. An admin can say:"
        f" GRANT admin TO {facts.user}"
    )
    tls = "on" if facts.tls else "off: traffic can be read and changed on its way"
    lines = [
        heading("Server"),
        fact("Version", facts.version),
        fact("Cluster", facts.cluster_id),
        fact("Nodes", _nodes(facts)),
        fact("User", facts.user),
        fact("Role", admin, "" if facts.is_admin else "warning"),
        fact("TLS", tls, "" if facts.tls else "warning"),
        fact("Engines", _engines(status)),
    ]
    if status.target:
        lines.insert(1, fact("Address", status.target))
    return lines


def _engines(status: ConnectionStatus) -> str:
    """Every KWDB node has both (facts.md, section 6.1); the server tells only of databases."""
    from kwtui.model.schema import Engine

    words = " and ".join(engine.value for engine in Engine)
    missing = [engine.value for engine in Engine if engine not in status.engines]
    return f"{words} (no {' or '.join(missing)} database yet)" if missing else words


def _nodes(facts: ServerFacts) -> str:
    if not facts.nodes:
        return f"node {facts.node_id} (the others are not known)"
    words = []
    for node in facts.nodes:
        here = ", this one" if node.node_id == facts.node_id else ""
        alive = "live" if node.is_live else "NOT LIVE"
        words.append(f"{node.node_id} at {node.address} ({alive}{here})")
    return "; ".join(words)


def _place_lines(place: NodePlace | None) -> list[Line]:
    if place is None:
        return [heading("Files of the node"), line(("being looked for…", "muted"))]
    lines = [heading("Files of the node")]
    for name, folder in (("Store", place.store), ("Extern", place.extern), ("Logs", place.logs)):
        lines += _folder_lines(name, folder)
    if not place.extern.usable or not place.logs.usable:
        lines += [line((note, "muted")) for note in place.notes]
    return lines


def _folder_lines(name: str, folder: FolderState) -> list[Line]:
    if folder.path is None:
        lines = [fact(name, folder.problem or f"not found ({folder.source})", "warning")]
        return [*lines, fact("", in_interface(folder.remedy), "muted")] if folder.remedy else lines
    rights = "may read and write" if folder.writable else "may read" if folder.readable else ""
    words = [str(folder.path)]
    told = ", ".join(filter(None, (rights, _free(folder), folder.source)))
    lines = [fact(name, f"{words[0]}  ({told})" if told else words[0])]
    if folder.problem:
        lines.append(fact("", folder.problem, "warning"))
    return lines


def _free(folder: FolderState) -> str:
    if folder.free_bytes is None:
        return ""
    from kwtui.text import human_bytes

    return f"{human_bytes(folder.free_bytes)} free"

"""How a node is deployed on this machine: each value with where it came from, nothing decided
silently.

Sources in the order in which they are believed: what was given; what the server reports of itself;
the running process; the head of its log; the service, the compose file or a start script; the
installer's notes in ``info/MODE``. What runs comes before what would be started. All that any of
them says is kept: where two disagree, both are shown (facts.md, section 4).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kwtui.files.untrusted import NotReadable, is_there, read_text
from kwtui.node.deployment.claims import (
    BARE,
    CONTAINER,
    GIVEN,
    NO_FILES,
    PATHS,
    THIS_MACHINE,
    Answering,
    Claim,
    Deployment,
    Fact,
    FactName,
    Machine,
    Owner,
    Ownership,
)
from kwtui.node.deployment.containers import Container, Mount, MountKind, unpublished
from kwtui.node.deployment.installed import FOLDERS, of_machine
from kwtui.node.deployment.log_banner import Banner, read_banner
from kwtui.node.deployment.ownership import judge, read_mark
from kwtui.node.deployment.processes import PROCESS, of_processes
from kwtui.node.deployment.start_arguments import (
    DEFAULT_SQL_PORT,
    StartArguments,
    with_container,
)
from kwtui.node.deployment.unknown import as_written, reasons
from kwtui.node.deployment.what_starts import Installed
from kwtui.text import shell_quoted

_REPORTED = ("the server's start arguments", "the server's store path")
_GIVE = "Name the node's store: --store DIR, or in the profile."


@dataclass
class _Evidence:
    """What one source says of one node."""

    source: str
    claims: dict[FactName, Claim] = field(default_factory=dict)
    sql_port: int | None = None
    """As this machine reaches it; None where the source does not tell."""

    def say(self, name: FactName, value: str | None, *, inside: str = "") -> None:
        if value:
            self.claims[name] = Claim(value, self.source, inside)

    @property
    def store(self) -> str:
        claim = self.claims.get(FactName.STORE)
        return os.path.realpath(claim.value) if claim and claim.value else ""

    @property
    def is_process(self) -> bool:
        return self.source.startswith(PROCESS)

    @property
    def is_reported(self) -> bool:
        return self.source in _REPORTED


def find_deployment(
    *,
    given: Mapping[FactName, str] | None = None,
    arguments: Sequence[Sequence[str]] = (),
    store_paths: Sequence[str] = (),
    machine: Machine = THIS_MACHINE,
    server: Answering | None = None,
) -> Deployment:
    """Look at this machine for the node.

    ``given`` is what a person said and counts most; ``arguments`` are start arguments that the
    server reported, ``store_paths`` the store paths in them where nothing else is known. With a
    ``server`` only its own node counts: `Deployment.whose` says what proves the store. Blocking.
    Never raises: what could not be read stands in ``looked``.
    """
    installed = of_machine(machine.etc, machine.lib)
    processes = _of_this_server(of_processes(machine.proc), server, installed)
    plans = _of_this_server(installed.arguments, server, installed)
    spoken = [_of_given(given or {})]
    reported = list(_reported(arguments, store_paths, [*plans, *processes]))
    spoken += [_of_arguments(a) for a in (*reported, *processes, *plans)]
    notes = _of_installer(installed, machine.etc)
    spoken += [e for e in notes if not _is_elsewhere(e.sql_port, server)]
    spoken, store, whose = _choose(spoken, server)
    if not whose.is_barred:
        spoken += _of_banner(installed, _first(spoken, FactName.LOGS), store)
    return Deployment(_facts(spoken, store), tuple(installed.looked), whose=whose, server=server)


# -- which of the nodes -----------------------------------------------------------------------


def _of_this_server(
    found: Sequence[StartArguments], server: Answering | None, installed: Installed
) -> list[StartArguments]:
    """Without those that serve another SQL port: they are other servers."""
    kept = []
    for each in found:
        if _is_elsewhere(each.sql_port, server):
            installed.looked.append((each.source, f"serves SQL port {each.sql_port}: not this one"))
        else:
            kept.append(each)
    return kept


def _is_elsewhere(port: int | None, server: Answering | None) -> bool:
    return server is not None and None not in (port, server.port) and port != server.port


def _choose(
    spoken: Sequence[_Evidence], server: Answering | None
) -> tuple[list[_Evidence], str, Ownership]:
    """The sources that count, the store that is believed, and what proves it."""
    given = spoken[0]
    stores = list(dict.fromkeys(e.store for e in spoken if e.store))
    if server is None:
        running = {e.store or e.source: e for e in spoken if e.is_process}
        if len(running) > 1 and not given.store and not any(e.is_reported for e in spoken):
            return [given], "", _several(list(running.values()))
        return list(spoken), next(iter(stores), ""), Ownership()
    judged = {store: _judged(store, spoken, server) for store in stores}
    own = next((s for s in stores if judged[s].owner is Owner.THIS), "")
    others = {s for s in stores if judged[s].owner is Owner.OTHER}
    kept = [e for e in spoken if e is given or (e.store not in others and _counts(e, server))]
    if given.store:
        return kept, given.store, _of_a_given_store(judged[given.store], own)
    if own:
        return kept, own, judged[own]
    if not stores:
        return kept, "", Ownership()
    # Nothing is proven: what was said of where this very server keeps its files stays in sight.
    return [e for e in kept if e is given or e.is_reported], "", _not_known(judged, server)


def _counts(said: _Evidence, server: Answering) -> bool:
    """A source that names no store tells only of a node that is known to be this one."""
    return bool(said.store) or said.is_reported or said.sql_port == server.port is not None


def _judged(store: str, spoken: Sequence[_Evidence], server: Answering) -> Ownership:
    """By what stands in the store; else by who says that this server's files are there."""
    mine = [e for e in spoken if e.store == store]
    logs = next((c.path for e in mine if (c := e.claims.get(FactName.LOGS)) and c.path), None)
    found = judge(read_mark(Path(store), logs), server, store)
    if found.owner is not Owner.NOT_KNOWN:
        return found
    for each in mine:
        if each.sql_port is not None and each.sql_port == server.port:
            return Ownership(Owner.THIS, f"{each.source} serves port {server.port}")
        if each.is_reported and each.sql_port is None:
            return Ownership(Owner.THIS, each.source)
    return found


def _of_a_given_store(found: Ownership, own: str) -> Ownership:
    """A person's word counts unless the store itself says otherwise."""
    if found.owner is Owner.OTHER:
        right = f"--store {shell_quoted(own)}" if own else "--store DIR"
        remedy = f"Name the store of the server that answers: {right}, or in the profile."
        return replace(found, remedy=remedy)
    return found if found.owner is Owner.THIS else Ownership(Owner.UNASKED, GIVEN)


def _several(running: Sequence[_Evidence]) -> Ownership:
    shown = "; ".join(
        (e.store or f"one that is not known, of {e.source}")
        + (f" (SQL port {e.sql_port})" if e.sql_port else "")
        for e in running
    )
    return Ownership(
        Owner.NOT_KNOWN,
        f"{len(running)} nodes run on this machine, with the stores {shown}.",
        "Name the intended store (--store DIR), or its server (--dsn URL).",
    )


def _not_known(judged: Mapping[str, Ownership], server: Answering) -> Ownership:
    reasons = [found.reason for found in judged.values() if found.reason]
    for store, found in judged.items():
        if not found.reason:
            there = is_there(Path(store), if_closed=True)
            words = f"Nothing proves whose {store} is." if there else f"{store} is not here."
            reasons.append(words)
    return Ownership(
        Owner.NOT_KNOWN,
        f"Where {server.in_words} keeps its files is not known. {' '.join(reasons)}",
        _GIVE,
    )


# -- sources ----------------------------------------------------------------------------------


def _of_given(given: Mapping[FactName, str]) -> _Evidence:
    evidence = _Evidence(GIVEN)
    for name, value in given.items():
        evidence.say(name, value)
    return evidence


def _reported(
    arguments: Sequence[Sequence[str]],
    store_paths: Sequence[str],
    here: Sequence[StartArguments],
) -> Iterator[StartArguments]:
    for words in arguments:
        yield with_container(StartArguments(tuple(words), _REPORTED[0]), here)
    if store_paths and not arguments:
        words = ("kwbase", "start", *(f"--store=path={path}" for path in store_paths))
        yield with_container(StartArguments(words, _REPORTED[1], partial=True), here)


def _of_arguments(found: StartArguments) -> _Evidence:
    evidence = _Evidence(found.source, sql_port=found.sql_port)
    paths = {
        FactName.STORE: found.store,
        FactName.TS_STORE: found.last("--ts-store"),
        FactName.EXTERN: found.last("--external-io-dir"),
        FactName.LOGS: NO_FILES if found.logs == "" else found.logs,
        FactName.AUDIT: found.last("--sql-audit-dir"),
        FactName.CERTS: found.last("--certs-dir"),
    }
    for name, path in paths.items():
        if path:
            evidence.claims[name] = found.path_claim(path)
    if not found.store and (problem := _no_store(found)):
        evidence.claims[FactName.STORE] = Claim("", found.source, problem=problem)
    ports = {
        FactName.SQL_PORT: found.sql_port_claim(),
        FactName.HTTP_PORT: found.http_port_claim(),
        FactName.BRPC_PORT: found.brpc_port_claim(),
    }
    evidence.claims |= {name: claim for name, claim in ports.items() if claim is not None}
    evidence.say(FactName.USER, as_written(found.user))
    evidence.say(FactName.SECURITY, found.security)
    if not evidence.is_reported:
        evidence.say(FactName.KIND, CONTAINER if found.container is not None else BARE)
    return evidence


def _no_store(found: StartArguments) -> str:
    """Why start arguments do not tell the store; empty where they need not."""
    if found.in_memory:
        return "The store is in memory (--store=type=mem): none of it is on disk."
    if found.partial:
        return ""
    words = " ".join(found.words)
    return f"The store may be named in what is not known of the start: {reasons(words)}."


def _of_banner(installed: Installed, logs: Claim | None, store: str) -> list[_Evidence]:
    """From the head of the log that the other sources led to."""
    folder = logs.path if logs else Path(store) / "logs" if store else None
    if folder is None:
        return []
    banner = read_banner(folder)
    if banner is None:
        installed.looked.append((str(folder), "no log with the head of a start"))
        return []
    installed.looked.append((str(banner.file), "read"))
    return [_of_head(banner, folder, store)]


def _of_head(banner: Banner, folder: Path, store: str) -> _Evidence:
    """A node in a container writes the paths that it sees: those are translated by its store."""
    source = f"the log {banner.file.name}"
    words = banner.arguments
    seen_store = banner.value("store[0]").removeprefix("path=").split(",")[0]
    container = None
    if seen_store and store and not is_there(Path(seen_store), if_closed=True):
        mount = Mount(MountKind.FOLDER, store, seen_store)
        container = Container((mount,), ports_not_known=unpublished())
    found = StartArguments(words, source, container=container, partial=True)
    evidence = _of_arguments(found)
    evidence.claims.pop(FactName.KIND, None)
    extern = banner.value("external I/O path")
    if extern == "<disabled>":
        evidence.say(FactName.EXTERN, NO_FILES)
    labels = {
        FactName.STORE: seen_store,
        FactName.EXTERN: "" if extern == "<disabled>" else extern,
        FactName.LOGS: banner.value("logs"),
        FactName.AUDIT: banner.value("SQL audit logs"),
    }
    for name, path in labels.items():
        if path:
            evidence.claims[name] = found.path_claim(path)
    # A path that is not absolute is meant from a folder that the log does not name.
    for name in PATHS & evidence.claims.keys():
        raw = labels.get(name) or ""
        if raw and not raw.startswith("/"):
            del evidence.claims[name]
    return evidence


_MODE_LINES = (
    "kind",
    "replication",
    "install",
    FactName.STORE,
    FactName.SQL_PORT,
    FactName.HTTP_PORT,
    FactName.USER,
    FactName.SECURITY,
)
"""The lines of the installer's MODE file, in order (facts.md, 4.4)."""


def _of_installer(installed: Installed, etc: Path) -> list[_Evidence]:
    found = []
    for name in FOLDERS:
        path = etc / name / "info" / "MODE"
        try:
            lines = read_text(path, 4096).splitlines()
        except NotReadable as reason:
            if name == FOLDERS[0] or str(reason) != "not there":
                installed.looked.append((str(path), str(reason)))
            continue
        evidence = _of_mode(lines, path)
        installed.looked.append((str(path), "read" if evidence.claims else "not understood"))
        found.append(evidence)
    return found


def _of_mode(lines: Sequence[str], path: Path) -> _Evidence:
    evidence = _Evidence(f"the installer's note {path}")
    kinds = {"bare": BARE, "container": CONTAINER}
    if not lines or lines[0].strip() not in kinds:
        return evidence
    evidence.say(FactName.KIND, kinds[lines[0].strip()])
    for name, raw in zip(_MODE_LINES, lines, strict=False):
        value = raw.strip()
        is_port = name in (FactName.SQL_PORT, FactName.HTTP_PORT)
        if isinstance(name, FactName) and value and (value.isdigit() or not is_port):
            if name is FactName.STORE and not value.startswith("/"):
                continue
            evidence.say(name, value)
    port = evidence.claims.get(FactName.SQL_PORT)
    evidence.sql_port = int(port.value) if port is not None else DEFAULT_SQL_PORT
    return evidence


# -- putting together -------------------------------------------------------------------------


def _first(spoken: Sequence[_Evidence], name: FactName) -> Claim | None:
    store = next((e.store for e in spoken if e.store), "")
    same = (e for e in spoken if e.store in ("", store))
    return next((e.claims[name] for e in same if name in e.claims), None)


def _facts(spoken: Sequence[_Evidence], store: str) -> tuple[Fact, ...]:
    """Claims by fact. A source that names another store speaks of another node, or of how this one
    was once set up: what it says stands after the others, so that it shows and does not win."""
    same = [e for e in spoken if e.store in ("", store)]
    other = [e for e in spoken if e.store not in ("", store)]
    others_nodes = [e for e in other if e.is_process]
    facts = []
    for name in FactName:
        claims = [e.claims[name] for e in same if name in e.claims]
        if claims or not store:
            claims += [e.claims[name] for e in other if name in e.claims and e not in others_nodes]
        if claims:
            # What can be seen from here before what cannot.
            facts.append(Fact(name, tuple(sorted(claims, key=lambda claim: not claim.value))))
    return tuple(facts)

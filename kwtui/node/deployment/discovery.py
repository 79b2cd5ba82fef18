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
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.files.untrusted import NotReadable, is_there, read_text
from kwtui.node.deployment.claims import (
    BARE,
    CONTAINER,
    GIVEN,
    NO_FILES,
    PATHS,
    THIS_MACHINE,
    Claim,
    Deployment,
    Fact,
    FactName,
    Machine,
)
from kwtui.node.deployment.containers import Volumes
from kwtui.node.deployment.log_banner import Banner, read_banner
from kwtui.node.deployment.start_arguments import (
    FOLDERS,
    Installed,
    StartArguments,
    of_machine,
    of_processes,
    with_volumes,
)


@dataclass
class _Evidence:
    """What one source says of one node."""

    source: str
    claims: dict[FactName, Claim] = field(default_factory=dict)

    def say(self, name: FactName, value: str | None, *, inside: str = "") -> None:
        if value:
            self.claims[name] = Claim(value, self.source, inside)

    @property
    def store(self) -> str:
        claim = self.claims.get(FactName.STORE)
        return os.path.realpath(claim.value) if claim and claim.value else ""


def find_deployment(
    *,
    given: Mapping[FactName, str] | None = None,
    arguments: Sequence[Sequence[str]] = (),
    store_paths: Sequence[str] = (),
    machine: Machine = THIS_MACHINE,
) -> Deployment:
    """Look at this machine for the node.

    ``given`` is what a person said and counts most; ``arguments`` are start arguments that the
    server reported, ``store_paths`` the store paths in them where nothing else is known. Blocking.
    Never raises: what could not be read stands in ``looked``.
    """
    installed = of_machine(machine.etc, machine.lib)
    processes = of_processes(machine.proc)
    spoken = [_of_given(given or {})]
    reported = list(_reported(arguments, store_paths, [*installed.arguments, *processes]))
    spoken += [_of_arguments(a) for a in (*reported, *processes)]
    spoken += [_of_arguments(a) for a in installed.arguments]
    spoken += _of_installer(installed, machine.etc)
    notes = list(_about_processes(processes, spoken, reported=bool(reported)))
    store = next((e.store for e in spoken if e.store), "")
    spoken += _of_banner(installed, _first(spoken, FactName.LOGS), store)
    return Deployment(_facts(spoken, store), tuple(installed.looked), tuple(notes))


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
        yield with_volumes(StartArguments(tuple(words), "the server's start arguments"), here)
    if store_paths and not arguments:
        words = ("kwbase", "start", *(f"--store=path={path}" for path in store_paths))
        yield with_volumes(StartArguments(words, "the server's store path"), here)


def _of_arguments(found: StartArguments) -> _Evidence:
    evidence = _Evidence(found.source)
    paths = {
        FactName.STORE: found.store,
        FactName.TS_STORE: found.ts_store,
        FactName.EXTERN: found.extern,
        FactName.LOGS: NO_FILES if found.logs == "" else found.logs,
        FactName.AUDIT: found.audit,
        FactName.CERTS: found.certs,
    }
    for name, path in paths.items():
        if path:
            evidence.claims[name] = _path_claim(found, path)
    evidence.say(FactName.SQL_PORT, found.port("--listen-addr", "--port", "-p"))
    evidence.say(FactName.HTTP_PORT, found.port("--http-addr", "--http-port"))
    evidence.say(FactName.BRPC_PORT, found.port("--brpc-addr"))
    evidence.say(FactName.USER, found.user)
    evidence.say(FactName.SECURITY, found.security)
    if found.source != "the server's store path" and found.source != "the server's start arguments":
        evidence.say(FactName.KIND, CONTAINER if found.inside else BARE)
    return evidence


def _path_claim(found: StartArguments, path: str) -> Claim:
    if path == NO_FILES:
        return Claim(NO_FILES, found.source)
    host = found.host_path(path)
    if host is None and not found.inside:
        problem = f"{path} is relative, and nothing says from which folder."
        return Claim("", found.source, path, problem)
    if host is None:
        problem = (
            f"{path} lies inside the container and on no folder of this machine: it is gone"
            " with the container, and cannot be seen from here."
        )
        return Claim("", found.source, path, problem)
    return Claim(str(host), found.source, path if found.inside else "")


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
    volumes: Volumes = ()
    if seen_store and store and not is_there(Path(seen_store), if_closed=True):
        volumes = ((store, seen_store),)
    found = StartArguments(words, source, volumes=volumes, inside=bool(volumes))
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
            evidence.claims[name] = _path_claim(found, path)
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
    return evidence


def _about_processes(
    processes: Sequence[StartArguments], spoken: Sequence[_Evidence], *, reported: bool
) -> Iterator[str]:
    if len(processes) > 1 and not reported and not spoken[0].store:
        yield (
            f"{len(processes)} nodes run on this machine; the first was taken."
            " Give the store in the profile to choose."
        )


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
    others_nodes = [e for e in other if e.source.startswith("the running process")]
    facts = []
    for name in FactName:
        claims = [e.claims[name] for e in same if name in e.claims]
        if claims or not store:
            claims += [e.claims[name] for e in other if name in e.claims and e not in others_nodes]
        if claims:
            # What can be seen from here before what cannot.
            facts.append(Fact(name, tuple(sorted(claims, key=lambda claim: not claim.value))))
    return tuple(facts)

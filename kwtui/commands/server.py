"""kwtui server: nodes, settings, rights and sessions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect
from kwtui.commands.shared.output import Output, table

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.server.state.overview import Overview
    from kwtui.server.state.rights import Ability
    from kwtui.server.state.settings import Setting


async def server(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.server.state.rights import abilities
    from kwtui.server.state.settings import filtered

    await connect(controller, args)
    found = await controller.server.overview()
    settings = filtered(found.settings.items, args.settings or "")
    target = controller.connection.target
    can = abilities(
        is_admin=found.facts.is_admin, read_only=target.read_only if target is not None else False
    )
    if output.json:
        output.object(
            "server",
            {
                "facts": found.facts,
                "at": found.at,
                "nodes": found.nodes,
                "visible_stores": found.visible_stores,
                "settings": {"items": settings, "refused": found.settings.refused},
                "accounts": found.accounts,
                "sessions": found.sessions,
                "queries": found.queries,
                "abilities": can,
            },
        )
        return 0
    if args.settings is not None:
        lines = _settings(found, settings)
    elif args.sessions:
        lines = _sessions(found)
    else:
        lines = _all(found, settings, can)
    for line in lines:
        output.line(line)
    return 0


def _all(found: Overview, settings: list[Setting], can: tuple[Ability, ...]) -> Iterator[str]:
    facts = found.facts
    yield f"{facts.version}"
    yield f"  cluster  {facts.cluster_id}"
    yield f"  user     {facts.user} ({'admin' if facts.is_admin else 'not admin'})"
    yield f"  TLS      {'on' if facts.tls else 'off'}"
    yield ""
    yield from _nodes(found)
    yield ""
    yield from _rights(can)
    yield ""
    yield from _settings(found, settings)
    yield ""
    yield from _sessions(found)


def _nodes(found: Overview) -> Iterator[str]:
    from kwtui.text import human_bytes

    if found.nodes.refused:
        yield f"Nodes: {found.nodes.refused}"
        return
    rows = [("NODE", "ADDRESS", "STATE", "VERSION", "STARTED (UTC)", "FREE")]
    for node in found.nodes.items:
        started = f"{node.started:%Y-%m-%d %H:%M:%S}" if node.started else ""
        free = human_bytes(node.available) if node.available is not None else ""
        state = "live" if node.is_live else "NOT LIVE"
        rows.append((str(node.id), node.address, state, node.version, started, free))
    yield from table(rows, right=frozenset({5}))
    if found.visible_stores is not None:
        yield from _files_seen([node.id for node in found.nodes.items], found.visible_stores)
    if len(found.versions) > 1:
        yield "! The nodes run different versions: finish the upgrade before a restore."


def _files_seen(nodes: Sequence[int], stores: Mapping[int, str]) -> Iterator[str]:
    for node in nodes:
        if node in stores:
            yield f"The files of node {node} are on this machine: {stores[node]}"
        else:
            yield (
                f"The files of node {node} are not visible from here: after a backup to it run "
                "kwtui there."
            )


def _rights(can: tuple[Ability, ...]) -> Iterator[str]:
    rows = [("WHAT", "ALLOWED", "NEEDS")]
    for ability in can:
        allowed = {True: "yes", False: "NO", None: "some"}[ability.allowed]
        rows.append((ability.action, allowed, ability.needs))
    yield from table(rows)


def _settings(found: Overview, settings: list[Setting]) -> Iterator[str]:
    if found.settings.refused:
        yield f"Settings: {found.settings.refused}"
        return
    if not settings:
        yield "No setting matches."
        return
    width = max(len(s.name) for s in settings)
    for setting in settings:
        yield f"{setting.name:{width}}  {setting.value}"
        yield f"  {setting.meaning or setting.description}"
        if setting.warning:
            yield f"  ! {setting.warning}"


def _sessions(found: Overview) -> Iterator[str]:
    from kwtui.text import cut

    if found.sessions.refused:
        yield f"Sessions: {found.sessions.refused}"
        return
    if not found.facts.is_admin:
        yield "Only sessions of this user: KWDB shows all sessions only to admins."
    rows = [("NODE", "USER", "CLIENT", "APPLICATION", "SINCE (UTC)", "RUNS")]
    for session in found.sessions.items:
        since = f"{session.started:%Y-%m-%d %H:%M:%S}" if session.started else ""
        runs = cut(" ".join((session.active or "(idle)").split()), 50)
        rows.append(
            (str(session.node_id), session.user, session.client, session.application, since, runs)
        )
    yield from table(rows)

"""The folders of the node that one looks at: store, extern and logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.events import Events, StorageWatcher

if TYPE_CHECKING:
    from kwtui.model.server import ServerFacts
    from kwtui.node.deployment.claims import Answering
    from kwtui.node.place import NodePlace
    from kwtui.server.connection.server import Server
    from kwtui.server.connection.target import Target


class NodeFolders:
    """Where a node's files are on this machine, watched while the interface is open.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(self, events: Events, background: Background) -> None:
        self._background = background
        self._watcher = StorageWatcher(events.publish)
        self._place: NodePlace | None = None
        self._others: dict[int, NodePlace] = {}
        self._unreached: Target | None = None

    @property
    def place(self) -> NodePlace | None:
        """Where the node's store, extern and logs are, or why they were not found."""
        return self._place

    @property
    def polls_because(self) -> str:
        """Why extern is looked at again and again; empty where the kernel tells of changes."""
        return self._watcher.polls_because

    # -- finding ------------------------------------------------------------------------------

    async def use(
        self,
        *,
        extern: Path | None = None,
        store: Path | None = None,
        logs: Path | None = None,
        unreached: Target | None = None,
    ) -> NodePlace:
        """Look at a node's files without a connection, as `list`, `show` and `verify` do.

        ``unreached`` is the server that was asked for and did not answer: files of others on this
        machine are not its own.
        """
        from kwtui.node.place import find_place

        place = await self._background.call(
            find_place,
            store=store,
            extern=extern,
            logs=logs,
            local=extern is None and (unreached is None or unreached.is_local),
            server=None if unreached is None else _answering(unreached, None),
        )
        self._unreached = unreached
        self.look_at(place)
        return place

    async def find(self, target: Target, facts: ServerFacts) -> None:
        """Look at the files of the node that was connected to."""
        from kwtui.node.place import find_place

        place = await self._background.call(
            find_place,
            store=_path(target.store),
            extern=_path(target.extern),
            logs=_path(target.logs),
            arguments=[facts.start_arguments] if facts.start_arguments else (),
            store_paths=facts.store_paths,
            local=target.is_local,
            server=_answering(target, facts),
        )
        self._others, self._unreached = {}, None
        self.look_at(place)

    def look_at(self, place: NodePlace) -> None:
        """Take these folders from now on, and watch extern."""
        self._place = place
        if self._background.is_on and place.extern.path is not None:
            self._watcher.watch(place.extern.path)

    async def found_anew(self, target: Target | None, facts: ServerFacts | None) -> NodePlace:
        """The node's folders looked for again, with what everybody says of them.

        What is looked at stays as it is.
        """
        from kwtui.node.deployment.claims import FactName
        from kwtui.node.place import find_place

        target = target or self._unreached
        given: Mapping[FactName, Path] = self._place.deployment.given if self._place else {}
        return await self._background.call(
            find_place,
            store=given.get(FactName.STORE),
            extern=given.get(FactName.EXTERN),
            logs=given.get(FactName.LOGS),
            arguments=[facts.start_arguments] if facts and facts.start_arguments else (),
            store_paths=facts.store_paths if facts else (),
            local=target.is_local if target is not None else True,
            thorough=True,
            server=_answering(target, facts) if target is not None else None,
        )

    async def as_now(self) -> NodePlace | None:
        """The same folders as they are now; None where none are known."""
        from kwtui.node.place import look_again

        if self._place is None:
            return None
        return await self._background.call(look_again, self._place)

    async def free_bytes(self) -> int | None:
        """Free space where extern is, as it is now; None where that cannot be known."""
        place = await self.as_now()
        return place.extern.free_bytes if place is not None else None

    # -- one folder ---------------------------------------------------------------------------

    def extern(self) -> Path:
        """Raises EXTERN_NOT_FOUND or EXTERN_NOT_READABLE."""
        return self.folder("extern")

    def folder(self, kind: str) -> Path:
        """The node's ``extern``, ``store`` or ``logs`` on this machine; raises as `extern`."""
        from kwtui.node.place import folder_of

        return folder_of(self._place, kind)

    # -- other nodes --------------------------------------------------------------------------

    def remember_others(self, places: Iterable[tuple[int, NodePlace]]) -> None:
        """Files of nodes that one is not connected to, as far as they are on this machine."""
        self._others = dict(places)

    def of_node(self, node_id: int | None) -> NodePlace | None:
        """The files that a plan for this node works on: another node's where they were chosen."""
        return self._place if node_id is None else self._others.get(node_id, self._place)

    async def choose_node(
        self, server: Server, facts: ServerFacts, node_id: int | None
    ) -> NodePlace | None:
        """Look for the files of the node that a plan is to work on, and remember them."""
        from kwtui.operations.shared.node_files import files_of_node

        found = await files_of_node(server, facts, node_id, self._place)
        if node_id is not None and found is not None and found is not self._place:
            self._others[node_id] = found
        return found

    # -- the end ------------------------------------------------------------------------------

    async def close(self) -> None:
        """Stop watching."""
        await self._watcher.stop()


def _answering(target: Target, facts: ServerFacts | None) -> Answering:
    from kwtui.operations.shared.node_files import answering

    return answering(target, facts)


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None

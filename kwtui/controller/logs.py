"""The node's logs: found, opened as one stream, saved; over ssh or HTTP where files are out of
reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.errors import KwtuiError, lines_of
from kwtui.text import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from kwtui.config.profiles import Profile
    from kwtui.node.logs.listing import LogFile
    from kwtui.node.logs.remote.over_ssh import SshLogs
    from kwtui.node.logs.remote.spool import LogSpool
    from kwtui.node.logs.stream import LogStream
    from kwtui.server.connection.target import Target


class Logs:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self, connection: Connection, folders: NodeFolders, background: Background
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._background = background
        self._spool: LogSpool | None = None
        """The logs of a node whose files are out of reach."""
        self._node: int | None = None
        """The node that was asked for, if it was."""
        self._there: SshLogs | None = None
        """The logs of a node that its profile reaches by ssh."""

    def reached_by_ssh(self, profile: str | None) -> bool:
        """Whether this profile says that its node's files are read over ssh."""
        return self._profile_with_ssh(profile) is not None

    def _profile_with_ssh(self, name: str | None) -> Profile | None:
        from kwtui.config.profiles import find_profile

        profile = find_profile(name) if name else None
        return profile if profile is not None and profile.ssh else None

    async def files(self, node: int | None = None, profile: str | None = None) -> list[LogFile]:
        """The log files of the node by family, current first.

        Where ``profile`` names an ssh, the logs that grow there. Where files are out of reach, or
        of another ``node`` than the one that is connected, what the server gives over HTTP. Raises
        `kwtui.node.logs.remote.node_http.LoginNeeded` where a password may help: `log_in`.
        """
        from kwtui.node.logs.listing import find_logs

        self._node = node
        there = self._profile_with_ssh(profile) if node is None else None
        if there is not None:
            return await self._reach_by_ssh(there).files()
        if node is not None and node != self._connection.facts().node_id:
            return await self._remote_files(None)
        try:
            folders = [self._folders.folder("logs"), *self._audit_folder()]
            return await self._background.call(find_logs, folders)
        except KwtuiError as missing:
            if not self._connection.is_connected:
                raise
            return await self._remote_files(missing)

    def _audit_folder(self) -> list[Path]:
        """Where audit logs are, if the node keeps them elsewhere (facts.md, 5.1)."""
        from kwtui.node.deployment.claims import FactName

        place = self._folders.place
        claim = place.deployment.chosen(FactName.AUDIT) if place is not None else None
        return [claim.path] if claim is not None and claim.path is not None else []

    async def _remote_files(self, missing: KwtuiError | None) -> list[LogFile]:
        """``missing`` is why the files themselves are out of reach, if they were looked for."""
        from kwtui.node.logs.remote.node_http import LoginNeeded
        from kwtui.server.connection.passwords import find_password

        try:
            spool = await self._reach()
            try:
                return await spool.files()
            except LoginNeeded:
                target = self._connection.server().target
                secret = await find_password(target)
                if secret is None or not _may_send(spool, target):
                    raise
                await self.log_in(secret.password)
                return await spool.files()
        except LoginNeeded:
            raise
        except KwtuiError as error:
            if missing is None:
                raise
            raise KwtuiError(
                missing.title,
                cause=lines_of(missing.cause, f"Over HTTP: {sentences(error.title, error.cause)}"),
                hint=missing.hint,
                exit_code=missing.exit_code,
            ) from error

    def _reach_by_ssh(self, profile: Profile) -> SshLogs:
        from kwtui.node.logs.remote.over_ssh import SshLogs

        if self._there is None or self._there.profile != profile:
            self.forget()
            self._there = SshLogs(profile)
        return self._there

    async def log_in(self, password: str) -> None:
        """Log in to the node's HTTP server as the user of the connection.

        Raises KwtuiError where the password would go over the line in clear.
        """
        import asyncio

        spool, target = await self._reach(), self._connection.server().target
        if not _may_send(spool, target):
            raise KwtuiError(
                f"No password is sent to {spool.http.url}: it is not encrypted.",
                hint="Use a node with certificates, or allow it in the profile.",
            )
        await asyncio.to_thread(spool.http.login, target.user, password)

    async def _reach(self) -> LogSpool:
        from kwtui.config.profiles import TlsMode
        from kwtui.node.logs.remote.node_http import NodeHttp
        from kwtui.node.logs.remote.spool import LogSpool
        from kwtui.server.state.http_address import http_address

        target = self._connection.server().target
        url = await http_address(self._connection.server())
        node = str(self._node or self._connection.facts().node_id or "local")
        if self._spool is not None and (self._spool.http.url, self._spool.node) == (url, node):
            return self._spool
        self.forget()
        cafile = target.sslrootcert if target.sslrootcert != "system" else None
        http = NodeHttp(url, cafile=cafile, verify=target.tls is not TlsMode.REQUIRE)
        self._spool = LogSpool(http, node)
        return self._spool

    def forget(self) -> None:
        """Remove what was fetched over HTTP or ssh."""
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()
        there, self._there = self._there, None
        if there is not None:
            there.close()

    async def open(
        self,
        files: Sequence[LogFile],
        *,
        since: datetime | None = None,
        enough: int | None = None,
    ) -> LogStream:
        """The files as one stream, families merged by time, opened at the end; close it at last.

        What comes over HTTP is fetched from ``since`` on, else the last ``enough`` entries or as
        many as fill a screen many times.
        """
        from kwtui.node.logs.format import LogFamily
        from kwtui.node.logs.opening import stream_of
        from kwtui.node.logs.remote.spool import MOST_ENTRIES

        there = self._there
        if there is not None and files and all(file.origin == there.origin for file in files):
            return await self._open_there(there, files, since, enough)
        spool = self._spool
        if spool is None or not any(file.origin for file in files):
            stream = stream_of(files)
            await stream.open()
            return stream
        fetched, notes = await spool.fetch(files, since=since, enough=enough or MOST_ENTRIES)
        stream = stream_of(fetched)
        await stream.open()
        stream.notes = [fetched[0].origin, *notes]
        main = next((f for f in fetched if f.current and f.family is LogFamily.MAIN), None)
        if main is not None:
            stream.run_along(spool.follow(main.path, stream.take_problem))
        return stream

    async def _open_there(
        self, there: SshLogs, files: Sequence[LogFile], since: datetime | None, enough: int | None
    ) -> LogStream:
        from kwtui.node.logs.opening import stream_of
        from kwtui.node.logs.remote.over_ssh import MOST_LINES

        fetched = await there.fetch(files, since=since, enough=enough or MOST_LINES)
        stream = stream_of(fetched)
        await stream.open()
        stream.notes = [there.origin]
        stream.run_along(there.watch(stream.take_problem))
        return stream

    async def save(
        self, stream: LogStream, path: Path, first: int | None = None, last: int | None = None
    ) -> int:
        """Save what is shown, or the lines from one to another, to a new file; how many bytes."""
        from kwtui.files.new_file import write_new

        return await self._background.call(write_new, path, stream.set.twin().chunks(first, last))


def _may_send(spool: LogSpool, target: Target) -> bool:
    return spool.http.encrypted or target.allow_cleartext_password

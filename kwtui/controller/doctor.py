"""The Controller's part that explains errors and looks for what is wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.storage import StorageCare
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwtui.diagnosis import Diagnosis, KnownCheck
    from kwtui.doctor import Check
    from kwtui.doctor.server_checks import ServerLook
    from kwtui.node.place import NodePlace
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.operations.shared.known_runs import KnownRun

_MOST_LINES = 20
_LOG_END = 4 << 20
"""Bytes at the end of a log in which a check looks."""


FILE_CHECKS = ("deployment", "extern", "space", "logs", "file_systems", "watches", "state")
"""The ids of checks that look at this machine alone."""
NO_SERVER = ["unknown: There is no connection."]


def check_lines(check: Check) -> list[str]:
    """A check of the doctor as the answer to a question."""
    lines = [f"{check.state.value}: {check.detail}", *check.more, check.hint]
    return [line for line in lines if line][:_MOST_LINES]


class Diagnosing(StorageCare):
    """A base of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def explain(self, text: str) -> list[Diagnosis]:
        """The errors in any text, with what they mean; needs neither server nor files."""
        from kwtui.diagnosis import recognise

        return recognise(text)

    async def doctor(self, failure: KwtuiError | None = None) -> list[Check]:
        """Look at server, files and this machine, without changing anything.

        ``failure`` is why there is no connection, where one was tried. Never raises for what it
        finds: that is what the checks say.
        """
        look, failure = await self._server_or_reason(failure)
        place = await self._current_place()
        return [
            *self._check_server(look, failure),
            *await self._check_files(place),
            await self._check_runs(),
            *self._check_sessions(look),
            await self._check_leftovers(place),
        ]

    async def check_again(self, identity: str) -> list[Check]:
        """The check with this id looked at anew, with those that had to be looked at with it."""
        if identity == "runs":
            return [await self._check_runs()]
        if identity == "leftovers":
            return [await self._check_leftovers(await self._current_place())]
        if identity in FILE_CHECKS:
            return await self._check_files(await self._current_place())
        look, failure = await self._server_or_reason(None)
        return [*self._check_server(look, failure), *self._check_sessions(look)]

    async def _server_or_reason(
        self, failure: KwtuiError | None
    ) -> tuple[ServerLook | None, KwtuiError | None]:
        look = await self._look_at_server()
        return (None, look) if isinstance(look, KwtuiError) else (look, failure)

    def _check_server(self, look: ServerLook | None, failure: KwtuiError | None) -> list[Check]:
        from kwtui.doctor.server_checks import not_connected, server_checks

        return server_checks(look) if look is not None else not_connected(failure)

    def _check_sessions(self, look: ServerLook | None) -> list[Check]:
        from kwtui.doctor.server_checks import sessions_check

        return [sessions_check(look)] if look is not None else []

    async def _check_runs(self) -> Check:
        from kwtui.doctor.work_checks import runs_check

        return runs_check(await self._runs_or_reason())

    async def _check_leftovers(self, place: NodePlace) -> Check:
        from kwtui.doctor.work_checks import leftovers_check

        return leftovers_check(
            await self._leftovers_or_reason(place),
            with_databases=self.status.is_connected,
            with_folders=place.extern.exists or place.extern.pending,
        )

    async def _check_files(self, place: NodePlace) -> list[Check]:
        from kwtui.doctor.file_checks import file_checks
        from kwtui.doctor.gathering import look_at_files

        return file_checks(await look_at_files(place, self._state))

    async def run_checks(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The answers to several checks, by name; what they share is looked at once."""
        from kwtui.diagnosis import known

        checks = [known().checks[name] for name in names]
        by_id: dict[str, list[str]] = {}
        for check in checks:
            if check.doctor and check.doctor not in by_id:
                looked = await self.check_again(check.doctor)
                by_id |= {each.id: check_lines(each) for each in looked}
        return {
            check.name: by_id.get(check.doctor, NO_SERVER)
            if check.doctor
            else await self.run_check(check.name)
            for check in checks
        }

    async def run_check(self, name: str) -> list[str]:
        """The answer to a check that an explanation names, as lines; it only reads.

        Raises NOT_FOUND for a name that is none. What the check cannot find out is in its answer.
        """
        from kwtui.diagnosis import known

        check = known().checks.get(name)
        if check is None:
            raise KwtuiError(f"There is no check {name!r}.", exit_code=ExitCode.NOT_FOUND)
        try:
            return await self._answer(check)
        except KwtuiError as error:
            return error.lines()

    # -- inside -------------------------------------------------------------------------------

    async def _answer(self, check: KnownCheck) -> list[str]:
        if check.sql:
            return await self._ask(check.sql)
        if check.doctor:
            looked = await self.check_again(check.doctor)
            found = next((each for each in looked if each.id == check.doctor), None)
            return NO_SERVER if found is None else check_lines(found)
        return await self._blocking(self._search_log, check)

    async def _ask(self, sql: str) -> list[str]:
        async with self._own_connection() as server:
            await server.execute("SET default_transaction_read_only = on", within=30)
            answer = await server.query(sql, within=30)
        lines = [" | ".join(column.name for column in answer.columns)]
        lines += [" | ".join(v if v is not None else "NULL" for v in row) for row in answer.rows]
        if len(lines) > _MOST_LINES + 1:
            lines = [*lines[: _MOST_LINES + 1], f"and {len(lines) - _MOST_LINES - 1} more rows"]
        return lines

    def _search_log(self, check: KnownCheck) -> list[str]:
        from kwtui.node.logs.listing import find_logs

        files = find_logs([self._folder("logs")])
        file = next((f for f in files if f.family.value == check.family), None)
        if file is None:
            return [f"There is no log file of the family {check.family}."]
        try:
            with file.path.open("rb") as opened:
                opened.seek(max(0, file.bytes - _LOG_END))
                text = opened.read(_LOG_END).decode("utf-8", "replace")
        except OSError as error:
            return [f"{file.path} cannot be read: {error.strerror}."]
        pattern = re.compile(check.log)
        hits = [line for line in text.splitlines() if pattern.search(line)]
        return hits[-_MOST_LINES:] or [f"Nothing in the end of {file.path}."]

    async def _look_at_server(self) -> ServerLook | KwtuiError | None:
        """None: no connection was asked for."""
        from kwtui.doctor.gathering import look_at_server
        from kwtui.server.connection.identity import identify

        status = self.status
        if not status.is_connected:
            if not status.title:
                return None
            return KwtuiError(status.title, cause=status.cause, hint=status.hint)
        try:
            async with self._own_connection() as server:
                # Asked anew: nodes die, and roles are granted, while one is connected.
                known = await identify(server)
                engines = [engine.value for engine in known.engines]
                own = [self._server().session_id]
                return await look_at_server(server, known.facts, engines, own)
        except KwtuiError as error:
            return error

    async def _current_place(self) -> NodePlace:
        """Where the files are, looked for anew, with what everybody says of the node."""
        from kwtui.node.deployment.claims import FactName
        from kwtui.node.place import find_place

        given = self.place.deployment.given if self.place is not None else {}
        target, facts = self.target, self.status.facts
        return await self._blocking(
            find_place,
            store=given.get(FactName.STORE),
            extern=given.get(FactName.EXTERN),
            logs=given.get(FactName.LOGS),
            arguments=[facts.start_arguments] if facts and facts.start_arguments else (),
            store_paths=facts.store_paths if facts else (),
            local=target.is_local if target is not None else True,
            thorough=True,
        )

    async def _runs_or_reason(self) -> list[KnownRun] | str:
        try:
            return await self._known_runs()
        except (KwtuiError, OSError) as error:
            return str(error)

    async def _leftovers_or_reason(self, place: NodePlace) -> list[Leftover] | str:
        """Folders where extern is there; databases where a server is."""
        from kwtui.operations.removal.planning import find_database_leftovers, find_folder_leftovers

        found: list[Leftover] = []
        try:
            runs = await self._known_runs()
            if place.extern.path is not None and place.extern.exists:
                now = datetime.now(UTC)
                folders = await self._blocking(
                    find_folder_leftovers, place.extern.path, self._state, runs, now
                )
                found += folders.found
            if self.status.is_connected:
                async with self._own_connection() as server:
                    cluster = self._facts().cluster_id
                    found += await find_database_leftovers(server, cluster, runs)
        except KwtuiError as error:
            return " ".join(error.lines()[:2])
        return found

"""What is wrong: errors explained, and the checks of server, files and this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.leftovers import LeftoverSearch
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kwtui.diagnosis import Diagnosis, KnownCheck
    from kwtui.doctor import Check
    from kwtui.doctor.server_checks import ServerLook
    from kwtui.node.place import NodePlace
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.operations.shared.known_runs import KnownRun


class Doctor:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        account_runs: AccountRuns,
        leftovers: LeftoverSearch,
        background: Background,
        state: Path,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._account_runs = account_runs
        self._leftovers = leftovers
        self._background = background
        self._state = state

    def explain(self, text: str) -> list[Diagnosis]:
        """The errors in any text, with what they mean; needs neither server nor files."""
        from kwtui.diagnosis import recognise

        return recognise(text)

    # -- checks -------------------------------------------------------------------------------

    async def checks(self, failure: KwtuiError | None = None) -> list[Check]:
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

    async def again(self, identity: str) -> list[Check]:
        """The check with this id looked at anew, with those that had to be looked at with it."""
        from kwtui.doctor.file_checks import FILE_CHECKS

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
            with_databases=self._connection.status.is_connected,
            with_folders=place.extern.exists or place.extern.pending,
        )

    async def _check_files(self, place: NodePlace) -> list[Check]:
        from kwtui.doctor.file_checks import file_checks
        from kwtui.doctor.gathering import look_at_files

        return file_checks(await look_at_files(place, self._state))

    # -- answers ------------------------------------------------------------------------------

    async def answers(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The answers to several checks, by name; what they share is looked at once."""
        from kwtui.diagnosis import known
        from kwtui.doctor.answers import NO_SERVER, check_lines

        checks = [known().checks[name] for name in names]
        by_id: dict[str, list[str]] = {}
        for check in checks:
            if check.doctor and check.doctor not in by_id:
                looked = await self.again(check.doctor)
                by_id |= {each.id: check_lines(each) for each in looked}
        return {
            check.name: by_id.get(check.doctor, NO_SERVER)
            if check.doctor
            else await self.answer(check.name)
            for check in checks
        }

    async def answer(self, name: str) -> list[str]:
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

    async def _answer(self, check: KnownCheck) -> list[str]:
        from kwtui.doctor.answers import NO_SERVER, ask, check_lines, search_log

        if check.sql:
            async with self._connection.own() as server:
                return await ask(server, check.sql)
        if check.doctor:
            looked = await self.again(check.doctor)
            found = next((each for each in looked if each.id == check.doctor), None)
            return NO_SERVER if found is None else check_lines(found)
        return await self._background.call(search_log, self._folders.folder("logs"), check)

    # -- inside -------------------------------------------------------------------------------

    async def _look_at_server(self) -> ServerLook | KwtuiError | None:
        """None: no connection was asked for."""
        from kwtui.doctor.gathering import look_at_server
        from kwtui.server.connection.identity import identify

        status = self._connection.status
        if not status.is_connected:
            if not status.title:
                return None
            return KwtuiError(status.title, cause=status.cause, hint=status.hint)
        try:
            async with self._connection.own() as server:
                # Asked anew: nodes die, and roles are granted, while one is connected.
                known = await identify(server)
                engines = [engine.value for engine in known.engines]
                own = [self._connection.server().session_id]
                return await look_at_server(server, known.facts, engines, own)
        except KwtuiError as error:
            return error

    async def _current_place(self) -> NodePlace:
        return await self._folders.found_anew(
            self._connection.target, self._connection.status.facts
        )

    async def _runs_or_reason(self) -> list[KnownRun] | str:
        try:
            return await self._account_runs.known()
        except (KwtuiError, OSError) as error:
            return str(error)

    async def _leftovers_or_reason(self, place: NodePlace) -> list[Leftover] | str:
        try:
            return await self._leftovers.within_reach(place)
        except KwtuiError as error:
            return sentences(*error.lines()[:2])

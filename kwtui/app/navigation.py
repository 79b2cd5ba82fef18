"""The application's part that leads from one screen to what is to be seen on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.app.problems import TellingApp

if TYPE_CHECKING:
    from kwtui.model.proof import ProofLevel


class LeadingApp(TellingApp):
    """A base of the application, which opens screens by name."""

    async def open_screen(self, name: str) -> None:
        """Show the screen; one paint for the whole of it."""
        raise NotImplementedError

    async def show_run(self, run_id: str) -> None:
        """Open the list of runs on this run's page."""
        from kwtui.screens.runs.screen import RunsScreen

        await self.open_screen("runs")
        screen = self.screen
        if isinstance(screen, RunsScreen):
            screen.show_run(run_id)

    async def show_run_log(self, run_id: str) -> None:
        """Open the node's log at the part that this run is about."""
        from kwtui.screens.logs.screen import LogsScreen

        run = await self.controller.runs.node_log(run_id)
        await self.open_screen("logs")
        screen = self.screen
        if isinstance(screen, LogsScreen):
            screen.show_run_log(run)

    def start_verify(self, path: str, level: ProofLevel) -> None:
        """Start a check as a run, and show it."""

        async def start() -> None:
            try:
                plan = await self.controller.plans.verify(path, level)
                run_id = await self.controller.runs.start(plan)
            except Exception as error:
                self.show_error(error)
            else:
                self.call_later(self.show_run, run_id)

        self.run_worker(start(), group="verify", exclusive=True, exit_on_error=False)

    def open_restore(self, path: str) -> None:
        """Open the restore wizard with this backup chosen."""

        async def open_it() -> None:
            from kwtui.screens.restore.screen import RestoreScreen

            await self.open_screen("restore")
            screen = self.screen
            if isinstance(screen, RestoreScreen):
                screen.choose(path)

        self.call_later(open_it)

    def open_offsite(self, path: str) -> None:
        """Open the copies in other places; this backup is offered first when one sends."""

        async def open_it() -> None:
            from kwtui.screens.offsite.screen import OffsiteScreen

            await self.open_screen("offsite")
            screen = self.screen
            if isinstance(screen, OffsiteScreen):
                screen.came_from(path)

        self.call_later(open_it)

    def open_set(self, path: str, verb: str) -> None:
        """Open the list of backups at this one, and do there what ``verb`` says (open, drill)."""

        async def open_it() -> None:
            from kwtui.screens.storage.screen import StorageScreen

            await self.open_screen("storage")
            screen = self.screen
            if isinstance(screen, StorageScreen):
                screen.do_with(path, verb)

        self.call_later(open_it)

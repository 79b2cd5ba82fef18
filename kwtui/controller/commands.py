"""Commands as lines for a shell, with the options that name a server and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.profiles import Profiles
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile
    from kwtui.operations.plan import Plan
    from kwtui.server.connection.target import Target


class CommandLines:
    """The commands that do the same as what is shown, on the same server and files."""

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        profiles: Profiles,
        account_runs: AccountRuns,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._profiles = profiles
        self._account_runs = account_runs

    def options(self, extern: Path | None = None) -> list[str]:
        """The options that name this server and these files to a command; never a password.

        ``extern`` is for what lies elsewhere than in the folder that is looked at.
        """
        place = self._folders.place
        known = place.extern.path if place is not None else None
        return options_of(self._connection.target, known, self._profiles.all, other_extern=extern)

    def options_for(self, plan: Plan) -> list[str]:
        """The options for what this plan does: it may work on the files of another node."""
        here = self._folders.place
        place = self._folders.of_node(plan.node_id)
        if place is None or place is here or place.extern.path is None:
            return self.options()
        return self.options(extern=place.extern.path)

    def line(self, *words: str) -> str:
        """A line for a shell: kwtui with these words, for this server and these files."""
        from kwtui.text import shell_joined

        return shell_joined(["kwtui", *words, *self.options()])

    def of_plan(self, plan: Plan) -> str:
        """The shell command that does the same as this plan."""
        from kwtui.operations.shared.command_line import command_for

        return command_for(plan, self.options_for(plan))

    def of_run(self, run_id: str, plan: Plan) -> str:
        """The shell command that does the same as a run did, on the server that it worked on.

        Raises NOT_FOUND for a run of another account.
        """
        from kwtui.operations.shared.command_line import command_for
        from kwtui.runs.process import read_handover
        from kwtui.server.connection.target import Target

        handover = read_handover(self._account_runs.find(run_id))
        if handover is None:
            return self.of_plan(plan)
        target = None if handover.target is None else Target.from_dict(handover.target)
        extern = Path(handover.extern) if handover.extern else None
        return command_for(plan, options_of(target, extern, self._profiles.all))


def options_of(
    target: Target | None,
    extern: Path | None,
    profiles: Callable[[], Iterable[Profile]],
    *,
    other_extern: Path | None = None,
) -> list[str]:
    """A profile where there is one, otherwise the server's URL without a password; then folders.

    ``extern`` is where the files were found, by whomever; ``other_extern`` counts more.
    """
    if target is None:
        folder = other_extern or extern
        return ["--extern", str(folder)] if folder is not None else []
    if target.profile:
        saved = _saved(target.profile, profiles)
        if saved is not None:
            return ["--profile", target.profile, *_beside(target, saved, other_extern)]
    return ["--dsn", target.redacted, *_folders(target, extern, other_extern)]


def _saved(name: str, profiles: Callable[[], Iterable[Profile]]) -> Profile | None:
    """None as well where the file is broken by now: a command with its name would not work."""
    try:
        return next((profile for profile in profiles() if profile.name == name), None)
    except KwtuiError:
        return None


def _beside(target: Target, saved: Profile, other_extern: Path | None) -> Iterator[str]:
    """Folders that were given beside the profile."""
    if other_extern is not None:
        yield from ("--extern", str(other_extern))
    elif target.extern and target.extern != saved.extern:
        yield from ("--extern", target.extern)
    if target.store and target.store != saved.store:
        yield from ("--store", target.store)
    if target.logs and target.logs != saved.logs:
        yield from ("--logs", target.logs)


def _folders(target: Target, extern: Path | None, other_extern: Path | None) -> Iterator[str]:
    if other_extern is not None:
        yield from ("--extern", str(other_extern))
    elif extern is not None and (target.store is None or Path(target.store) != extern.parent):
        yield from ("--extern", str(extern))
    if target.store:
        yield from ("--store", target.store)
    in_store = target.store is not None and target.logs == f"{target.store}/logs"
    if target.logs and not in_store:
        yield from ("--logs", target.logs)

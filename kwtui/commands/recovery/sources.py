"""What `kwtui rescue` works on: sets in a folder, or off-site copies on a target."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from kwtui.commands.shared.arguments import path_of
from kwtui.commands.shared.asking import ask_line
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import is_folder
from kwtui.text import sentences, shell_joined

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.backups.rescue import Found
    from kwtui.controller import Controller
    from kwtui.model.requests import ExcerptRequest
    from kwtui.offsite.rescue import FoundCopies

_Result = TypeVar("_Result")


class Source(Protocol):
    """All that the dialogue asks for; it raises KwtuiError."""

    place: str
    """The folder, or the target's address."""
    problem: str
    entries: tuple[BackupEntry, ...]
    """The best of each database first."""
    moving: str
    """How a backup comes into the node's extern."""
    plans: tuple[ListedPlan, ...]
    """The recovery plans that lie there."""

    async def plan(self, database: str, language: str) -> str:
        """The recovery plan of a database (Markdown)."""

    def proof(self, entry: BackupEntry) -> str:
        """Its level, as it is listed."""

    async def check(self, entry: BackupEntry) -> bool:
        """Say whether it is whole, as far as that costs nothing that is not needed."""

    def may_read_all(self, entry: BackupEntry) -> bool:
        """Whether there is more to check."""

    async def read_all(self, entry: BackupEntry) -> bool:
        """Check that too, and say what was found."""

    async def tables(self, entry: BackupEntry) -> list[str]: ...

    async def save(
        self, entry: BackupEntry, table: str, file: Path, wanted: ExcerptRequest
    ) -> int: ...

    def is_in_place(self, entry: BackupEntry) -> bool: ...

    async def bring(self, entry: BackupEntry) -> str: ...


async def find_source(
    controller: Controller, output: Output, words: str, identities: Sequence[Path]
) -> Source:
    """Sets in a folder come before copies in it, and a folder before a target of that name.

    Raises KwtuiError: NOT_FOUND where no backup is, and as the target does.
    """
    source: Source
    folder = path_of(words)
    if folder is not None and (is_folder(folder) or not _may_be_target(words)):
        source = await _in_folder(controller, output, folder, identities)
    else:
        if ":" not in words and words not in {t.name for t in controller.offsite.targets()}:
            raise KwtuiError(
                f"{words} is neither a folder nor a saved target.",
                hint="A target that is not saved is named by its URL: sftp://user@host/path, "
                "s3://bucket/prefix, rclone:remote:path.",
                exit_code=ExitCode.NOT_FOUND,
            )
        copies = await controller.rescue_copies.find(words)
        source = CopiesSource(controller, output, copies, identities)
    if source.entries:
        return source
    raise KwtuiError(
        f"There is no backup in {source.place}.",
        cause=source.problem,
        hint="Name the folder that holds `kwtui/DATABASE/TIME`, or a backup itself; for a "
        "target, the place that copies were sent to.",
        exit_code=ExitCode.NOT_FOUND,
    )


async def _in_folder(
    controller: Controller, output: Output, folder: Path, identities: Sequence[Path]
) -> Source:
    """The sets, the copies, or both."""
    found = await controller.rescue.find(folder)
    problem = ""
    try:
        copies = await controller.rescue_copies.find_in(folder)
    except KwtuiError as error:
        # Sets are of use all the same.
        copies, problem = None, sentences(*error.lines())
    names = {e.database for e in found.entries if e.database}
    there = [name for name in sorted(names) if await controller.rescue.plans(found, name)]
    plans = tuple(_listed_plan(str(found.root), name) for name in there)
    sets = SetsSource(controller, output, found, plans)
    sets.problem = " ".join(filter(None, (sets.problem, problem)))
    if copies is None:
        return sets
    away = CopiesSource(controller, output, copies, identities)
    return SetsAndCopies(sets, away) if found.entries else away


@dataclass(frozen=True)
class ListedPlan:
    """A recovery plan that lies beside the backups."""

    database: str
    command: str
    """What prints it."""
    made: datetime | None = None
    """None where its name does not tell."""
    encrypted: bool = False

    @property
    def words(self) -> str:
        made = f", {self.made:%Y-%m-%d %H:%M} UTC" if self.made else ""
        return f"Recovery plan of {self.database}{made}: {self.command}"


def _listed_plan(
    place: str, database: str, made: datetime | None = None, *, encrypted: bool = False
) -> ListedPlan:
    command = shell_joined(["kwtui", "rescue", place, "--plan", database])
    ending = " --identity FILE" if encrypted else ""
    return ListedPlan(database, command + ending, made, encrypted)


def _may_be_target(words: str) -> bool:
    """A URL, or a name that may stand in the configuration."""
    return ":" in words or (not words.startswith((".", "~")) and "/" not in words)


class SetsSource:
    """Implements `Source` for what `controller.rescue` finds."""

    moving = "copy"

    def __init__(
        self,
        controller: Controller,
        output: Output,
        found: Found,
        plans: tuple[ListedPlan, ...] = (),
    ) -> None:
        self._controller = controller
        self._output = output
        self._found = found
        self.plans = plans
        self.place, self.problem, self.entries = str(found.root), found.problem, found.entries

    async def plan(self, database: str, language: str) -> str:
        return await self._controller.rescue.plan(self._found, database, language)

    def proof(self, entry: BackupEntry) -> str:
        if entry.problem:
            return "damaged"
        return f"P{int(entry.proof)}" if entry.proof else "?"

    async def check(self, entry: BackupEntry) -> bool:
        from kwtui.text import human_bytes

        self._output.status(f"Reading {entry.path}, {human_bytes(entry.bytes)}...")
        report = await self._controller.rescue.check(self._found, entry.path)
        if report.ok:
            level = f", proven to P{int(report.reached)}" if report.reached is not None else ""
            self._output.line(f"{entry.path} is whole{level}.")
        for finding in report.findings:
            words = f"{finding.severity.value} {finding.subject}: {finding.message}"
            self._output.line(f"  {words}")
        return report.ok

    def may_read_all(self, entry: BackupEntry) -> bool:
        return False

    async def read_all(self, entry: BackupEntry) -> bool:
        return await self.check(entry)

    async def tables(self, entry: BackupEntry) -> list[str]:
        details = await self._controller.rescue.look_inside(self._found, entry.path)
        return [str(each.name) for each in details.tables]

    async def save(self, entry: BackupEntry, table: str, file: Path, wanted: ExcerptRequest) -> int:
        rescue = self._controller.rescue
        return await rescue.save_table(self._found, entry.path, table, file, wanted)

    def is_in_place(self, entry: BackupEntry) -> bool:
        return self._controller.rescue.is_in_place(self._found)

    async def bring(self, entry: BackupEntry) -> str:
        self._output.status("Copying...")
        return await self._controller.rescue.bring(self._found, entry.path)


class SetsAndCopies:
    """Implements `Source` for a folder that holds both: sets first."""

    moving = "bring"

    def __init__(self, sets: SetsSource, copies: CopiesSource) -> None:
        self._sets, self._copies = sets, copies
        self.place = sets.place
        self.problem = " ".join(filter(None, (sets.problem, copies.problem)))
        self.entries = (*sets.entries, *copies.entries)
        self.plans = (*sets.plans, *copies.plans)

    def _of(self, entry: BackupEntry) -> Source:
        """The set and the copy of one backup have the same path, and are entries of their own."""
        is_set = any(entry is each for each in self._sets.entries)
        return self._sets if is_set else self._copies

    async def plan(self, database: str, language: str) -> str:
        try:
            return await self._sets.plan(database, language)
        except KwtuiError as error:
            if error.exit_code is not ExitCode.NOT_FOUND:
                raise
            return await self._copies.plan(database, language)

    def proof(self, entry: BackupEntry) -> str:
        return self._of(entry).proof(entry)

    async def check(self, entry: BackupEntry) -> bool:
        return await self._of(entry).check(entry)

    def may_read_all(self, entry: BackupEntry) -> bool:
        return self._of(entry).may_read_all(entry)

    async def read_all(self, entry: BackupEntry) -> bool:
        return await self._of(entry).read_all(entry)

    async def tables(self, entry: BackupEntry) -> list[str]:
        return await self._of(entry).tables(entry)

    async def save(self, entry: BackupEntry, table: str, file: Path, wanted: ExcerptRequest) -> int:
        return await self._of(entry).save(entry, table, file, wanted)

    def is_in_place(self, entry: BackupEntry) -> bool:
        return self._of(entry).is_in_place(entry)

    async def bring(self, entry: BackupEntry) -> str:
        return await self._of(entry).bring(entry)


class CopiesSource:
    """Implements `Source` for what `controller.rescue_copies` finds."""

    moving = "fetch"

    def __init__(
        self,
        controller: Controller,
        output: Output,
        found: FoundCopies,
        identities: Sequence[Path],
    ) -> None:
        self._copies = controller.rescue_copies
        self._output = output
        self._found = found
        self._files = list(identities)
        self._keys: tuple[Any, ...] = ()
        self._by_path = {copy.path: copy for copy in found.copies}
        self.place, self.problem, self.entries = found.address, found.problem, found.entries
        newest = {plan.database: plan for plan in sorted(found.plans, key=lambda plan: plan.at)}
        self.plans = tuple(
            _listed_plan(found.settings.words, name, plan.at, encrypted=plan.encrypted)
            for name, plan in sorted(newest.items())
        )

    async def plan(self, database: str, language: str) -> str:
        kept = self._found.plan(database, language)

        async def work(keys: Sequence[Any]) -> str:
            return await self._copies.plan(self._found, database, language, keys)

        # A plan does not tell for whom it is encrypted: for whom the copies beside it are.
        newest = next((e for e in self.entries if e.database == database), None)
        recipients = self._found.archive(newest.path).recipients if newest is not None else ()
        return await self._opened(recipients or (kept.path,) if kept.encrypted else (), work)

    def proof(self, entry: BackupEntry) -> str:
        level = self._by_path[entry.path].level
        return "damaged" if level is None else f"O{int(level)}" if level else "?"

    async def check(self, entry: BackupEntry) -> bool:
        """Sizes were compared when it was found; the rest is checked as it is read."""
        from kwtui.text import human_bytes, plural

        copy, archive = self._by_path[entry.path], self._found.archive(entry.path)
        if copy.problem:
            self._output.line(f"{copy.path} is damaged: {copy.problem}.")
            return False
        parts = plural(len(archive.parts), "part")
        size = human_bytes(sum(part.bytes for part in archive.parts))
        self._output.line(f"{copy.path} is complete by its sizes: {parts}, {size}.")
        if copy.level and copy.checked_at is not None:
            level, at = int(copy.level), f"{copy.checked_at:%Y-%m-%d %H:%M}"
            self._output.line(f"It was proven to O{level} at {at} UTC.")
        self._output.line("What is read is compared with its SHA-256 before it is used.")
        return True

    def may_read_all(self, entry: BackupEntry) -> bool:
        return True

    async def read_all(self, entry: BackupEntry) -> bool:
        async def work(keys: Sequence[Any]) -> bool:
            check = await self._copies.check(self._found, entry.path, keys, self._read(entry))
            self._output.line(f"{check.path} is {check.summary}.")
            for problem in check.problems[1:]:
                self._output.line(f"  {problem}")
            return check.ok

        return await self._opened(self._recipients(entry), work)

    async def tables(self, entry: BackupEntry) -> list[str]:
        from kwtui.offsite.rescue import tables_of
        from kwtui.text import plural

        archive = self._found.archive(entry.path)
        names = [str(table) for table in tables_of(archive)]
        if empty := archive.tables - len(names):
            self._output.note(f"{plural(empty, 'table')} without rows not listed")
        return names

    async def save(self, entry: BackupEntry, table: str, file: Path, wanted: ExcerptRequest) -> int:
        async def work(keys: Sequence[Any]) -> int:
            return await self._copies.save_table(
                self._found, entry.path, table, file, wanted, keys, self._read(entry)
            )

        return await self._opened(self._recipients(entry), work)

    def is_in_place(self, entry: BackupEntry) -> bool:
        return False

    async def bring(self, entry: BackupEntry) -> str:
        async def work(keys: Sequence[Any]) -> str:
            return await self._copies.bring(self._found, entry.path, keys, self._read(entry))

        return await self._opened(self._recipients(entry), work)

    def _recipients(self, entry: BackupEntry) -> tuple[str, ...]:
        return self._found.archive(entry.path).recipients

    def _read(self, entry: BackupEntry) -> Callable[[int, int], None]:
        from kwtui.text import human_bytes

        def show(done: int, total: int) -> None:
            if self._output.is_terminal:
                self._output.status(
                    f"{entry.path}  {human_bytes(done)} of {human_bytes(total)} read"
                )

        return show

    async def _opened(
        self, recipients: Sequence[str], work: Callable[[Sequence[Any]], Awaitable[_Result]]
    ) -> _Result:
        """Do it with the private keys; where none fits, a person is asked for another file."""
        from kwtui.offsite.unpacking import NoKeyFits

        if not recipients:
            return await work(())
        while True:
            try:
                if await self._has_keys(recipients):
                    return await work(self._keys)
            except NoKeyFits as error:
                if not self._output.is_terminal:
                    raise
                self._output.error(error)
            self._ask_for_key()

    async def _has_keys(self, recipients: Sequence[str]) -> bool:
        """Whether there is something to try; a script without any is told so by the first part."""
        try:
            if self._files and not self._keys:
                self._keys = await self._copies.keys(self._files)
        except KwtuiError as error:
            if not self._output.is_terminal:
                raise
            self._output.error(error)
            return False
        if self._keys or not self._output.is_terminal:
            return True
        self._output.note(f"It is encrypted for {', '.join(recipients)}.")
        return False

    def _ask_for_key(self) -> None:
        """Raises KwtuiError (CANCELLED) where none is given."""
        text = ask_line(self._output, "File of the private key (age or SSH), Enter to quit:")
        file = path_of(text)
        if file is None:
            raise KwtuiError("No private key was given.", exit_code=ExitCode.CANCELLED)
        self._files, self._keys = [file], ()

"""Pictures of every screen, from the running interface: ``python -m tests.screenshots``.

A sandbox of its own is started in a temporary directory, its shop is backed up and restored with
the wizards, and each screen is drawn at 80x24 and 120x40 into ``screenshots/``.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from textual.pilot import Pilot

from kwtui.app.application import KwtuiApp
from kwtui.controller import Controller
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import TableName
from kwtui.runs.events import StepProgress
from kwtui.server.connection.target import Target
from kwtui.server.sandbox_process import sandbox_command, start_sandbox
from tests.screens.driving import make_app
from tests.screens.fake_controller import FakeController
from tests.screens.fake_log import FakeLog
from tests.screens.staged import at
from tests.screens.staged_board import stage

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
SIZES = ((80, 24), (120, 40))
PATIENCE_SECONDS = 60.0


class Photographer:
    """Presses keys, waits for words, takes pictures."""

    def __init__(self, app: KwtuiApp, pilot: Pilot[None], folder: Path) -> None:
        self._app = app
        self._pilot = pilot
        self._folder = folder
        self.taken: list[Path] = []

    def text(self) -> str:
        strips = self._app.screen._compositor.render_strips()
        lines = ("".join(segment.text for segment in strip) for strip in strips)
        return " ".join(" ".join(lines).split())

    def tab(self) -> str:
        """The page that is marked in the line of tabs; empty where there is none."""
        found = re.search(r"\[(\w+)\]", self.text())
        return found[1] if found else ""

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self._pilot.press(key)
            await self._pilot.pause()

    async def until_shown(self, words: str) -> None:
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            if words in self.text():
                await self._pilot.pause(0.1)
                return
            await self._pilot.pause(0.05)
        raise SystemExit(f"{words!r} was never shown; the screen says:\n{self.text()}")

    async def _until_painted(self, columns: int, rows: int) -> None:
        """On a busy machine the screen takes its time to have its new size."""
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            strips = self._app.screen._compositor.render_strips()
            if len(strips) == rows and strips[0].cell_length == columns:
                return
            await self._pilot.pause(0.05)
        raise SystemExit(f"the screen never had {columns} columns and {rows} rows")

    async def take(self, name: str, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
        """Draw what is shown at every size."""
        for columns, rows in sizes:
            await self._pilot.resize_terminal(columns, rows)
            await self._until_painted(columns, rows)
            await self._pilot.pause(0.2)
            svg = self._app.export_screenshot(title="kwtui")
            path = self._folder / f"{name}-{columns}x{rows}.svg"
            path.write_text(_steady(svg), encoding="utf-8")
            self.taken.append(path)
        await self._pilot.resize_terminal(*SIZES[0])
        await self._pilot.pause(0.1)


def _steady(svg: str) -> str:
    """Without the random identifier that would make every picture a new file."""
    return re.sub(r"terminal-\d+", "terminal-0", svg)


async def backup(person: Photographer) -> None:
    await person.press("2")
    await person.until_shown("the demo shop")
    while person_database(person) != "shop":
        await person.press("j")
    await person.take("backup-1-database")
    await person.press("enter")
    await person.until_shown("public.orders")
    await person.take("backup-2-tables")
    await person.press("enter")
    await person.take("backup-3-method")
    await person.press("enter")
    await person.take("backup-4-options")
    await person.press("enter")
    await person.until_shown("Size about")
    await person.take("backup-5-plan")
    await person.press("s")
    await person.until_shown("proven to P2")
    await person.take("backup-6-result")


def person_database(person: Photographer) -> str:
    from kwtui.screens.backup.screen import BackupScreen

    screen = person._app.screen
    chosen = screen.database.chosen if isinstance(screen, BackupScreen) else None
    return chosen.name if chosen else ""


async def storage(person: Photographer) -> None:
    await person.press("4")
    await person.until_shown("1 backup")
    await person.take("storage")
    await person.press("enter")
    await person.until_shown("P2: every record parses")
    await person.take("storage-inside")
    await person.press("j")
    await person.until_shown("Columns")
    await person.take("storage-table")
    await person.press("j")
    await person.until_shown("n1.0.csv: records")
    await person.press("enter")
    await person.take("storage-records")
    await person.press("escape", "escape")


async def restore(person: Photographer) -> None:
    await person.press("3")
    await person.until_shown("backup set")
    await person.take("restore-1-backup")
    await person.press("enter")
    await person.take("restore-2-strategy")
    await person.press("enter")
    await person.until_shown("shop_restored")
    await person.take("restore-3-name")
    await person.press("enter")
    await person.until_shown("public.orders")
    await person.take("restore-4-tables")
    await person.press("enter")
    await person.until_shown("Size about")
    await person.take("restore-5-plan")
    await person.press("s")
    await person.until_shown("rows and content of the backup")
    await person.take("restore-6-comparison")


async def logs_and_runs(person: Photographer) -> None:
    await person.press("5")
    await person.until_shown("rocksdb")
    await person.take("logs")
    await person.press("enter")
    await person.until_shown("following")
    await person.take("logs-following")
    await person.press("6")
    await person.until_shown("succeeded")
    await person.take("runs")
    await person.press("s")
    await person.until_shown("IMPORT")
    await person.take("jobs")
    await person.press("escape")


async def server(person: Photographer) -> None:
    await person.press("7")
    await person.until_shown("kwtui server")
    await person.take("server")
    await person.press("question_mark")
    await person.until_shown("Help: 7 Server")
    await person.take("help")
    await person.press("escape", "right_square_bracket")
    await person.until_shown("that touch backups")
    await person.take("server-settings")
    await person.press("d")
    await person.until_shown("Free space")
    await person.take("doctor")
    await person.press("escape", "1", "7")
    for page, words in (
        ("rights", "What kwtui does, and what it needs"),
        ("sessions", "Session kwtui"),
        ("wal", "What protects data between backups"),
    ):
        while page.casefold() != person.tab().casefold():
            await person.press("right_square_bracket")
        await person.until_shown(words)
        await person.take(f"server-{page}")
    await person.press("e")
    await person.until_shown("Change the WAL of the whole cluster")
    await person.take("server-wal-change")
    await person.press("escape")


async def sql(person: Photographer) -> None:
    await person.press("8", "i")
    for character in "SELECT * FROM shop.public.customers ORDER BY id":
        await person.press(_KEY_OF.get(character, character))
    await person.press("f5")
    await person.until_shown("600 rows, 5 columns")
    await person.take("sql")
    await person.press("escape", "1")


_KEY_OF = {" ": "space", ".": "full_stop", "*": "asterisk"}


async def care(person: Photographer) -> None:
    """What looks after backups: a second backup is made, and one that did not finish is left."""
    await _back_up_orders(person)
    await person.press("4")
    await person.until_shown("2 backups")
    await person.press("d")
    await person.until_shown("Restore it on")
    await person.take("drill-1-question")
    await person.press("enter")
    await person.until_shown("What will be done")
    await person.take("drill-2-plan")
    await person.press("s")
    await person.until_shown("to P4 succeeded")
    await person.take("drill-3-result")
    await person.press("4")
    await person.until_shown("2 backups")
    await person.press("x")
    await person.until_shown("Frees")
    await person.take("delete-plan")
    await person.press("escape", "g", "m", "j", "c")
    await person.until_shown("differ")
    await person.take("compare")
    await person.press("escape", "l")
    await person.until_shown("20261120T020000Z")
    await person.press("space")
    await person.take("leftovers")
    await person.press("escape", "t")
    await person.until_shown("shop")
    await person.take("retention")
    await person.press("escape")


async def _back_up_orders(person: Photographer) -> None:
    controller = person._app.controller
    request = BackupRequest("shop", tables=(TableName("public", "orders"),), label="orders only")
    run = await controller.runs.start(await controller.plans.backup(request))
    async for _ in controller.runs.follow(run):
        pass
    place = controller.folders.place
    assert place is not None
    assert place.extern.path is not None
    left = place.extern.path / "kwtui/shop/20261120T020000Z/data/public/orders"
    left.mkdir(parents=True)
    file = left / "n1.0.csv"
    file.write_text("1,2026-11-20\n2,2026-", encoding="utf-8")
    for each in (file, *file.parents[:5]):
        # Nobody writes it any more, so that it can be chosen for removal.
        os.utime(each, (1_795_000_000, 1_795_000_000))


async def explain(person: Photographer) -> None:
    person._app.explain("EXPORT: write: no space left on device")
    await person.until_shown("The disk of the node is full")
    await person.take("explain")
    await person.press("escape")


async def palette(person: Photographer) -> None:
    await person.press("1", "colon")
    await person.until_shown("All actions")
    await person.take("palette")
    await person.press("escape")


PARTS: tuple[Callable[[Photographer], Awaitable[None]], ...] = (
    backup,
    storage,
    restore,
    logs_and_runs,
    server,
    sql,
    care,
    explain,
    palette,
)


async def photograph(folder: Path, target: Target) -> list[Path]:
    """Take every picture; the paths."""
    app = KwtuiApp(controller := Controller(), target=target)
    async with app.run_test(size=SIZES[0], notifications=False) as pilot:
        person = Photographer(app, pilot, folder)
        await person.until_shown("0 Board")
        await person.press("1")
        await person.until_shown("may export and import")
        await person.take("connection")
        for part in PARTS:
            await part(person)
    await controller.close()
    return person.taken


async def photograph_two_months(folder: Path) -> list[Path]:
    """The board and a time line of eight databases with two months of backups, which no sandbox
    lives to see: on services in memory."""
    stage(controller := FakeController())
    app = make_app(controller, start="board")
    async with app.run_test(size=SIZES[0], notifications=False) as pilot:
        person = Photographer(app, pilot, folder)
        await person.until_shown("WAL level")
        await person.take("board", sizes=(*SIZES, (160, 48)))
        await person.press("s", "j", "j", "j", "j", "j", "j", "enter")
        await person.until_shown("59 backups")
        await person.take("time-line", sizes=(*SIZES, (160, 48)))
    return person.taken


_STATS = "136 server/status/runtime.go:684  [n1] runtime stats: 462 MiB RSS, 146 goroutines"
_LOG = (
    f"I261122 11:58:02.624292 {_STATS}",
    f"I261122 11:58:12.624310 {_STATS}",
    "W261122 11:58:16.846022 410 kv/kvserver/replica_command.go:552  [n1,split,s1,r50/1:/Table/5"
    "{2-3}] split retry, err is 0%!(EXTRA <nil>)",
    f"I261122 11:58:22.624301 {_STATS}",
    "E261122 11:58:22.904417 8841 jobs/registry.go:731  [n1] EXPORT job 913: write file n1.0.csv:"
    " write /var/lib/kaiwudb/extern/kwtui/shop/20261122T115820Z/data/public/orders/n1.0.csv:"
    " no space left on device",
    f"I261122 11:58:32.624297 {_STATS}",
)
"""As a node writes them; the error holds the words of an EXPORT on a full disk."""


async def photograph_at_work(folder: Path) -> list[Path]:
    """A run in its middle and a log at an error, which no sandbox waits for: on services in
    memory."""
    controller = FakeController()
    controller.connection.set_connected()
    controller.logs.log = FakeLog(_LOG)
    plan = await controller.plans.backup(BackupRequest("shop"))
    run = await controller.runs.start(plan)
    controller.runs.events[run].pop()  # what the server remarks, to fill a page of tests
    step = plan.steps[1]
    for second in range(5, 13):
        moved = 37_000 * (second - 4) + 60_000
        progress = StepProgress(
            at=at(second), step=step.id, rows=moved // 150, rows_total=3_000, bytes=moved,
            bytes_total=450_000, basis="sizes of the files written so far",
        )  # fmt: skip
        controller.runs.add_event(run, progress)
    app = KwtuiApp(controller, clock=lambda: at(12.4), start="runs")
    async with app.run_test(size=SIZES[0], notifications=False) as pilot:
        person = Photographer(app, pilot, folder)
        await person.until_shown("Back up shop")
        await person.press("enter")
        await person.until_shown("Back up shop 59%")
        await person.take("run-in-its-middle")
        await person.press("escape", "5")
        await person.until_shown("kwbase")
        await person.press("enter")
        await person.until_shown("runtime stats")
        await person.press("k", "enter")
        await person.until_shown("no space left on device")
        await person.take("log-at-an-error")
    return person.taken


@contextmanager
def demo_home() -> Iterator[Path]:
    """A folder of the same name each time: its path stands in the pictures."""
    home = Path(tempfile.gettempdir()) / "kwtui-demo"
    home.mkdir(mode=0o700)
    try:
        yield home
    finally:
        shutil.rmtree(home)


async def main() -> int:
    with demo_home() as home:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KWTUI_{kind}_DIR"] = f"{home}/{kind.lower()}"
        os.environ.pop("NO_COLOR", None)
        place = f"{home}/node"
        FOLDER.mkdir(exist_ok=True)
        for path in (*await photograph_two_months(FOLDER), *await photograph_at_work(FOLDER)):
            sys.stdout.write(f"{path.name}\n")
        target = await start_sandbox(["--dir", place])
        try:
            for path in await photograph(FOLDER, target):
                sys.stdout.write(f"{path.name}\n")
        finally:
            stop = await asyncio.create_subprocess_exec(*sandbox_command(["stop", "--dir", place]))
            await stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""What Textual does by itself, as yardstick: ``python -m tests.benchmarks.plain_program KIND``.

``empty`` is an application without anything, ``form`` has fields to tab through, ``table`` opens a
second screen with forty rows on the key o, ``log`` gets a hundred lines a second, and ``rows`` puts
a hundred thousand rows into a DataTable and tells the seconds.
"""

from __future__ import annotations

import sys
import time

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Header, Input, Log, Static

COLUMNS = ("path", "kind", "database", "rows", "size", "proof")


class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("it stands")


class Form(App[None]):
    def compose(self) -> ComposeResult:
        yield Header()
        yield Static("it stands")
        for number in range(4):
            yield Input(placeholder=f"field {number}")
        yield Footer()


class TableScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable()
        yield Footer()

    def on_mount(self) -> None:
        fill(self.query_one(DataTable), 40)


class Table(Empty):
    BINDINGS = [("o", "open", "Open")]  # noqa: RUF012

    def action_open(self) -> None:
        self.push_screen(TableScreen())


class Lines(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("it stands")
        yield Log()

    def on_mount(self) -> None:
        self.set_interval(0.05, self._grow)

    def _grow(self) -> None:
        for number in range(5):
            self.query_one(Log).write_line(f"I261122 09:00:00.000000 1 x.go:1  [n1] {number} event")


class Rows(App[None]):
    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        began = time.perf_counter()
        fill(self.query_one(DataTable), 100_000)
        self.call_after_refresh(
            lambda: self.exit(message=f"took {time.perf_counter() - began:.1f}")
        )


def fill(table: DataTable[str], rows: int) -> None:
    table.add_columns(*COLUMNS)
    table.add_rows(
        [f"kwtui/shop/{number:06}", "set", "shop", "1,000", "1 MB", "P2"] for number in range(rows)
    )


KINDS: dict[str, type[App[None]]] = {
    "empty": Empty,
    "form": Form,
    "table": Table,
    "log": Lines,
    "rows": Rows,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]]().run()

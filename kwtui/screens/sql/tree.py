"""Databases, schemas, tables and columns as a tree: what is open of it, as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from kwtui.keys.spelling import spelled
from kwtui.screens.sql.names import LIST, ServerNames
from kwtui.sql.completion import Tables
from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column, VirtualList

Path = tuple[str, ...]
"""Of a database, a schema, a table or a column: the names down to it."""


@dataclass(frozen=True)
class Node:
    """A row of the tree. ``note`` is what is said instead of names; then ``path`` is where."""

    path: Path
    detail: str = ""
    is_open: bool = False
    note: str = ""

    @property
    def is_column(self) -> bool:
        return len(self.path) == 4 and not self.note

    @property
    def is_table(self) -> bool:
        return len(self.path) == 3 and not self.note


def nodes(
    databases: tuple[str, ...],
    tables: Mapping[str, Tables],
    problems: Mapping[str, str],
    opened: set[Path],
) -> Iterator[Node]:
    """Every row that is to be seen, from the top."""
    for database in databases:
        is_open = (database,) in opened
        yield Node((database,), is_open=is_open)
        if is_open and database in tables:
            yield from _schemas(database, tables[database], opened)
        elif is_open:
            yield Node((database, ""), note=problems.get(database, "reading …"))


def _schemas(database: str, tables: Tables, opened: set[Path]) -> Iterator[Node]:
    schemas = sorted({table.schema for table in tables}, key=lambda name: (name != "public", name))
    if not schemas:
        yield Node((database, ""), note="no tables")
    for schema in schemas:
        inside = sorted(table for table in tables if table.schema == schema)
        is_open = (database, schema) in opened
        yield Node((database, schema), f"{len(inside)}", is_open)
        for table in inside if is_open else ():
            path = (database, schema, table.name)
            yield Node(path, is_open=path in opened)
            if path in opened:
                columns = [column for column in tables[table] if not column.hidden]
                if not columns:
                    yield Node((*path, ""), note="columns are not told")
                for column in columns:
                    kind = f"tag {column.type}" if column.tag else column.type
                    yield Node((*path, column.name), kind)


class NamesTree(VirtualList[Node]):
    """→ opens, ← closes, Enter on a table or a column chooses it; on others it opens and closes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open", show=False),
        Binding("left", "close", show=False),
        Binding("space", "turn", show=False),
    ]

    def __init__(self, names: ServerNames, want: Callable[[str], None]) -> None:
        """``want`` has the names of a database read that was opened."""
        super().__init__(
            (Column("name", 16, grow=True), Column("type", 12, drop=1)),
            _cells,
            key=lambda node: "\0".join(node.path),
            header=False,
            id="sql-tree",
        )
        self._names = names
        self._want = want
        self._opened: set[Path] = set()
        self._current = ""

    def show_names(self, current: str) -> None:
        """Bring the rows up to date; a database that became the current one is opened."""
        if current != self._current:
            self._current = current
            self._opened |= {(current,), (current, "public")}
        problem = self._names.problems.get(LIST, "")
        nothing = "Reading the names …" if self._names.reading else "No names are known."
        self.empty = problem or spelled(f"{nothing} {{sql.refresh}} reads them again.")
        names = self._names
        self.set_rows(list(nodes(names.databases, names.tables, names.problems, self._opened)))
        if not self.rows:
            self.refresh()

    def turn(self, node: Node) -> None:
        """Open or close it, unless it is a column."""
        if node.is_column or node.note:
            return
        self._opened ^= {node.path}
        if node.path in self._opened and len(node.path) == 1:
            self._opened.add((*node.path, "public"))
            self._want(node.path[0])
        self.show_names(self._current)

    def action_turn(self) -> None:
        if self.current is not None:
            self.turn(self.current)

    def action_open(self) -> None:
        if self.current is not None and not self.current.is_open:
            self.turn(self.current)
        else:
            self.action_cursor_by(1)

    def action_close(self) -> None:
        """Close it, or what it is in."""
        node = self.current
        if node is None:
            return
        if not node.is_open and len(node.path) > 1:
            above = node.path[:-1]
            self.move_to(next(i for i, row in enumerate(self.rows) if row.path == above))
            node = self.current
        if node is not None and node.is_open:
            self.turn(node)


def _cells(node: Node) -> tuple[Part, Part]:
    pad = "  " * (len(node.path) - 1)
    if node.note:
        return (f"{pad}  {node.note}", "muted"), ("", "")
    mark = "  " if node.is_column else "▾ " if node.is_open else "▸ "
    return (f"{pad}{mark}{node.path[-1]}", ""), (node.detail, "muted")

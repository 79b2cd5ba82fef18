"""The part of the SQL page on which a statement is written: editor, choices, tree of names."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from kwtui.model.schema import TableName
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.sql.editor import ChoiceList, CompletingEditor
from kwtui.screens.sql.names import ServerNames
from kwtui.screens.sql.tree import NamesTree, Node
from kwtui.sql.completion import (
    KnownNames,
    databases_named,
    is_writable,
    table_as_written,
)
from kwtui.sql.quoting import identifier
from kwtui.widgets.virtual_list import VirtualList


class WritingScreen(KwtuiScreen):
    """Subclasses show ``_panes`` in their body and say which database is the current one."""

    def __init__(self) -> None:
        super().__init__()
        self._names = ServerNames(lambda: self.controller, self.run_task, self._names_changed)
        self._choices = ChoiceList()
        self._editor = CompletingEditor(
            self._choices, self._known, self._want_names, id="sql-editor"
        )
        self._tree = NamesTree(self._names, self._read_names)

    def _panes(self, *below: Widget) -> Iterable[Widget]:
        """The tree at the left; the editor with its choices and what stands below them."""
        beside = Widget(self._editor, self._choices, *below, classes="sql-beside")
        yield Widget(self._tree, beside, classes="sql-panes")

    @property
    def _database(self) -> str:
        """In which a name without a database is looked for."""
        raise NotImplementedError

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        if event.list_view is self._choices:
            self._editor.take(event.row)
        elif event.list_view is self._tree:
            self._chosen(event.row)

    # -- names -----------------------------------------------------------------------------------

    def _known(self) -> KnownNames:
        return self._names.known(self._database)

    def _read_names(self, *others: str) -> None:
        """In the background, what is not known yet: of the current database, and of others."""
        if self.controller.connection.status.is_connected:
            self._names.want(*filter(None, (self._database, *others)))
        self._tree.show_names(self._database)

    def _names_changed(self) -> None:
        if not self.is_mounted:
            return
        self._tree.show_names(self._database)
        if not self._editor.names_changed():
            self._say_nothing_fits()

    def _want_names(self) -> bool:
        """Have those read that the statement at the cursor needs; whether that goes on."""
        editor = self._editor
        self._read_names(*databases_named(editor.text, editor.offset_of_cursor, self._known()))
        return bool(self._names.reading)

    def do_complete(self) -> None:
        self._editor.focus()
        if not self._editor.ask():
            self._say_nothing_fits()

    def _say_nothing_fits(self) -> None:
        problem = next(iter(self._names.problems.values()), "")
        self.say(problem or "Nothing fits here.", warning=bool(problem))

    def do_refresh(self) -> None:
        self._names.again(self._database)

    # -- the tree --------------------------------------------------------------------------------

    def do_tables(self) -> None:
        """To the tree; where it has no place of its own, it comes and goes."""
        if self._tree.has_focus:
            self.leave_tree()
            self._editor.focus()
        else:
            self.add_class("-tree")
            self._tree.focus()

    def leave_tree(self) -> None:
        """A narrow terminal needs the room."""
        self.remove_class("-tree")

    def _chosen(self, node: Node) -> None:
        """A name goes into the editor, anything else opens and closes."""
        if node.note:
            self.say(node.note)
        elif not node.is_table and not node.is_column:
            self._tree.turn(node)
        elif not all(map(is_writable, node.path)):
            self.say("This name has characters that an editor cannot hold.", warning=True)
        else:
            if node.is_column:
                name = identifier(node.path[3])
            else:
                database, schema, table = node.path
                name = table_as_written(database, TableName(schema, table), self._known())
            self._editor.write_name(name)
            self.leave_tree()
            self._editor.focus()

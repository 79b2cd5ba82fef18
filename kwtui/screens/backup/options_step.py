"""The page of the backup wizard with everything that may stay as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from kwtui.model.labels import label_problem
from kwtui.model.requests import Incremental
from kwtui.screens.backup.nodes import NO_NODE, NODE_ABOUT, ChosenNode, chosen_node, node_options
from kwtui.screens.backup.options import (
    CHARSET_OPTIONS,
    CHUNK_ABOUT,
    DELIMITER_OPTIONS,
    HEADER_OPTIONS,
    INCREMENTAL_OPTIONS,
    LABEL_ABOUT,
    NULL_OPTIONS,
    PARALLEL_OPTIONS,
    PREFIX_ABOUT,
    SETTINGS_OPTIONS,
    USERS_OPTIONS,
    sweep_options,
)
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.completion import complete_path
from kwtui.widgets.form import Cycle, ExplainedField, Form


class OptionsStep(Step):
    """Where to, and how the files are written; every risky value says what it risks."""

    title: ClassVar[str] = "Options"
    question: ClassVar[str] = "Where to, and how? All may stay as it is; ← → changes a choice."

    def __init__(self) -> None:
        super().__init__()
        self._node = Cycle("Node", (NO_NODE,), "", name="node", about=NODE_ABOUT)
        self._prefix = ExplainedField(
            "Folder", "kwtui", name="prefix", about=PREFIX_ABOUT, complete=self._complete_folder
        )
        self._label = ExplainedField("Label", "", name="label", about=LABEL_ABOUT)
        self._chunk = ExplainedField("Rows per file", "100000", name="chunk", about=CHUNK_ABOUT)
        self._incremental = Cycle("Exported", INCREMENTAL_OPTIONS, "auto", name="incremental")
        self._parallel = Cycle("Tables at a time", PARALLEL_OPTIONS, "2", name="parallel")
        self._delimiter = Cycle("Delimiter", DELIMITER_OPTIONS, ",", name="delimiter")
        self._null = Cycle("NULL written as", NULL_OPTIONS, "\\N", name="null")
        self._charset = Cycle("Characters", CHARSET_OPTIONS, "UTF-8", name="charset")
        self._header = Cycle("Column names", HEADER_OPTIONS, "no", name="header")
        self._users = Cycle("Users and roles", USERS_OPTIONS, "no", name="users")
        self._settings = Cycle("Cluster settings", SETTINGS_OPTIONS, "no", name="settings")
        self._unfinished = Cycle("If it stops early", sweep_options(), "keep", name="unfinished")
        self._form = Form(
            [
                self._node,
                self._prefix,
                self._label,
                self._users,
                self._settings,
                self._unfinished,
                self._incremental,
                self._parallel,
                self._chunk,
                self._delimiter,
                self._null,
                self._charset,
                self._header,
            ]
        )

    def compose(self) -> Iterable[Widget]:
        yield self._form

    def focus_first(self) -> None:
        self._form.focus_first()

    async def enter(self) -> None:
        options = node_options(await self.controller.plans.destinations())
        if tuple(options) != self._node.options:
            self._node.set_options(options, keep=True)

    def on_input_changed(self) -> None:
        self.wizard.answers_changed()

    @property
    def node(self) -> ChosenNode:
        return chosen_node(self._node.value)

    @property
    def prefix(self) -> str:
        return self._prefix.value.strip().rstrip("/")

    def _complete_folder(self, text: str) -> str | None:
        place = self.controller.folders.place
        extern = place.extern.path if place is not None else None
        return complete_path(text, base=extern, folders_only=True) if extern else None

    @property
    def label(self) -> str:
        return self._label.value.strip()

    @property
    def chunk_rows(self) -> int:
        return int(self._chunk.value)

    @property
    def incremental(self) -> Incremental:
        return Incremental(self._incremental.value)

    @property
    def parallel(self) -> int:
        return int(self._parallel.value)

    @property
    def with_users(self) -> bool:
        return self._users.value == "yes"

    @property
    def with_settings(self) -> bool:
        return self._settings.value == "yes"

    @property
    def sweep(self) -> bool:
        return self._unfinished.value == "remove"

    @property
    def delimiter(self) -> str:
        return self._delimiter.value

    @property
    def null_text(self) -> str:
        return self._null.value

    @property
    def charset(self) -> str:
        return self._charset.value

    @property
    def header(self) -> bool:
        return self._header.value == "yes"

    def has_answers(self) -> bool:
        return bool(self.label) or self.prefix != "kwtui" or bool(self._node.value)

    def reason_against_next(self) -> str:
        parts = self.prefix.split("/")
        self._prefix.complain("")
        self._chunk.complain("")
        self._label.complain(label_problem(self.label))
        if label_problem(self.label):
            return "The label is too long."
        if any(part in ("", ".", "..") for part in parts):
            self._prefix.complain("A folder inside extern, such as kwtui or nightly/kwtui.")
            return "The folder is not a folder inside extern."
        chunk = self._chunk.value
        if not (chunk.isascii() and chunk.isdigit() and int(chunk) >= 1):
            self._chunk.complain("A whole number of rows, 1 or more.")
            return "Rows per file must be a number."
        return ""

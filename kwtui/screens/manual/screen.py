"""The manual: a list of topics, and the page of one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Markdown

from kwtui.keys.action import Action
from kwtui.keys.spelling import spelled
from kwtui.manual.pages import TOPICS, read_page
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.markdown_page import MarkdownPage
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column, VirtualList

COLUMNS = (Column("Topic", 14), Column("About", 20, grow=True))
_LIST_VERBS = frozenset({"read"})


class ManualScreen(KwtuiScreen):
    scope: ClassVar[str] = "manual"
    title_text: ClassVar[str] = "Manual"
    about: ClassVar[str] = (
        "The manual of kwtui: one page a topic, with all keys, commands, exit codes and JSON. It is"
        " part of the package and needs no network. kwtui manual TOPIC prints the same page."
    )
    CSS_PATH = style_path("manual")
    BINDINGS: ClassVar[list[BindingType]] = bindings("manual")

    def __init__(self) -> None:
        super().__init__()
        self._topic = ""
        """The page that is open; empty while the list is shown."""
        self._searched = ""
        self._summary = Words(classes="summary")
        self._list: VirtualList[str] = VirtualList(
            COLUMNS, lambda topic: [(topic, "strong"), (TOPICS[topic], "")], key=str
        )
        self._page = MarkdownPage()
        self._page.display = False

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._list
        yield self._page

    def on_mount(self) -> None:
        self._list.set_rows(list(TOPICS))
        self._show_list()

    # -- the list and a page ---------------------------------------------------------------------

    def _show_list(self) -> None:
        self._topic = ""
        self._arrange()
        self._list.focus()

    def show_topic(self, topic: str) -> None:
        """Open the page of a topic."""
        self._topic = topic
        self._list.move_to(list(TOPICS).index(topic))
        self.run_task(partial(self._open, topic), "manual")

    async def _open(self, topic: str) -> None:
        page = read_page(topic)
        self._arrange()
        self._page.focus()
        await self._page.show(page.text)

    def _arrange(self) -> None:
        """Show the page or the list, and what it is."""
        self._page.display = bool(self._topic)
        self._list.display = not self._topic
        if self._topic:
            number = list(TOPICS).index(self._topic) + 1
            words = f"Page {number} of {len(TOPICS)}. In a shell: kwtui manual {self._topic}"
        else:
            words = f"{len(TOPICS)} topics. In a shell: kwtui manual"
        self._summary.say(words)
        self.show_keys()

    def go_back(self) -> bool:
        if not self._topic:
            return False
        self._show_list()
        return True

    def on_virtual_list_selected(self) -> None:
        self.do_read()

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        """A link to another page; the keyboard has ] and the list for that."""
        topic = event.href.partition("#")[0].removesuffix(".md")
        if topic in TOPICS:
            self.show_topic(topic)

    # -- actions ---------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        return [
            action
            for action in super().actions()
            if (action.verb in _LIST_VERBS) is not bool(self._topic)
        ]

    def reason_against(self, action: Action) -> str:
        if action.verb in ("find_next", "find_previous") and not self._searched:
            return spelled("Nothing is searched; {manual.find} begins a search.")
        return ""

    def do_read(self) -> None:
        if self._list.current is not None:
            self.show_topic(self._list.current)

    def do_topics(self) -> None:
        self._show_list()

    def do_next_part(self) -> None:
        self._turn(1)

    def do_previous_part(self) -> None:
        self._turn(-1)

    def _turn(self, pages: int) -> None:
        topics = list(TOPICS)
        self.show_topic(topics[(topics.index(self._topic) + pages) % len(topics)])

    def do_find(self) -> None:
        self.prompt.ask("find", "Search:", self._searched)

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self._page.focus()
        if event.text is not None:
            self._searched = event.text
            self.do_find_next()
            self.show_keys()

    def do_find_next(self) -> None:
        self._go_to_hit(forward=True)

    def do_find_previous(self) -> None:
        self._go_to_hit(forward=False)

    def _go_to_hit(self, *, forward: bool) -> None:
        if self._searched and not self._page.find(self._searched, forward=forward):
            self.say(f"This page does not hold {self._searched!r}.", warning=True)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(read_page(self._topic).text)

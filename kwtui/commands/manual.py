"""kwtui manual: the user's manual as plain text."""

from __future__ import annotations

import argparse

from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

WIDEST = 100
"""Columns beyond which lines are tiring to read."""


def manual(args: argparse.Namespace, output: Output) -> int:
    """Raises KwtuiError (USAGE) for a word that is no topic."""
    if args.man:
        _print_man_page(args.topic, output)
        return 0
    if args.topic is None:
        _list_topics(output)
        return 0
    from kwtui.manual.pages import read_page

    page = read_page(args.topic)
    if output.json:
        output.object(
            "manual-page", {"topic": page.topic, "title": page.title, "markdown": page.text}
        )
        return 0
    from kwtui.manual.plain import plain_lines

    for line in plain_lines(page.text, min(output.width, WIDEST)):
        output.line(line)
    return 0


def _print_man_page(topic: str | None, output: Output) -> None:
    from kwtui.manual.shells import MAN_PAGE, read_file

    if topic is not None:
        raise KwtuiError(
            "The man page has no topics.",
            hint=f"Omit one of the two: kwtui manual --man, or kwtui manual {topic}",
            exit_code=ExitCode.USAGE,
        )
    text = read_file(MAN_PAGE)
    if output.json:
        output.object("man-page", {"roff": text})
        return
    for line in text.splitlines():
        output.line(line)


def _list_topics(output: Output) -> None:
    from kwtui.manual.pages import TOPICS

    if output.json:
        topics = [{"topic": topic, "about": about} for topic, about in TOPICS.items()]
        output.object("manual", {"topics": topics})
        return
    for line in table([("TOPIC", "ABOUT"), *TOPICS.items()]):
        output.line(line)
    output.note("Read one: kwtui manual TOPIC. Options of a command: kwtui COMMAND --help")

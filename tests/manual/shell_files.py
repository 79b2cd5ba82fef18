"""What a shell takes from the parsers: completions and the man page."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import shtab

from kwtui.commands.parsers.root import make_parser
from kwtui.manual.shells import MAN_PAGE, SHELLS
from kwtui.sandbox.__main__ import _parser as make_sandbox_parser
from kwtui.sandbox.control.manage import default_dir
from tests.manual.command_reference import (
    _children,
    _commands,
    _help,
    _option,
    _own_actions,
    _sentence,
    _synopsis,
)

_FOLDERS, _FILES = {"DIR", "DIR|TARGET"}, {"FILE"}


def shell_files() -> dict[str, str]:
    """Each file of `kwtui/manual/shell` with its text."""
    parser = _whole_parser()
    made = {name: _completion(parser, shell) for shell, name in SHELLS.items()}
    return {**made, MAN_PAGE: man_page()}


def _completion(parser: argparse.ArgumentParser, shell: str) -> str:
    text: str = shtab.complete(parser, shell)
    return text.rstrip("\n") + "\n"


def _whole_parser() -> argparse.ArgumentParser:
    parser = make_parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            action.choices["sandbox"] = make_sandbox_parser()
    _finish(parser)
    return parser


def _finish(parser: argparse.ArgumentParser) -> None:
    """Say where paths are wanted, and nothing of the home in which this is made."""
    for action in parser._actions:
        action.help = action.help and _help_of_every_home(action.help)
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                _finish(child)
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]


def _help_of_every_home(text: str) -> str:
    return text.replace(str(default_dir()), "~/.local/state/kwtui/sandbox")


def man_page() -> str:
    """kwtui(1), one section a command, in the man macros that every `man` reads."""
    root = make_parser()
    lines = [
        ".\\\" Made from the parsers of kwtui's commands.",
        '.TH KWTUI 1 "" kwtui "User commands"',
        ".SH NAME",
        "kwtui \\- back up, restore, verify and watch a KWDB database",
        ".SH SYNOPSIS",
        ".B kwtui",
        "[OPTIONS] [COMMAND ...]",
        ".SH DESCRIPTION",
        *_paragraphs(root.description or ""),
        ".SH OPTIONS",
        *_options(root),
    ]
    for name, parser, summary in _commands():
        lines += [f".SH KWTUI {_roff(name).upper()}", *_paragraphs(_sentence(summary))]
        lines += _command(parser)
    epilog = root.epilog or ""
    lines += [".SH EXIT CODES AND EXAMPLES", *_as_it_is(epilog)]
    lines += [".SH SEE ALSO", "The manual with its pages: kwtui manual"]
    return "\n".join(lines) + "\n"


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield from _as_it_is(_synopsis(parser))
    if parser.description:
        yield from _as_it_is(parser.description)
    yield from _options(parser)
    for _, child, summary in _children(parser):
        yield f".SS {_roff(child.prog)}"
        yield from _paragraphs(_sentence(summary))
        yield from _as_it_is(_synopsis(child))
        yield from _options(child)
    if parser.epilog:
        yield from _as_it_is(parser.epilog)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in _own_actions(parser):
        if action.help:
            yield ".TP"
            yield f".B {_roff(_option(action).replace('`', ''))}"
            yield _roff(_help(action).replace("`", ""))


def _paragraphs(text: str) -> list[str]:
    return [".PP", _roff(" ".join(text.split()))]


def _as_it_is(text: str) -> list[str]:
    """Lines that keep their columns."""
    return [".PP", ".nf", *map(_roff, text.strip("\n").split("\n")), ".fi"]


def _roff(text: str) -> str:
    """Text in which nothing is a request or an escape of roff."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", escaped)

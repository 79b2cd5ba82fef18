"""What the commands' parsers share: options, help in one form, handlers that load late."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, NoReturn

from kwtui.errors import ExitCode, KwtuiError

_AGO = re.compile(r"-\d")
Handler = Callable[..., Any]


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the words as every other failure is said, with ``--json`` too."""

    _words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """A moment like ``-10m`` is the value of what stands before it, and no option.

        Words that a command does not know are told by the command, with its own help.
        """
        words: list[str] = []
        for word in sys.argv[1:] if args is None else args:
            if words and words[-1] in ("--since", "--from", "--until") and _AGO.match(word):
                words[-1] += f"={word}"
            else:
                words.append(word)
        self._words = words
        known, unknown = super().parse_known_args(words, namespace)
        if unknown:
            from kwtui.commands.parsers.usage_errors import unknown_words

            self._fail(unknown_words(unknown, list(self._option_string_actions)))
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Raises KwtuiError (USAGE), without a password that stood among the words."""
        from kwtui.commands.parsers.usage_errors import usage_error

        self._fail(usage_error(message))

    def _fail(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        message = _without_secrets(message, self._words)
        raise KwtuiError(
            message if message.endswith("?") else f"{message}.",
            hint=f"See the usage: {self.prog} --help",
            exit_code=ExitCode.USAGE,
        )


_SECRET_OPTION = re.compile(r"-W\Z|--?[\w-]*(?:pass|pwd|secret|token)[\w-]*\Z", re.IGNORECASE)
_URL_SECRET = re.compile(r"(:/{1,2}[^:/@]*+:).*@", re.DOTALL)
_SECRET_GIVEN = re.compile(
    r"(?:-{0,2}[\w-]*(?:pass|pwd|secret|token)[\w-]*=|-[a-z])(.+)", re.IGNORECASE | re.DOTALL
)
"""Also as other programs take it: ``-psecret``, ``PGPASSWORD=secret``."""


def _without_secrets(message: str, words: Sequence[str]) -> str:
    """The message with ``***`` for what may be a password: no option of kwtui takes one, but
    people who have used other programs try."""
    from kwtui.text import without_passwords

    secrets = [after for word, after in pairwise(words) if _SECRET_OPTION.match(word)]
    secrets += [found[1] for word in words if (found := _SECRET_GIVEN.match(word))]
    for secret in sorted(secrets, key=len, reverse=True):
        message = message.replace(repr(secret), "***").replace(secret, "***")
    for word in words:
        # A word may hold blanks, also in its password: it is one all the same.
        told = without_passwords(_URL_SECRET.sub(r"\1***@", word))
        if told != word:
            message = message.replace(repr(word), told).replace(word, told)
    return without_passwords(message)


class Wide(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Paragraphs as wide as the terminal, and tables and examples line by line."""
        paragraphs = (_fitted(each, min(width, _WIDEST)) for each in text.split("\n\n"))
        return "\n\n".join(paragraphs)


_WIDEST = 96
"""Columns beyond which prose is hard to read."""


def _fitted(paragraph: str, width: int) -> str:
    import textwrap

    lines = paragraph.splitlines()
    if not any("  " in line for line in lines):
        return textwrap.fill(" ".join(lines), width, break_on_hyphens=False)
    fitted = []
    for line in lines:
        column = re.match(r"\S+(?: \S+)*  +", line)
        if column is None:
            fitted.append(line)
        else:
            hanging = " " * column.end()
            fitted += textwrap.wrap(
                line, width, subsequent_indent=hanging, break_on_hyphens=False
            ) or [line]
    return "\n".join(fitted)


def command(
    commands: Any, name: str, summary: str, handler: str, text: str, examples: str
) -> argparse.ArgumentParser:
    """A command that every command line option about servers and files belongs to.

    ``handler`` is ``module:function`` below `kwtui.commands`, loaded when it runs.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[:1].upper()}{summary[1:]}.\n\n{_dedent(text)}",
        epilog=f"examples:\n{_dedent(examples, indent='  ')}" if examples else None,
        formatter_class=Wide,
    )
    parser.set_defaults(handler=lambda: _load(handler))
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON: one object, or one event per line while a run is followed",
    )
    add_connection(parser, inherited=True)
    return parser


def add_identities(action: argparse.ArgumentParser) -> None:
    """The private keys of off-site copies."""
    action.add_argument(
        "--identity",
        action="append",
        default=[],
        type=given,
        metavar="FILE",
        help="private key (age or OpenSSH) that decrypts the copy; may be repeated",
    )


def add_passphrase(action: argparse.ArgumentParser) -> None:
    """That of a private key, for a run, which cannot ask for it."""
    action.add_argument(
        "--passphrase-stdin",
        action="store_true",
        help="read the passphrase of the private key from the first line of standard input",
    )


def add_connection(parser: argparse.ArgumentParser, *, inherited: bool = False) -> None:
    """Options may stand before and after the command; the later one counts."""
    default = argparse.SUPPRESS if inherited else None
    group = parser.add_argument_group("server and files")
    group.add_argument(
        "--dsn",
        default=default,
        metavar="URL",
        help="the server: postgresql://user@host:port/database",
    )
    group.add_argument(
        "--profile",
        default=default,
        metavar="NAME",
        help="saved profile: a server with its folders",
    )
    group.add_argument(
        "--sandbox",
        action="store_true",
        default=argparse.SUPPRESS if inherited else False,
        help="the built-in stand-in for a KWDB node; started if it is not running",
    )
    group.add_argument("--extern", default=default, metavar="DIR", help="extern folder of the node")
    group.add_argument(
        "--store", default=default, metavar="DIR", help="store (data directory) of the node"
    )
    group.add_argument("--logs", default=default, metavar="DIR", help="log folder of the node")


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the plan with every statement, and change nothing",
    )
    parser.add_argument(
        "--detach", action="store_true", help="start the run in the background and return at once"
    )
    parser.add_argument(
        "--node",
        type=count,
        metavar="N",
        help="ID of the node whose extern holds the files (default: the connected node)",
    )
    add_dialect(parser)


def add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tables",
        type=given,
        metavar="A,B",
        help="only these tables: orders,archive.old; put names with dots in double quotes",
    )


def add_dialect(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "file format", "The defaults lose nothing. Change them only for files written differently."
    )
    group.add_argument("--delimiter", metavar="C", help="character between two values (default: ,)")
    group.add_argument(
        "--null-text", metavar="TEXT", help=r"text that stands for NULL (default: \N)"
    )
    group.add_argument(
        "--charset", metavar="NAME", help="character set: UTF-8 (default), GBK, GB18030 or BIG5"
    )
    group.add_argument(
        "--header", action="store_true", help="each file begins with a line of column names"
    )


def add_no_header(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-header",
        action="store_true",
        help="for an export not made by kwtui: no file begins with column names, even if it looks "
        "like it",
    )


def add_tree(parser: argparse.ArgumentParser) -> None:
    """How a foreign export is read, by a restore or a drill."""
    parser.add_argument(
        "--leave-out",
        action="append",
        metavar="NAME",
        help="leave out this table, view or sequence of a backup, or this file or folder of an "
        "export not made by kwtui; may be repeated",
    )
    parser.add_argument(
        "--empty",
        metavar="TABLES",
        help="for an export not made by kwtui: these tables have no data file because they had no "
        "rows, not because a file is missing",
    )
    add_no_header(parser)


def _load(handler: str) -> Handler:
    module, _, name = handler.partition(":")
    found: Handler = getattr(import_module(f"kwtui.commands.{module}"), name)
    return found


def given(text: str) -> str:
    """Not an empty word, which an unset variable in a script leaves."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def proof_level(*levels: int) -> Callable[[str], int]:
    """A level of proof as people write it: ``P2``, ``p2`` or ``2``; no others than these."""

    def level(text: str) -> int:
        number = text.strip().upper().removeprefix("P")
        if number not in map(str, levels):
            named = " or ".join(f"P{level}" for level in levels)
            raise argparse.ArgumentTypeError(f"{text!r} is not {named}")
        return int(number)

    return level


def number(text: str) -> int:
    found = int(text)
    if found < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return found


def count(text: str) -> int:
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return found


def _dedent(text: str, indent: str = "") -> str:
    import textwrap

    return textwrap.indent(textwrap.dedent(f"        {text.lstrip()}").strip(), indent)


def set_path(text: str) -> str:
    """The path of a set below extern, without what shells and people put around it."""
    path = str(PurePosixPath(text)) if text else ""
    if path in ("", "."):
        raise argparse.ArgumentTypeError(
            "name a backup set by its path below extern, as kwtui list prints it"
        )
    return path


def add_accept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        type=given,
        metavar="NAME",
        help="accept that this table or column (public.orders.note) is restored with a definition "
        "that differs from the backup; may be repeated",
    )

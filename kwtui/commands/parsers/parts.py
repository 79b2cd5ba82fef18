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
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Raises KwtuiError (USAGE), without a password that stood among the words."""
        self.print_usage(sys.stderr)
        message = _without_secrets(message, self._words)
        raise KwtuiError(
            f"{message[:1].upper()}{message[1:]}.",
            hint=f"All about it: {self.prog} --help",
            exit_code=ExitCode.USAGE,
        )


_SECRET_OPTION = re.compile(r"-W\Z|--?[\w-]*(?:pass|pwd|secret|token)[\w-]*\Z", re.IGNORECASE)
_URL_SECRET = re.compile(r"(:/{1,2}[^:/@]*+:).*@", re.DOTALL)
_SECRET_GIVEN = re.compile(r"(--?[\w-]*(?:pass|pwd|secret|token)[\w-]*=)(.+)", re.IGNORECASE)


def _without_secrets(message: str, words: Sequence[str]) -> str:
    """The message with ``***`` for what may be a password: no option of kwtui takes one, but
    people who have used other programs try."""
    from kwtui.text import without_passwords

    secrets = [after for word, after in pairwise(words) if _SECRET_OPTION.match(word)]
    secrets += [found[2] for word in words if (found := _SECRET_GIVEN.match(word))]
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
        help="print JSON: one object, or one event a line while something runs",
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
        help="a private key of age or OpenSSH that opens the copy; may be given again",
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
    group.add_argument("--dsn", default=default, metavar="URL", help="postgresql://user@host:port")
    group.add_argument("--profile", default=default, metavar="NAME", help="a saved profile")
    group.add_argument(
        "--sandbox",
        action="store_true",
        default=argparse.SUPPRESS if inherited else False,
        help="the built-in stand-in for a node; started if it does not run",
    )
    group.add_argument("--extern", default=default, metavar="DIR", help="the node's extern folder")
    group.add_argument("--store", default=default, metavar="DIR", help="the node's store")
    group.add_argument("--logs", default=default, metavar="DIR", help="the node's log folder")


def add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the plan with every statement, and run nothing",
    )
    parser.add_argument("--detach", action="store_true", help="start the run and do not follow it")
    parser.add_argument(
        "--node", type=count, metavar="N", help="the node whose extern holds the files"
    )
    add_dialect(parser)


def add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tables",
        type=given,
        metavar="A,B",
        help="only these: orders,archive.old; double quotes keep dots and commas in a name",
    )


def add_dialect(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "how files are written", "Leave these alone unless you must: the default loses nothing."
    )
    group.add_argument("--delimiter", metavar="C", help="between two values (default: ,)")
    group.add_argument("--null-text", metavar="TEXT", help=r"NULL in the files (default: \N)")
    group.add_argument("--charset", metavar="NAME", help="UTF-8, GBK, GB18030 or BIG5")
    group.add_argument("--header", action="store_true", help="a line of column names in each file")


def add_no_header(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-header",
        action="store_true",
        help="of an export of others: no file begins with column names, even where it looks so",
    )


def add_tree(parser: argparse.ArgumentParser) -> None:
    """How an export of others is read, by a restore or a drill."""
    parser.add_argument(
        "--leave-out",
        action="append",
        metavar="NAME",
        help="do without this table, view or sequence of a backup, or this file or folder of an "
        "export of others; may be given again",
    )
    parser.add_argument(
        "--empty",
        metavar="TABLES",
        help="of an export of others: tables without a data file that had no rows, so that no file "
        "of them is lost",
    )
    add_no_header(parser)


def _load(handler: str) -> Handler:
    module, _, name = handler.partition(":")
    found: Handler = getattr(import_module(f"kwtui.commands.{module}"), name)
    return found


def given(text: str) -> str:
    """Not an empty word, which an unset variable in a script leaves."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
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
        raise argparse.ArgumentTypeError("it must be 0 or more")
    return found


def count(text: str) -> int:
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError("it must be 1 or more")
    return found


def _dedent(text: str, indent: str = "") -> str:
    import textwrap

    return textwrap.indent(textwrap.dedent(f"        {text.lstrip()}").strip(), indent)


def set_path(text: str) -> str:
    """The path of a set below extern, without what shells and people put around it."""
    path = str(PurePosixPath(text)) if text else ""
    if path in ("", "."):
        raise argparse.ArgumentTypeError(
            "name a backup by its path below extern, as `kwtui list` shows it"
        )
    return path


def add_accept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        type=given,
        metavar="NAME",
        help="a table or column (public.orders.note) that may come back with another definition "
        "than captured; may be given several times",
    )

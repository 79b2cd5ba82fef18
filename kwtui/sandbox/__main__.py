"""``python -m kwtui.sandbox start|stop|status|node|reset``: what ``kwtui sandbox …`` runs.

Exit status: see ``exit_status.Status``; the reason of a failure is on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from kwtui.sandbox.control import manage
from kwtui.sandbox.exit_status import Status

JSON_VERSION = 1
"""Of what ``--json`` prints: fields are only ever added to a version, as kwtui's own do."""

_EXIT_STATUS = """\
exit status:
  0 done                            50 failed
  2 wrong usage                     51 the port is in use
  3 not running (status only)       52 the directory is of another version of kwtui
                                    53 Python packages are missing
                                    54 the data cannot be opened
"""
_TEXTS = {
    "start": "start it, unless it runs already, and print how to connect",
    "stop": "stop it; its data stay",
    "status": "say whether it runs; exit status 3 if it does not",
    "node": "take a node of a cluster down as if it had died, or let it come back",
    "reset": "stop it and delete its data, so that the next start makes them new",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Of words that it does not take only the first option's name: a password may be among
        them."""
        _, found, words = message.partition("unrecognized arguments: ")
        if found:
            first = words.split(" ")[0].partition("=")[0]
            named = first if first.startswith("--") else first[:2] if first[:1] == "-" else ""
            message = f"unrecognized arguments{named and ', the first: '}{named}"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="kwtui sandbox",
        description="A stand-in for a KWDB node on this machine, for trying kwtui.",
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in _TEXTS.items():
        command = commands.add_parser(
            name,
            help=text,
            description=text.capitalize() + ".",
            epilog=_EXIT_STATUS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--dir",
            type=Path,
            default=None,
            metavar="D",
            help=f"its directory (default: {manage.default_dir()})",
        )
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "start":
            _add_start_options(command)
        if name == "node":
            command.add_argument("node_id", type=int, metavar="N", help="the node's number")
            command.add_argument("state", choices=("down", "up"))
    return parser


def _add_start_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port, metavar="N", help="port to listen on (default: a free one)"
    )
    contents = command.add_mutually_exclusive_group()
    contents.add_argument("--empty", action="store_true", help="without the demo databases")
    contents.add_argument(
        "--history",
        action="store_true",
        help="with three weeks of backups of the demo, dated before today; only for a new sandbox",
    )
    command.add_argument(
        "--password-required",
        action="store_true",
        help="ask for passwords; root's is taken from KWTUI_SANDBOX_ROOT_PASSWORD",
    )
    command.add_argument(
        "--tls",
        action="store_true",
        help="secure mode: certificates in D/certs, laid out as KWDB does; implies "
        "--password-required for who shows none",
    )
    command.add_argument(
        "--nodes",
        type=_count,
        metavar="N",
        help="make a cluster of N nodes (2 to 9), each with a port and a store of its own "
        "(D/store, D/store2, ...); only for a new sandbox",
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 9:
        raise argparse.ArgumentTypeError("a sandbox has from 1 to 9 nodes")
    return count


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = _parser().parse_args(argv)
    directory = given.dir if given.dir is not None else manage.default_dir()
    try:
        return _run(given, directory)
    except manage.ManageError as error:
        sys.stderr.write(f"kwtui sandbox: {error}\n")
        return error.status


def _run(given: argparse.Namespace, directory: Path) -> int:
    match given.command:
        case "start":
            info = manage.start(
                directory,
                given.port,
                given.empty,
                given.password_required,
                tls=given.tls,
                nodes=given.nodes,
                history=given.history,
            )
            _show(info, given.json)
        case "stop":
            was_running = manage.stop(directory)
            _say(
                "The sandbox is stopped." if was_running else "The sandbox was not running.",
                {"running": False, "was_running": was_running},
                given.json,
            )
        case "status":
            info = manage.status(directory)
            _show(info, given.json)
            return Status.DONE if info.running else Status.NOT_RUNNING
        case "node":
            _show(
                manage.set_node_down(directory, given.node_id, down=given.state == "down"),
                given.json,
            )
        case _:
            had_data = manage.reset(directory)
            _say(
                "The sandbox's data are deleted." if had_data else "There was no sandbox.",
                {"running": False, "had_data": had_data},
                given.json,
            )
    return Status.DONE


def _say(text: str, fields: dict[str, object], as_json: bool) -> None:
    told = {"v": JSON_VERSION, "kind": "sandbox", **fields}
    sys.stdout.write((json.dumps(told) if as_json else text) + "\n")


def _show(info: manage.SandboxInfo, as_json: bool) -> None:
    if info.running:
        lines = [f"The sandbox runs (process {info.pid})."]
        for node in info.nodes:
            if len(info.nodes) > 1:
                lines.append(f"Node {node.node_id}{' is down' if node.down else ''}:")
            lines.append(f"  connect  {node.dsn}")
            lines.append(f"  exports  {node.extern}")
            lines.append(f"  logs     {node.logs}")
        if info.certs is not None:
            lines.append(f"  certs    {info.certs}")
        text = "\n".join(lines)
    else:
        text = f"The sandbox is not running. Its data are in {info.store}."
    _say(text, info.to_json(), as_json)


if __name__ == "__main__":
    sys.exit(main())

"""``python -m kwtui.sandbox start|stop|status|reset``: what ``kwtui sandbox …`` runs.

Exit status: 0 done · 1 failed, the reason on standard error · 2 wrong usage · 3 not running (only
``status``).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kwtui.sandbox import manage

EXIT_NOT_RUNNING = 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kwtui sandbox",
        description="A stand-in for a KWDB node on this machine, for trying kwtui.",
        epilog="Exit status: 0 done, 1 failed, 2 wrong usage, 3 not running (status only).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    texts = {
        "start": "start it, unless it runs already, and print how to connect",
        "stop": "stop it; its data stay",
        "status": "say whether it runs; exit status 3 if it does not",
        "reset": "stop it and delete its data, so that the next start makes them new",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        command.add_argument(
            "--dir",
            type=Path,
            default=None,
            metavar="D",
            help=f"its directory (default: {manage.default_dir()})",
        )
        command.add_argument("--json", action="store_true", help="print one JSON object")
        if name == "start":
            command.add_argument(
                "--port", type=_port, metavar="N", help="port to listen on (default: a free one)"
            )
            command.add_argument("--empty", action="store_true", help="without the demo databases")
            command.add_argument(
                "--password-required",
                action="store_true",
                help="ask for passwords; root's is taken from KWTUI_SANDBOX_ROOT_PASSWORD",
            )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = _parser().parse_args(argv)
    directory = given.dir if given.dir is not None else manage.default_dir()
    try:
        match given.command:
            case "start":
                info = manage.start(directory, given.port, given.empty, given.password_required)
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
                return 0 if info.running else EXIT_NOT_RUNNING
            case _:
                had_data = manage.reset(directory)
                _say(
                    "The sandbox's data are deleted." if had_data else "There was no sandbox.",
                    {"running": False, "had_data": had_data},
                    given.json,
                )
    except manage.ManageError as error:
        sys.stderr.write(f"kwtui sandbox: {error}\n")
        return 1
    return 0


def _say(text: str, fields: dict[str, object], as_json: bool) -> None:
    sys.stdout.write((json.dumps(fields) if as_json else text) + "\n")


def _show(info: manage.SandboxInfo, as_json: bool) -> None:
    if info.running:
        text = (
            f"The sandbox runs (process {info.pid}).\n"
            f"  connect  {info.dsn}\n"
            f"  exports  {info.extern}\n"
            f"  logs     {info.logs}"
        )
    else:
        text = f"The sandbox is not running. Its data are in {info.store}."
    _say(text, info.to_json(), as_json)


if __name__ == "__main__":
    sys.exit(main())

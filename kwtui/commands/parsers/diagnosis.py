"""Options of the commands that find out what is wrong: doctor, explain."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parsers.parts import command


def add_diagnosis_commands(commands: Any) -> None:
    for add in (_doctor, _explain):
        add(commands)


def _doctor(commands: Any) -> None:
    parser = command(
        commands,
        "doctor",
        "check the server, its files and this machine, and say what to do",
        "doctor:doctor",
        """\
        Checks the connection, role, TLS, versions, clocks and nodes; where the node keeps its
        files, and how kwtui knows; extern, disk space, logs, file systems and watch limits; runs,
        other kwtui processes, and what interrupted runs left behind. Changes nothing. Without a
        server everything else is still checked.

        Exit code 0 if no check failed, 1 if one did. Warnings and checks that could not be made
        do not count as failed; with --strict warnings do.
        """,
        """\
        kwtui doctor --profile prod
        kwtui doctor --sandbox --verbose
        kwtui doctor --store /var/lib/kaiwudb --json
        """,
    )
    parser.add_argument("--verbose", action="store_true", help="print every source and finding")
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 also if there are warnings"
    )


def _explain(commands: Any) -> None:
    parser = command(
        commands,
        "explain",
        "explain an error: what it means, what causes it, what to check and do",
        "explain:explain",
        """\
        TEXT is a message, lines of a log, output of psql or of a driver, a SQLSTATE, a KW code, or
        a code that --list prints. Without TEXT standard input is read. Needs no server.

        Exit code 0 if the error is known, 33 if not; the most similar known errors are then named.
        """,
        """\
        kwtui explain "export path nodelocal://1/a is not empty"
        kwtui explain KW309
        kwtui logs --severity error -n 200 | kwtui explain
        kwtui explain --check --sandbox "only users with the admin role are allowed to EXPORT"
        """,
    )
    parser.add_argument("text", nargs="*", metavar="TEXT", help="error text or code")
    parser.add_argument(
        "--file", metavar="FILE", help="read the end of this file; - for standard input"
    )
    parser.add_argument("--list", action="store_true", help="list all known errors")
    parser.add_argument(
        "--check", action="store_true", help="connect, and run the checks that belong to the error"
    )

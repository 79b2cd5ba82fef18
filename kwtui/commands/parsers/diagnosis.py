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
        "check server, files and this machine, and say what to do",
        "doctor:doctor",
        """\
        Connection, role, TLS, versions, clocks, nodes; where the node keeps its files and who says
        so; extern, space, logs, file systems, watch limits; runs, other kwtui and what broken runs
        left behind. Nothing is changed. Without a server the rest is checked all the same.

        Exit code 0 if nothing failed, 1 if something did. Warnings, and what could not be looked
        at, do not fail it; with --strict warnings do.
        """,
        """\
        kwtui doctor --profile prod
        kwtui doctor --sandbox --verbose
        kwtui doctor --store /var/lib/kaiwudb --json
        """,
    )
    parser.add_argument("--verbose", action="store_true", help="with every source and finding")
    parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings, too")


def _explain(commands: Any) -> None:
    parser = command(
        commands,
        "explain",
        "say what an error means, what causes it, what to check and what to do",
        "explain:explain",
        """\
        TEXT is anything that a person copies: a message, lines of a log, the output of psql or of a
        driver, a SQLSTATE, a KW code, or the code of an entry of --list. Without TEXT it is read
        from standard input. Needs no server.

        What is not known is called so, with the nearest known errors; the exit code is 33 then.
        """,
        """\
        kwtui explain "export path nodelocal://1/a is not empty"
        kwtui explain KW309
        kwtui logs --severity error -n 200 | kwtui explain
        kwtui explain --check --sandbox "only users with the admin role are allowed to EXPORT"
        """,
    )
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument("--file", metavar="FILE", help="read the end of a file; - for input")
    parser.add_argument("--list", action="store_true", help="every error that is known")
    parser.add_argument(
        "--check", action="store_true", help="connect and run the checks of what is recognised"
    )

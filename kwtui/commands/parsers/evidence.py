"""Options of the commands that tell what was done, and what to do when data is lost."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parsers.parts import command, given


def add_evidence_commands(commands: Any) -> None:
    for add in (_runbook, _report):
        add(commands)


def _runbook(commands: Any) -> None:
    parser = command(
        commands,
        "runbook",
        "write the recovery plan of databases, in English or Chinese",
        "runbook:runbook",
        """\
        A document (Markdown) for the day on which data is lost: where everything is, what can come
        back and how long that takes, who to call, and for each disaster what is lost and what to
        type, step by step. Without a server it is made of the files alone, and says what is then
        not known. Without DB it covers all databases. Who to call stands in contacts.toml beside
        the profiles.
        """,
        """\
        kwtui runbook shop --profile prod
        kwtui runbook --language zh --output recovery.md --profile prod
        kwtui runbook --keep --profile prod
        """,
    )
    parser.add_argument("databases", type=given, nargs="*", metavar="DB", help="only of these")
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="English (default) or Chinese"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--output", metavar="FILE", help="write it as a new file")
    choice.add_argument(
        "--keep",
        action="store_true",
        help="write it in both languages beside the backups of each database",
    )


def _report(commands: Any) -> None:
    parser = command(
        commands,
        "report",
        "report what was done with backups, by whom and when",
        "report:report",
        """\
        Backups, restores, drills, checks, removals and approvals of this account on this host, from
        a journal that only grows: each line holds the hash of the line before it. --check finds
        lines that were changed, added or removed. Lines that were cut off its end are found by a
        head that was noted elsewhere: off-site copies hold one, and --head prints it.
        """,
        """\
        kwtui report --since -30d
        kwtui report --since 2026-01-01 --database shop --json
        kwtui report --head
        kwtui report --check 118:5f0c...
        """,
    )
    parser.add_argument("--since", metavar="TIME", help="from then on: 2026-11-01, -30d (UTC)")
    parser.add_argument("--until", metavar="TIME", help="up to then")
    parser.add_argument("--database", type=given, metavar="DB", help="only of this database")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check",
        nargs="*",
        metavar="HEAD",
        help="whether the journal is what was written, also up to the heads that are given",
    )
    choice.add_argument("--head", action="store_true", help="print its head, to note elsewhere")

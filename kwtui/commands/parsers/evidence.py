"""Options of the commands for the bad day, for evidence, and for agents."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parsers.parts import add_identities, command, given


def add_evidence_commands(commands: Any) -> None:
    for add in (_rescue, _runbook, _report, _mcp, _approve):
        add(commands)


def _rescue(commands: Any) -> None:
    parser = command(
        commands,
        "rescue",
        "bring data back from a folder of backups or off-site copies, with nothing else there",
        "recovery.rescue:rescue",
        """\
        DIR is what is left: an extern, a store, a folder of backup sets or off-site copies, or one
        of them. TARGET is where off-site copies lie: a saved target, or file:///DIR,
        sftp://user@host/DIR, s3://bucket/prefix, rclone:REMOTE:DIR. What lies there is found,
        ranked and checked; nothing is written beside it. On a terminal a few keys lead from there
        to a restore into the server that --dsn or --profile names, into whose extern the backup is
        copied if it lies elsewhere; or to the data of a table as CSV, for which no server is
        needed and of a copy the parts of that table alone are read. A copy that is encrypted is
        opened with --identity, or asks for the key's file. Without a terminal, and with --list, it
        is only listed. A recovery plan that lies there is named, and printed by --plan.
        """,
        """\
        kwtui rescue /mnt/old-disk/extern
        kwtui rescue /mnt/usb/kwtui --dsn postgresql://root@127.0.0.1:26257/defaultdb
        kwtui rescue /mnt/usb/kwtui --table public.orders --csv orders.csv
        kwtui rescue . --table m --csv may.csv --from 2026-05-01 --until 2026-06-01
        kwtui rescue sftp://backup@vault/srv/kwtui --identity ~/offsite.key
        """,
    )
    parser.add_argument("place", metavar="DIR|TARGET")
    parser.add_argument("--set", type=given, metavar="PATH", help="this backup, as it is listed")
    parser.add_argument("--list", action="store_true", help="list what is there, best first")
    parser.add_argument("--as", dest="target", type=given, metavar="NAME", help="restore as this")
    add_identities(parser)
    parser.add_argument("--table", type=given, metavar="TABLE", help="save this one")
    parser.add_argument("--csv", type=given, metavar="FILE", help="into this new file")
    parser.add_argument(
        "--from", dest="since", type=given, metavar="TIME", help="rows of this time and later (UTC)"
    )
    parser.add_argument("--until", type=given, metavar="TIME", help="rows before this time")
    parser.add_argument(
        "--where", type=given, metavar="TAGS", help="rows of these devices: \"site = 'north'\""
    )
    parser.add_argument(
        "--plan", type=given, metavar="DB", help="print the recovery plan that lies there"
    )
    parser.add_argument("--language", choices=("en", "zh"), default="en", help="of the plan (en)")


def _runbook(commands: Any) -> None:
    parser = command(
        commands,
        "runbook",
        "write the recovery plan of databases, in English or Chinese",
        "recovery.runbook:runbook",
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
        "recovery.report:report",
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
        kwtui report --check --target vault
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
    parser.add_argument(
        "--target", type=given, metavar="TARGET", help="check it against the heads noted off-site"
    )
    choice.add_argument("--head", action="store_true", help="print its head, to note elsewhere")


def _mcp(commands: Any) -> None:
    parser = command(
        commands,
        "mcp",
        "serve AI agents: they read and plan, a person approves",
        "agents.mcp:mcp",
        """\
        A server of the Model Context Protocol on standard input and output, for an agent's program
        to start. It offers to look at status, backups, errors and rows (read-only, 200 rows, 30 s),
        to check backups, and to plan backups, restores, drills, off-site copies and statements. A
        plan runs only after a person approved it: kwtui approve. Nothing deletes or replaces.
        Needs the extra `mcp`. Passwords come from where nobody is asked: a profile's
        password_command, a passfile, PGPASSWORD.
        """,
        """\
        kwtui mcp --profile prod
        kwtui mcp --sandbox --agent night-agent
        """,
    )
    parser.add_argument(
        "--agent", type=given, default="an agent", metavar="NAME", help="who asks, for approvals"
    )


def _approve(commands: Any) -> None:
    parser = command(
        commands,
        "approve",
        "look at what an agent planned, and approve or refuse it",
        "agents.approve:approve",
        """\
        Without ID what waits is listed. With ID the whole plan is shown, every statement of it; to
        approve it, type the name of its database and the passphrase of the approver's key. Only on
        a terminal. A plan expires after an hour, and runs once. --refuse takes one away, and the
        agent is told who refused it.
        """,
        """\
        kwtui approve --new-key
        kwtui approve
        kwtui approve 5f0c1a2b3c4d
        kwtui approve --refuse 5f0c1a2b3c4d
        """,
    )
    parser.add_argument("plan", nargs="?", type=given, metavar="ID")
    parser.add_argument("--refuse", action="store_true", help="take the plan ID away")
    parser.add_argument("--new-key", action="store_true", help="make the approver's key pair")

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
        "restore from a folder of backups or copies, without profiles or an extern",
        "recovery.rescue:rescue",
        """\
        DIR is what is left: an extern folder, a store, or a folder with backup sets or off-site
        copies. TARGET is a saved off-site target or a URL: file:///DIR, sftp://user@host/DIR,
        s3://bucket/prefix, rclone:REMOTE:DIR. What is found there is checked and listed, best
        first; nothing is written there.

        On a terminal you then choose a backup, and restore it into the server named by --dsn or
        --profile (it is copied below extern if needed), or save a table as CSV. CSV needs no
        server, and of a copy only the parts of that table are read. An encrypted copy needs
        --identity. Without a terminal, or with --list, backups are only listed.
        """,
        """\
        kwtui rescue /mnt/old-disk/extern
        kwtui rescue /mnt/usb/kwtui --dsn postgresql://root@127.0.0.1:26257/defaultdb
        kwtui rescue /mnt/usb/kwtui --table public.orders --csv orders.csv
        kwtui rescue . --table m --csv may.csv --from 2026-05-01 --until 2026-06-01
        kwtui rescue sftp://backup@vault/srv/kwtui --identity ~/offsite.key
        """,
    )
    parser.add_argument("place", metavar="DIR|TARGET", help="folder or off-site target")
    parser.add_argument(
        "--set", type=given, metavar="PATH", help="backup to use, as listed (default: the best)"
    )
    parser.add_argument(
        "--list", action="store_true", help="list the backups found, best first, and exit"
    )
    parser.add_argument(
        "--as", dest="target", type=given, metavar="NAME", help="name of the new database"
    )
    add_identities(parser)
    parser.add_argument("--table", type=given, metavar="TABLE", help="table to save as CSV")
    parser.add_argument("--csv", type=given, metavar="FILE", help="new file for the table")
    parser.add_argument(
        "--from", dest="since", type=given, metavar="TIME", help="rows from this time on (UTC)"
    )
    parser.add_argument("--until", type=given, metavar="TIME", help="rows before this time (UTC)")
    parser.add_argument(
        "--where", type=given, metavar="TAGS", help="rows whose tags match: \"site = 'north'\""
    )
    parser.add_argument(
        "--plan",
        type=given,
        metavar="DB",
        help="print the recovery plan of this database that was found",
    )
    parser.add_argument(
        "--language",
        choices=("en", "zh"),
        default="en",
        help="language of the recovery plan (default: en)",
    )


def _runbook(commands: Any) -> None:
    parser = command(
        commands,
        "runbook",
        "write a recovery plan, in English or Chinese",
        "recovery.runbook:runbook",
        """\
        A Markdown document for the day of a disaster: where backups are, what can be restored and
        how long it takes, who to call, and for each scenario what is lost and which commands to
        type. Without a server it is made from the files alone, and names what is unknown. Contacts
        are read from contacts.toml beside profiles.toml.
        """,
        """\
        kwtui runbook shop --profile prod
        kwtui runbook --language zh --output recovery.md --profile prod
        kwtui runbook --keep --profile prod
        """,
    )
    parser.add_argument(
        "databases", type=given, nargs="*", metavar="DB", help="databases (default: all)"
    )
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="language (default: en)"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--output", metavar="FILE", help="write it to this new file (default: print it)"
    )
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
        Lists backups, restores, drills, checks, removals and approvals of this account on this
        host, from the evidence journal. Each line of the journal holds the hash of the line before
        it, so --check finds lines that were changed, added or removed. To find lines cut off the
        end, compare with a head stored elsewhere: --head prints it, and off-site copies hold it.

        Exit code 43 if --check finds that the journal was altered.
        """,
        """\
        kwtui report --since -30d
        kwtui report --since 2026-01-01 --database shop --json
        kwtui report --head
        kwtui report --check 118:5f0c...
        kwtui report --check --target vault
        """,
    )
    parser.add_argument("--since", metavar="TIME", help="from this time on (UTC): 2026-11-01, -30d")
    parser.add_argument("--until", metavar="TIME", help="up to this time (UTC)")
    parser.add_argument(
        "--database", type=given, metavar="DB", help="only this database (default: all)"
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check",
        nargs="*",
        metavar="HEAD",
        help="check the journal, and compare it with these heads if any are given",
    )
    parser.add_argument(
        "--target",
        type=given,
        metavar="TARGET",
        help="with --check: compare with the heads stored on this off-site target",
    )
    choice.add_argument(
        "--head", action="store_true", help="print the head of the journal, to be stored elsewhere"
    )


def _mcp(commands: Any) -> None:
    parser = command(
        commands,
        "mcp",
        "start the MCP server for AI agents, which read and plan; a person approves",
        "agents.mcp:mcp",
        """\
        Serves the Model Context Protocol on standard input and output; the agent's program starts
        it. Its tools read status, backups, errors and rows (at most 200 rows and 30 seconds),
        verify backups, and plan backups, restores, drills, off-site copies and statements. A plan
        runs only after a person approved it with `kwtui approve`. No tool deletes or replaces
        anything. Needs the extra `mcp`. Passwords come from the profile's password_command, a
        passfile or PGPASSWORD.
        """,
        """\
        kwtui mcp --profile prod
        kwtui mcp --sandbox --agent night-agent
        """,
    )
    parser.add_argument(
        "--agent",
        type=given,
        default="an agent",
        metavar="NAME",
        help="name of the agent, shown for approval",
    )


def _approve(commands: Any) -> None:
    parser = command(
        commands,
        "approve",
        "show, approve or refuse a plan of an AI agent",
        "agents.approve:approve",
        """\
        Without ID the waiting plans are listed. With ID the plan is shown with every statement; to
        approve it, type the name of its database and the passphrase of the approver's key. Needs a
        terminal. A plan expires after one hour and runs once. The agent learns who refused a plan.
        """,
        """\
        kwtui approve --new-key
        kwtui approve
        kwtui approve 5f0c1a2b3c4d
        kwtui approve --refuse 5f0c1a2b3c4d
        """,
    )
    parser.add_argument("plan", nargs="?", type=given, metavar="ID", help="ID of the plan")
    parser.add_argument("--refuse", action="store_true", help="refuse the plan")
    parser.add_argument(
        "--new-key", action="store_true", help="create the key pair of the approver"
    )

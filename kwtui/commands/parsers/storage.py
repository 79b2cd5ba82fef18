"""Options of the commands that list, show, check and look after backup sets."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parsers.parts import (
    add_dialect,
    add_no_header,
    command,
    number,
    proof_level,
    set_path,
)


def add_storage_commands(commands: Any) -> None:
    """compare, pin, unpin, note, label, delete, prune, cleanup."""
    for add in (_compare, _annotate, _delete, _prune, _cleanup):
        add(commands)


def _compare(commands: Any) -> None:
    parser = command(
        commands,
        "compare",
        "compare two backup sets: tables, rows, contents, definitions",
        "compare:compare",
        """\
        Reads manifests and schemas, no data. Exit code 0 whether they differ or not; with --json
        `same` tells.
        """,
        "kwtui compare kwtui/shop/20261121T080000Z kwtui/shop/20261122T080000Z --sandbox",
    )
    parser.add_argument("before", type=set_path, metavar="SET")
    parser.add_argument("after", type=set_path, metavar="SET")


def _annotate(commands: Any) -> None:
    for name, summary, handler, example in (
        ("pin", "keep a backup set: retention and deleting leave it", "annotate:pin", ""),
        ("unpin", "let a pinned backup set go its way again", "annotate:unpin", ""),
        ("note", "write a note about a backup set", "annotate:note", ' "before the move"'),
        ("label", "change the label of a backup set", "annotate:label", ' "release 4.2"'),
    ):
        parser = command(
            commands,
            name,
            summary,
            handler,
            """\
            It is kept in a small file beside the backup, which itself is never changed; where this
            account may not write in extern, in its own state directory.
            """,
            f"kwtui {name} kwtui/shop/20261122T080000Z{example} --sandbox",
        )
        parser.add_argument("set", type=set_path, metavar="SET")
        if example:
            parser.add_argument("text", metavar="TEXT", help='one line; "" takes it away')


def _delete(commands: Any) -> None:
    parser = command(
        commands,
        "delete",
        "delete one backup set",
        "removal:delete",
        """\
        Without --yes it only shows what goes. A pinned backup is refused, and so is one that a run
        works on. The last proven backup of a database goes only when its name is typed.
        """,
        """\
        kwtui delete kwtui/shop/20261122T080000Z --sandbox
        kwtui delete kwtui/shop/20261122T080000Z --yes --extern DIR
        """,
    )
    parser.add_argument("set", type=set_path, metavar="SET")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="delete it")
    choice.add_argument(
        "--yes-delete",
        metavar="NAME",
        help="delete it although it is the last proven one; NAME is its path or last folder",
    )
    choice.add_argument("--dry-run", action="store_true", help="only show what goes (default)")


def _prune(commands: Any) -> None:
    parser = command(
        commands,
        "prune",
        "remove backup sets that no retention rule needs",
        "removal:prune",
        """\
        Without --yes it only shows what stays, what goes and why. Each rule keeps the newest backup
        of each of the last N days, ISO weeks, months or years (UTC) that hold one. Only backups
        proven to the level count. The newest proven backup of a database, pinned backups, backups
        whose last check failed, exports of others, unfinished backups and folders that somebody
        copied or renamed are never removed. Before anything goes, the newest proven backup that
        stays is read and checked (P1); if it is not whole, nothing is removed.

        Without options the saved rules are used; --save keeps the given ones for DB, or for every
        database without rules of its own.
        """,
        """\
        kwtui prune shop --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --save --sandbox
        kwtui prune --yes --extern /var/lib/kaiwudb/extern        # from cron
        """,
    )
    parser.add_argument("database", nargs="?", metavar="DB", help="only this database")
    group = parser.add_argument_group("rules")
    for name, kept in (
        ("last", "the last N backups"),
        ("daily", "the newest backup of each of the last N days"),
        ("weekly", "the newest backup of each of the last N ISO weeks"),
        ("monthly", "the newest backup of each of the last N months"),
        ("yearly", "the newest backup of each of the last N years"),
    ):
        group.add_argument(f"--keep-{name}", type=number, metavar="N", help=f"keep {kept}")
    group.add_argument(
        "--min-proof",
        choices=("P1", "P2", "P3", "P4"),
        help="backups that are proven less do not count (default: P2)",
    )
    group.add_argument("--save", action="store_true", help="use these rules from now on")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="remove what goes")
    choice.add_argument("--dry-run", action="store_true", help="only show it (default)")


def _cleanup(commands: Any) -> None:
    parser = command(
        commands,
        "cleanup",
        "list what broken runs left behind, and remove it",
        "removal:cleanup",
        """\
        Unfinished backups, half-deleted backups, staging folders and, with a server, the databases
        that restores worked in, databases that have their name and are not complete, and defaults
        that a killed import took off columns (those are put back). Without --yes they are only
        listed. --yes removes those that ended runs of this account left; a leftover of unknown
        origin, and a database with its name, go only when they are named: another account may hold
        the manifest of what looks unfinished here. What may be in use never goes.
        """,
        """\
        kwtui cleanup --sandbox
        kwtui cleanup shop_kwtui_restoring --yes --profile prod
        kwtui cleanup --run 20261122T081500Z-1a2b --yes
        """,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a path or a database")
    parser.add_argument(
        "--run",
        metavar="ID",
        help="what this run left, and nothing else; on the server that it worked on",
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="remove them")
    choice.add_argument("--dry-run", action="store_true", help="only list them (default)")


def _list(commands: Any) -> None:
    parser = command(
        commands,
        "list",
        "list backup sets and exports below extern",
        "storage:list_sets",
        "Needs the node's files and no server.",
        "kwtui list --extern /var/lib/kaiwudb/extern\n        kwtui list --sandbox --json",
    )
    parser.add_argument("database", nargs="?", metavar="DB", help="only those of this database")
    parser.add_argument("--all", action="store_true", help="foreign files too")


def _show(commands: Any) -> None:
    parser = command(
        commands,
        "show",
        "show what is inside a backup set or export",
        "storage:show_set",
        "Needs the node's files and no server.",
        "kwtui show kwtui/shop/20261122T080000Z --sandbox",
    )
    parser.add_argument("set", type=set_path, metavar="SET")


def _verify(commands: Any) -> None:
    parser = command(
        commands,
        "verify",
        "check that a backup set is whole, and write that down",
        "storage:verify_set",
        """\
        P1  every file is there, with the size and SHA-256 of the manifest
        P2  besides, every record parses and is counted, and every meta.sql is read (default)

        The outcome is added to the backup's proofs.jsonl. Exit code 31 for a damaged backup, 32
        when only a meta.sql is damaged.
        """,
        "kwtui verify kwtui/shop/20261122T080000Z --level P1 --sandbox",
    )
    parser.add_argument("set", type=set_path, metavar="SET")
    parser.add_argument(
        "--level",
        type=proof_level(1, 2),
        default=2,
        metavar="P1|P2",
        help="how far to prove it (P2); 1 and 2 mean the same",
    )
    add_dialect(parser)
    add_no_header(parser)

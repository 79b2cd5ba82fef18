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
        Reads manifests and schemas, no data.

        Exit code 0 whether the sets differ or not (with --json the field `same` tells), 31 if one
        of them is known to be damaged, 33 if there is no such set.
        """,
        "kwtui compare kwtui/shop/20261121T080000Z kwtui/shop/20261122T080000Z --sandbox",
    )
    parser.add_argument("before", type=set_path, metavar="SET", help="path of the earlier set")
    parser.add_argument("after", type=set_path, metavar="SET", help="path of the later set")


def _annotate(commands: Any) -> None:
    for name, summary, handler, example in (
        ("pin", "pin a backup set: neither delete nor prune removes it", "annotate:pin", ""),
        ("unpin", "unpin a backup set: delete and prune may remove it again", "annotate:unpin", ""),
        ("note", "add a note to a backup set", "annotate:note", ' "before the move"'),
        ("label", "change the label of a backup set", "annotate:label", ' "release 4.2"'),
    ):
        parser = command(
            commands,
            name,
            summary,
            handler,
            "Stored in a small file beside the backup set, which itself is never changed, or in "
            "the state directory of this account if it may not write below extern.",
            f"kwtui {name} kwtui/shop/20261122T080000Z{example} --sandbox",
        )
        parser.add_argument("set", type=set_path, metavar="SET", help="path of the backup set")
        if example:
            parser.add_argument("text", metavar="TEXT", help='one line; "" removes it')


def _delete(commands: Any) -> None:
    parser = command(
        commands,
        "delete",
        "delete one backup set",
        "removal:delete",
        """\
        Without --yes only the plan is printed. A pinned backup, or one that a run uses, is not
        deleted (exit code 36). The last proven backup of a database needs --yes-delete.
        """,
        """\
        kwtui delete kwtui/shop/20261122T080000Z --sandbox
        kwtui delete kwtui/shop/20261122T080000Z --yes --extern DIR
        """,
    )
    parser.add_argument("set", type=set_path, metavar="SET", help="path of the backup set")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="delete it")
    choice.add_argument(
        "--yes-delete",
        metavar="NAME",
        help="delete it even if it is the last proven backup of its database; NAME is its path or "
        "the last part of it",
    )
    choice.add_argument(
        "--dry-run", action="store_true", help="print the plan, and change nothing (default)"
    )


def _prune(commands: Any) -> None:
    parser = command(
        commands,
        "prune",
        "remove the backup sets that no retention rule keeps",
        "removal:prune",
        """\
        Without --yes only the plan is printed: what is kept, what is removed, and why. Days, ISO
        weeks, months and years (UTC) without a backup are not counted, and only backups that
        reached --min-proof count.

        Never removed: the newest proven backup of a database, pinned backups, backups that failed
        their last check, exports not made by kwtui, unfinished backups, and backup sets that were
        copied or renamed. Before anything is removed, the newest proven backup that stays is
        verified (P1). If it is damaged, nothing is removed, and the exit code is 31.

        Without --keep options the saved rules apply. --save saves the given ones for DB or,
        without DB, for every database without rules of its own.
        """,
        """\
        kwtui prune shop --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --save --sandbox
        kwtui prune --yes --extern /var/lib/kaiwudb/extern        # from cron
        """,
    )
    parser.add_argument(
        "database", nargs="?", metavar="DB", help="only this database (default: all)"
    )
    group = parser.add_argument_group("retention rules")
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
        help="proof level that a backup needs to count (default: P2)",
    )
    group.add_argument("--save", action="store_true", help="save these rules")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--yes", action="store_true", help="remove them")
    choice.add_argument(
        "--dry-run", action="store_true", help="print the plan, and change nothing (default)"
    )


def _cleanup(commands: Any) -> None:
    parser = command(
        commands,
        "cleanup",
        "list what interrupted runs left behind, or remove it",
        "removal:cleanup",
        """\
        Leftovers are unfinished backups, half-deleted backups and staging folders. With a server
        also: scratch databases, databases that a replacing restore left incomplete under their
        name, and column defaults that a killed import removed (those are set again).

        Without --yes they are only listed. --yes removes what ended runs of this account left. A
        leftover of unknown origin, or a database under its own name, is removed only if you name
        it: what looks unfinished here may be another account's. What may be in use is never
        removed.
        """,
        """\
        kwtui cleanup --sandbox
        kwtui cleanup shop_kwtui_restoring --yes --profile prod
        kwtui cleanup --run 20261122T081500Z-1a2b --yes
        """,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="path or database of a leftover")
    parser.add_argument(
        "--run",
        metavar="ID",
        help="only what this run left, on the server of the run",
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
    parser.add_argument(
        "database", nargs="?", metavar="DB", help="only this database (default: all)"
    )
    parser.add_argument(
        "--all", action="store_true", help="include files that belong to no backup or export"
    )


def _show(commands: Any) -> None:
    parser = command(
        commands,
        "show",
        "show the contents and proofs of a backup set or export",
        "storage:show_set",
        "Needs the node's files and no server.",
        "kwtui show kwtui/shop/20261122T080000Z --sandbox",
    )
    parser.add_argument(
        "set", type=set_path, metavar="SET", help="path below extern, as kwtui list prints it"
    )


def _verify(commands: Any) -> None:
    parser = command(
        commands,
        "verify",
        "verify the files of a backup set, and record the result",
        "storage:verify_set",
        """\
        P1  every file exists, with the size and SHA-256 in the manifest
        P2  P1, and every record and every meta.sql parses, and the counts match (default)

        The result is added to proofs.jsonl in the backup set. An export not made by kwtui is read,
        and gets no proof.

        Exit code 0 if the level was proven, 31 if the backup is damaged, 32 if only a meta.sql is
        damaged, 35 if the backup is unfinished.
        """,
        "kwtui verify kwtui/shop/20261122T080000Z --level P1 --sandbox",
    )
    parser.add_argument(
        "set", type=set_path, metavar="SET", help="path below extern, as kwtui list prints it"
    )
    parser.add_argument(
        "--level",
        type=proof_level(1, 2),
        default=2,
        metavar="P1|P2",
        help="proof level to reach (default: P2)",
    )
    add_dialect(parser)
    add_no_header(parser)

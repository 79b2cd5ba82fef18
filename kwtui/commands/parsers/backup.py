"""Options of the commands that make, restore and prove a backup: backup, restore, drill, seal."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parsers.parts import (
    add_accept,
    add_run,
    add_tables,
    add_tree,
    command,
    count,
    given,
    proof_level,
    set_path,
)


def add_drill_commands(commands: Any) -> None:
    _drill(commands)
    _seal(commands)


def _drill(commands: Any) -> None:
    parser = command(
        commands,
        "drill",
        "rehearse the restore of a backup set, and record what it proved",
        "drill:drill",
        """\
        Restores the backup into a scratch database (kwtui_drill_...), compares, and drops it:

        P3  definitions: SHOW CREATE of every table, sequences, views, constraints
        P4  data as well: rows and contents of every table (default)

        Every file is verified first (P2). The server reads through links in a staging folder, so
        it cannot write to the backup. With --on sandbox no server is needed: a sandbox is started
        for the drill and removed afterwards. The next drill removes what a killed one left. The
        result is added to proofs.jsonl in the backup set.

        Exit code 0 if the level was proven, 31 or 32 if the backup is damaged, 34 if what was
        restored differs from the backup.
        """,
        """\
        kwtui drill kwtui/shop/20261122T080000Z --profile test
        kwtui drill kwtui/shop/20261122T080000Z --level P3 --on sandbox --extern DIR
        """,
    )
    parser.add_argument(
        "set",
        type=set_path,
        metavar="SET",
        help="path of the backup set below extern, as kwtui list prints it",
    )
    parser.add_argument(
        "--level",
        type=proof_level(3, 4),
        default=4,
        metavar="P3|P4",
        help="proof level to reach (default: P4)",
    )
    parser.add_argument(
        "--on",
        choices=("server", "sandbox"),
        default="server",
        help="where to restore: the connected server (default) or a temporary sandbox",
    )
    parser.add_argument(
        "--strategy",
        choices=("exact", "native"),
        default="exact",
        help="exact: restore as kwtui does (default); native: use KWDB's own IMPORT DATABASE, for "
        "backups made with --method database",
    )
    add_accept(parser)
    add_tree(parser)
    add_run(parser)


def _seal(commands: Any) -> None:
    parser = command(
        commands,
        "seal",
        "prove a backup set on the node that holds its files",
        "drill:seal",
        """\
        For a backup made with `kwtui backup --unseen` on a machine that cannot see the files. Such
        a backup is at P0, and its run wrote a draft. Copy the draft to the node. There `seal`
        hashes and counts every data file, compares the result with what the server reported and
        with the content checksums, and writes the manifest (P2). Needs no server.
        """,
        """\
        kwtui seal kwtui/shop/20261122T080000Z --draft 20261122T080000Z.kwtui-draft.json \\
            --extern /var/lib/kaiwudb/extern
        """,
    )
    parser.add_argument(
        "set", type=set_path, metavar="SET", help="path of the backup set below extern"
    )
    parser.add_argument(
        "--draft",
        metavar="FILE",
        help="draft of the run; not needed on the machine that made the backup",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, and change nothing")
    parser.add_argument(
        "--detach", action="store_true", help="start the run in the background and return at once"
    )


# -- commands ---------------------------------------------------------------------------------


def _backup(commands: Any) -> None:
    parser = command(
        commands,
        "backup",
        "back up a database, or some of its tables, and prove the result",
        "backup:backup",
        """\
        KWDB writes the data files below extern. kwtui adds what EXPORT leaves out (sequences,
        views, foreign keys, defaults, retentions, grants, comments), hashes and counts everything,
        and writes the manifest last: the backup is at P2. The run is a process of its own. On a
        terminal Ctrl+C asks whether to detach or to cancel; without a terminal SIGINT and SIGTERM
        cancel it.

        Exit code 0 if the backup is complete and proven, 35 if it is incomplete, 36 if the plan
        refuses, 22 if the disk is full.
        """,
        """\
        kwtui backup shop --profile prod --label "before the upgrade"
        kwtui backup shop --tables orders,archive.old_orders --dsn URL --extern DIR
        kwtui backup shop --sandbox --dry-run
        """,
    )
    parser.add_argument("database", metavar="DB", help="database to back up")
    add_tables(parser)
    parser.add_argument(
        "--without",
        type=given,
        metavar="A,B",
        help="all tables but these, written as for --tables",
    )
    parser.add_argument(
        "--method",
        choices=("snapshot", "database", "tables"),
        default="snapshot",
        help="snapshot: all tables as of one instant (default); database: one EXPORT ... FROM "
        "DATABASE; tables: one EXPORT per table, each as of its own instant",
    )
    parser.add_argument(
        "--label",
        default="",
        metavar="TEXT",
        help="label of the backup set, shown in lists; at most 100 characters",
    )
    parser.add_argument(
        "--prefix", default="kwtui", metavar="DIR", help="folder below extern (default: kwtui)"
    )
    parser.add_argument(
        "--parallel",
        type=count,
        default=2,
        metavar="N",
        help="number of tables exported at the same time (default: 2)",
    )
    parser.add_argument(
        "--chunk-rows",
        type=int,
        default=100_000,
        metavar="N",
        help="rows per data file (default: 100000)",
    )
    check = parser.add_mutually_exclusive_group()
    check.add_argument(
        "--check",
        choices=("counts", "aggregates", "sample", "full"),
        help="what to record of the content, for comparison after a restore. counts: rows; "
        "aggregates: counts, sums and text lengths, by day (default for time series); sample: "
        "checksums of some rows, of small tables all (default for relational tables); full: a "
        "checksum of every row, takes several times as long as the export",
    )
    check.add_argument(
        "--no-checksums",
        dest="check",
        action="store_const",
        const="counts",
        help="same as --check counts",
    )
    parser.add_argument(
        "--incremental",
        choices=("auto", "full", "always"),
        default="auto",
        help="auto: link files of the last proven backup whose rows did not change, and write "
        "everything again after --anew-after days (default); full: write everything; always: link "
        "files of any age. Every backup is complete by itself",
    )
    parser.add_argument(
        "--anew-after",
        type=count,
        default=30,
        metavar="DAYS",
        help="with --incremental auto: age in days after which everything is written again "
        "(default: 30)",
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="include users, roles and role members, never passwords",
    )
    parser.add_argument("--with-settings", action="store_true", help="include the cluster settings")
    parser.add_argument(
        "--unseen",
        action="store_true",
        help="back up although the files on the node cannot be seen from here: the backup stays "
        "at P0 until `kwtui seal` proves it on the node",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="remove what was written if the backup fails or is cancelled (default: keep it, "
        "marked as unfinished)",
    )
    add_run(parser)


def _restore(commands: Any) -> None:
    parser = command(
        commands,
        "restore",
        "restore a backup set or an export into a new database, and compare the result",
        "restore:restore",
        """\
        Restores under a scratch name, compares with the manifest, and only then renames. An
        existing database is replaced only with --yes-replace and its name.

        Strategies:
        exact         everything as it was; for backup sets and exports not made by kwtui (default)
        native        KWDB's own IMPORT DATABASE; the plan lists what it gets wrong
        schema-only   definitions without rows
        data-only     rows into existing tables

        To restore some rows of a time series into a new table of an existing database, use
        --tables TABLE --into NEW with --from and --until (UTC), or with --where on its tags.

        --continue resumes a restore that was cancelled, killed or lost its server. Tables that
        hold their rows are kept, half-done imports are repeated, and everything is compared.

        Exit code 0 if all that was restored equals the backup, 34 if something differs, 30 if
        the name is taken, 31 or 32 if the backup is damaged, 36 if the plan refuses.
        """,
        """\
        kwtui restore kwtui/shop/20261122T080000Z --as shop_copy --profile prod
        kwtui restore kwtui/shop/20261122T080000Z --yes-replace shop --profile test
        kwtui restore kwtui/shop/20261122T080000Z --dry-run --sandbox
        kwtui restore kwtui/plant/20261122T080000Z --tables readings --into readings_july \\
            --from 2026-07-01 --until 2026-08-01 --where "site = 'north'"
        kwtui restore --continue 20261122T081500Z-1a2b
        """,
    )
    parser.add_argument(
        "set",
        type=set_path,
        metavar="SET",
        nargs="?",
        help="path of the backup set or export below extern, as kwtui list prints it",
    )
    parser.add_argument(
        "--continue",
        dest="continues",
        metavar="RUN",
        nargs="?",
        const="",
        help="instead of SET: continue the stopped restore with this run ID (default: the newest), "
        "on its server unless another is named",
    )
    parser.add_argument(
        "--as",
        dest="target",
        type=given,
        metavar="NAME",
        help="name of the new database (default: the name in the backup)",
    )
    parser.add_argument(
        "--strategy",
        choices=("exact", "native", "schema-only", "data-only"),
        default="exact",
        help="see above (default: exact)",
    )
    add_tables(parser)
    parser.add_argument(
        "--into",
        type=given,
        metavar="NEW",
        help="new table for some rows of the one table that --tables names",
    )
    parser.add_argument(
        "--from",
        dest="since",
        type=given,
        metavar="TIME",
        help="with --into: rows from this time on (UTC)",
    )
    parser.add_argument(
        "--until", type=given, metavar="TIME", help="with --into: rows before this time (UTC)"
    )
    parser.add_argument(
        "--where",
        type=given,
        metavar="TAGS",
        help="with --into: rows whose tags match: \"site = 'north' AND id IN (1, 2)\"",
    )
    parser.add_argument(
        "--create-users",
        action="store_true",
        help="create the users and roles that grants name and the server lacks",
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="create the users and roles that the backup holds and the server lacks",
    )
    parser.add_argument(
        "--with-settings",
        action="store_true",
        help="apply the cluster settings of the backup to the whole cluster",
    )
    parser.add_argument(
        "--yes-replace",
        metavar="NAME",
        help="replace this existing database; it is dropped once the restored one is complete",
    )
    add_accept(parser)
    add_tree(parser)
    add_run(parser)

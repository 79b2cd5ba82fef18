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
        "rehearse the restore of a backup set, and write down what it proved",
        "drill:drill",
        """\
        The backup is restored into a scratch database kwtui_drill_..., compared, and dropped again:

        P3  the definitions: SHOW CREATE of every table, sequences, views, constraints
        P4  the data too: rows and contents of every table (default)

        Every file is checked first (P2). The server reads links in a staging folder, so that
        nothing it writes can reach the backup. With --on sandbox no server is needed: a sandbox of
        its own is started for it and removed. What a killed drill leaves is removed by the next.
        The outcome is added to the backup's proofs.jsonl.
        """,
        """\
        kwtui drill kwtui/shop/20261122T080000Z --profile test
        kwtui drill kwtui/shop/20261122T080000Z --level P3 --on sandbox --extern DIR
        """,
    )
    parser.add_argument(
        "set", type=set_path, metavar="SET", help="its path below extern, as `kwtui list` shows"
    )
    parser.add_argument(
        "--level",
        type=proof_level(3, 4),
        default=4,
        metavar="P3|P4",
        help="how far to prove it (P4)",
    )
    parser.add_argument(
        "--on",
        choices=("server", "sandbox"),
        default="server",
        help="the connected server (default), or a sandbox of its own",
    )
    parser.add_argument(
        "--strategy",
        choices=("exact", "native"),
        default="exact",
        help="native: rehearse KWDB's own IMPORT DATABASE, for backups of the method database",
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
        For a backup that was made with `kwtui backup --unseen`, from a machine that could not see
        the files: it is at P0. Its run wrote a draft with what only it could learn. Carry that file
        to the node; there every data file is hashed and counted, compared with what the server said
        and with the content checksums, and the manifest is written: P2. Needs no server.
        """,
        """\
        kwtui seal kwtui/shop/20261122T080000Z --draft 20261122T080000Z.kwtui-draft.json \\
            --extern /var/lib/kaiwudb/extern
        """,
    )
    parser.add_argument("set", type=set_path, metavar="SET", help="its path below extern")
    parser.add_argument(
        "--draft", metavar="FILE", help="the draft; not needed on the machine that made the backup"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, and run nothing")
    parser.add_argument("--detach", action="store_true", help="start the run and do not follow it")


# -- commands ---------------------------------------------------------------------------------


def _backup(commands: Any) -> None:
    parser = command(
        commands,
        "backup",
        "back up a database, or some of its tables, and prove the result",
        "backup:backup",
        """\
        The files are written by KWDB itself below extern; kwtui adds what an export leaves out
        (sequences, views, foreign keys, defaults, retentions, grants, comments), hashes and
        counts everything and writes the manifest last. The run is a process of its own: on a
        terminal Ctrl+C asks whether to detach or to cancel; without one, SIGINT and SIGTERM
        cancel it.
        """,
        """\
        kwtui backup shop --profile prod --label "before the upgrade"
        kwtui backup shop --tables orders,archive.old_orders --dsn URL --extern DIR
        kwtui backup shop --sandbox --dry-run
        """,
    )
    parser.add_argument("database", metavar="DB")
    add_tables(parser)
    parser.add_argument(
        "--without",
        type=given,
        metavar="A,B",
        help="all but these, written as for --tables",
    )
    parser.add_argument(
        "--method",
        choices=("snapshot", "database", "tables"),
        default="snapshot",
        help="snapshot: every table at one instant (default); database: one EXPORT ... FROM "
        "DATABASE; tables: each table at its own moment",
    )
    parser.add_argument("--label", default="", metavar="TEXT", help="a note that listings show")
    parser.add_argument("--prefix", default="kwtui", metavar="DIR", help="folder below extern")
    parser.add_argument(
        "--parallel",
        type=count,
        default=2,
        metavar="N",
        help="tables that are exported at the same time (default: 2)",
    )
    parser.add_argument(
        "--chunk-rows", type=int, default=100_000, metavar="N", help="rows in one file"
    )
    check = parser.add_mutually_exclusive_group()
    check.add_argument(
        "--check",
        choices=("counts", "aggregates", "sample", "full"),
        help="how much of the content is read from the server to be compared later: counts: rows; "
        "aggregates: counts, sums and text lengths, by day (default for time series); sample: a "
        "checksum of some rows, small tables whole (default for the others); full: of every row, "
        "several times as long as the export",
    )
    check.add_argument(
        "--no-checksums",
        dest="check",
        action="store_const",
        const="counts",
        help="the same as --check counts",
    )
    parser.add_argument(
        "--incremental",
        choices=("auto", "full", "always"),
        default="auto",
        help="link the files of the last proven backup where what they hold did not "
        "change, and write everything anew now and then (auto, default); write everything (full); "
        "or link however old they are (always). Each backup is complete by itself",
    )
    parser.add_argument(
        "--anew-after",
        type=count,
        default=30,
        metavar="DAYS",
        help="when auto writes everything anew (default: 30)",
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="also users, roles and who is in them (never passwords)",
    )
    parser.add_argument(
        "--with-settings", action="store_true", help="also the settings of the cluster"
    )
    parser.add_argument(
        "--unseen",
        action="store_true",
        help="the files of the destination's node cannot be seen from here: the backup stays at "
        "P0, and `kwtui seal` on that node proves it",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="remove what was written if the backup does not finish (default: keep and mark it)",
    )
    add_run(parser)


def _restore(commands: Any) -> None:
    parser = command(
        commands,
        "restore",
        "restore a backup set or an export into a new database, and compare",
        "restore:restore",
        """\
        Nothing that exists is harmed: the work is done under a scratch name, compared with the
        manifest, and only then renamed. A database is replaced only when its name is typed.

        exact         everything, as it was; for backups and for exports of others (default)
        native        KWDB's own IMPORT DATABASE; the plan says what it gets wrong
        schema-only   definitions without rows
        data-only     rows into tables that exist

        Some rows of a time series go into a table of their own, in a database that is there:
        --tables TABLE --into NEW, with --from and --until (UTC) or --where on its tags.

        A restore that was cancelled, killed or cut off goes on with --continue: tables that hold
        their rows are kept, what was half done is undone, and all of it is compared at the end.
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
        help="its path below extern, as `kwtui list` shows",
    )
    parser.add_argument(
        "--continue",
        dest="continues",
        metavar="RUN",
        nargs="?",
        const="",
        help="go on with a restore that was stopped, instead of SET: by its run's id, or the "
        "newest one; on the server that it worked on unless another is named",
    )
    parser.add_argument(
        "--as", dest="target", type=given, metavar="NAME", help="name of the new database"
    )
    parser.add_argument(
        "--strategy",
        choices=("exact", "native", "schema-only", "data-only"),
        default="exact",
        help="what to restore, and how: see above (default: exact)",
    )
    add_tables(parser)
    parser.add_argument(
        "--into",
        type=given,
        metavar="NEW",
        help="make this table, of rows of the one that --tables names, beside what is there",
    )
    parser.add_argument(
        "--from",
        dest="since",
        type=given,
        metavar="TIME",
        help="with --into: rows of this time and later",
    )
    parser.add_argument(
        "--until", type=given, metavar="TIME", help="with --into: rows before this time"
    )
    parser.add_argument(
        "--where",
        type=given,
        metavar="TAGS",
        help="with --into: rows of these devices: \"site = 'north' AND id IN (1, 2)\"",
    )
    parser.add_argument(
        "--create-users",
        action="store_true",
        help="create users and roles that grants name and this server does not have",
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="create the users and roles that the backup holds and this server does not have",
    )
    parser.add_argument(
        "--with-settings",
        action="store_true",
        help="set the cluster settings that the backup holds, for the whole cluster",
    )
    parser.add_argument(
        "--yes-replace",
        metavar="NAME",
        help="the name of the database that may be dropped, after its successor is complete",
    )
    add_accept(parser)
    add_tree(parser)
    add_run(parser)

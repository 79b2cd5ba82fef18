"""Options of the commands that prove a backup: drill and seal."""

from __future__ import annotations

from typing import Any

from kwtui.commands.parser_parts import add_run, command, proof_level, set_path


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
        The set is restored into a scratch database kwtui_drill_..., compared, and dropped again:

        P3  the definitions: SHOW CREATE of every table, sequences, views, constraints
        P4  the data too: counts and content checksums of every table (default)

        Every file is checked first (P2). The server reads links in a staging folder, so that
        nothing it writes can reach the backup. With --on sandbox no server is needed: a sandbox of
        its own is started for it and removed. What a killed drill leaves is removed by the next.
        The outcome is added to the set's proofs.jsonl.
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
        help="native: rehearse KWDB's own IMPORT DATABASE, for sets of the method database",
    )
    add_run(parser)


def _seal(commands: Any) -> None:
    parser = command(
        commands,
        "seal",
        "prove a backup set on the node that holds its files",
        "drill:seal",
        """\
        For a set that was made with `kwtui backup --unseen`, from a machine that could not see the
        files: it is at P0. Its run wrote a draft with what only it could learn. Carry that file to
        the node; there every data file is hashed and counted, compared with what the server said
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

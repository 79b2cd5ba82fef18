"""The recovery plan in English."""

from __future__ import annotations

from kwtui.documents.recovery.scenarios import Act, Scenario
from kwtui.documents.recovery.words import ScenarioWords, Words

ENGLISH = Words(
    title="Recovery plan",
    made="Made {when} on {host} by kwtui {version}.",
    renew="Make it anew after each change: `{command}`",
    where="Where everything is",
    where_head=("What", "Where"),
    backups_lie="Backups",
    server_version="Version",
    cluster="Cluster",
    options="Options of every command",
    copies="Off-site targets",
    no_copies="**none: what destroys this site destroys the backups too**",
    wal="WAL level",
    nodes="Nodes",
    state="What can come back",
    state_head=(
        "Database",
        "State",
        "Newest proven backup",
        "Proof",
        "Written later is lost",
        "A restore takes",
        "Last drill",
    ),
    nothing_proven="**none**",
    never="never",
    never_restored="never measured",
    measured="{usual} ({times} measured, {fastest} to {slowest})",
    loss="since {when}",
    loss_all="**everything**",
    promise="A proven backup may be {span} old at most.",
    contacts="Who to call",
    contacts_head=("Name", "Role", "Phone", "Mail", "Decides"),
    no_contacts="Nobody is named. Write the people into `{file}`.",
    yes="yes",
    not_covered="What is not covered",
    not_covered_always=(
        "No point in time between two backups can be restored.",
        "Users, passwords and cluster settings come back only from a backup that was made with "
        "`--with-users` and `--with-settings`, and are never applied by a restore.",
    ),
    backups="The newest backups",
    backups_head=("Backup", "Made", "Proof", "Rows", "Size"),
    no_backups="There is none.",
    damaged="damaged",
    unknown="What could not be found out",
    lost="What is lost",
    takes="How long the restore takes",
    who="Who decides",
    anybody="nobody is named",
    elsewhere_missing="**There are no off-site copies: nothing can be restored.**",
    nothing_to_restore="**Nothing can be restored of: {names}.** No backup of it is proven.",
    scenarios={
        Scenario.TABLE: ScenarioWords(
            "A table was dropped, or its rows are wrong",
            "What was written to the table after the backup. Other tables keep everything.",
        ),
        Scenario.DATABASE: ScenarioWords(
            "A database was dropped, or is damaged",
            "What was written to the database after the backup.",
        ),
        Scenario.NODE: ScenarioWords(
            "A node is lost",
            "Nothing, if other nodes hold replicas. The extern folder of the node is lost with its "
            "disk. With the only node, everything after the newest backup that lies elsewhere.",
        ),
        Scenario.DISK: ScenarioWords(
            "The disk is full",
            "Nothing yet. Backups that were written while it was full may be cut, although KWDB "
            "said that they succeeded.",
        ),
        Scenario.SITE: ScenarioWords(
            "The site is lost", "Everything after the newest off-site copy."
        ),
        Scenario.RANSOM: ScenarioWords(
            "An attacker encrypted or deleted data",
            "Everything after the newest copy that the attacker could not reach. Backups in extern "
            "are not trusted.",
        ),
        Scenario.NO_KWTUI: ScenarioWords(
            "kwtui or its host is gone",
            "Nothing. Every backup restores itself with a shell and a SQL client.",
        ),
    },
    acts={
        Act.STOP_WRITERS: "Stop the applications that write, so that nothing more changes.",
        Act.ASK: "Ask who decides whether what was written after the backup may be lost.",
        Act.VERIFY: "Check that the backup is whole.",
        Act.RESTORE_TABLE: "Restore the table beside the database. Put its name for `TABLE`.",
        Act.COPY_ROWS: "Compare both tables, and copy what is missing with `INSERT INTO ... SELECT`"
        " or export and import. Then drop the database beside.",
        Act.RESTORE_FREE: "Restore the database under its own name, which must be free.",
        Act.RESTORE_OVER: "If the damaged database is still there, replace it instead. The old one "
        "is dropped only after the restored one was compared with the backup.",
        Act.LOOK: "See that the database is there and protected.",
        Act.BACK_UP: "Back up again.",
        Act.OTHER_NODES: "If other nodes are alive, let KWDB make new replicas and add a node; "
        "nothing is restored. Make the next backup on a node that is alive.",
        Act.NEW_SERVER: "Install the same version of KWDB, and start it with an empty store.",
        Act.BRING_SETS: "Bring the backups into the extern folder of the new node, from the old "
        "disk or from a copy elsewhere.",
        Act.FETCH: "List the off-site copies, and fetch the newest. It is checked on arrival.",
        Act.USERS: "Create the users that the grants name. `RESTORE.md` in the backup lists them.",
        Act.FREE_SPACE: "Remove the leftovers of interrupted runs; then see what retention "
        "removes. Delete no files of backups by hand.",
        Act.CHECK_CUT: "See which backups are incomplete, and whether the node is well.",
        Act.ISOLATE: "Disconnect the hosts. Switch nothing off: memory is evidence.",
        Act.NEW_SECRETS: "Use new passwords, keys and certificates. The old ones are known.",
        Act.RUN_SCRIPT: "On the node, as the account of the database. The script checks the files "
        "and compares the rows itself; `./restore.sh --help` lists other clients.",
    },
)

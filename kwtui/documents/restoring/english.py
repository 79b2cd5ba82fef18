"""``RESTORE.md`` in English."""

from __future__ import annotations

from kwtui.documents.restoring.words import RestoreWords
from kwtui.model.schema import Engine

_HOW_TO = """\
The files under `data/` must lie in the extern folder of the node that imports them, at the place
where the statements look for them: `{source}`.

With the script, run on that node as the account of the database, and with the SQL client that is
there:

    ./restore.sh --as {name} psql -h 127.0.0.1 -p 26257 -U root defaultdb
    ./restore.sh --as {name} kwbase sql --insecure --host 127.0.0.1:26257
    ./restore.sh --as {name} kwbase sql --certs-dir DIR --host 127.0.0.1:26257
    SQL_CLIENT="docker exec -i kwdb ./kwbase sql --insecure" ./restore.sh --as {name}

Any client does that reads statements from its input and stops at the first error. psql is told to
stop by the script; `kwbase sql` does when it is not typed at. The user needs the admin role.

The script

1. compares the files with `SHA256SUMS`, and stops if one is damaged or missing;
2. makes the database, and stops if its name is taken: nothing that exists is changed;
3. makes and fills the tables, and stops at the first error. After putting right what stopped it, go
   on with `--from N`, N being the step that was named last; or drop the new database and start
   again (after an import that failed KWDB may call its table missing for some seconds);
4. compares every table's rows, their content where a checksum is known, and the number of devices
   of a time series with the backup;
5. makes foreign keys, views, procedures, triggers and comments, and gives grants. A step that fails
   is named, and those behind it are done all the same. Grants need their users: create them before,
   or leave the grants out with `--no-grants`;
6. ends with 4 if a comparison differed, or with 6 if a step of 5 failed. Until it ends with 0 the
   comment of the database says that it is not complete.

Run it as the account of the database, which can read and write what it needs. Root runs it only
where the file belongs to root: whoever owns a script decides what it does.

`restore.sh --help` lists the options. If the backup was moved to another place in extern the script
finds it there; in the extern of another node it wants `--node N`, and where it does not lie in
extern itself `--extern DIR`. `restore.sql` holds the same statements for the original name, to be
run by psql or one by one.
"""

_STAGING = """\
KWDB's IMPORT of time series writes the rows that it rejects beside the files that it reads. So the
script links the files into a folder under `kwtui/.staging` in extern, imports from there and
removes it at the end; it must be able to write in extern. Whoever runs the statements by hand lets
KWDB write into the backup: copy it first.
"""

_INSERTS = """\
Some time series come back by INSERT: KWDB's IMPORT stores micro- and nanosecond times wrong, takes
a line of column names for a row, and may take devices for one whose primary tags read the same when
joined (1, 11 and 11, 1). The script makes the statements of the CSV files with awk, for the current
database (`USE`). They may be run again after an error: a row with the same time and tags replaces
the first. `./restore.sh --inserts DIR` writes them as files, for `restore.sql`.
"""

ENGLISH = RestoreWords(
    title="Restoring {database}",
    made="backed up: {when}, by kwtui {version}",
    engine="engine: {engine}",
    engines={engine: engine.value for engine in Engine},
    server="server: KWDB {version}, cluster {cluster}, node {node}",
    totals="tables: {tables}, rows: {rows}, size: {size}",
    proof="proof at the time of sealing: P{level}",
    instant="all tables are from one instant: `{timestamp}`",
    label="label: {label}",
    accounts="grants name these users and roles, which must be there: {names}",
    held="What is in it",
    held_head=("table", "rows", "files", "size"),
    missing="What is not in it",
    missing_note="",
    nothing_missing="Nothing is known to be missing.",
    how="How to restore it",
    how_to=_HOW_TO,
    staging=_STAGING,
    inserts=_INSERTS,
    steps="The steps",
    statements="{title} ({count})",
    rows_inserted="{title} (INSERT of the rows in data/{folder})",
    acts={},
    explanations={},
    one_of="",
    check="How to see that it is all there",
    check_words="Each table of the restored database (`USE` it first) has as many rows as this "
    "list says:",
    unknown_count="?",
    expiring="{count}, less what is older than the retention of {seconds} s",
    by_hand="What is made again by hand",
    by_hand_words="No script here runs these. They name tables with their database: where the "
    "restored one has another name, change it first.",
)

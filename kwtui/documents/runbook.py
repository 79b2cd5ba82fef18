"""The runbook of a set: restoring with nothing but a shell and a SQL client.

``restore.sql`` and ``RESTORE.md`` are made here, ``restore.sh`` in `runbook_script`. All are made
from the restore plan itself, so that they do what kwtui does. They are written beside the export
and need neither kwtui nor Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.manifest import Manifest
from kwtui.model.schema import DatabaseSchema
from kwtui.sql.quoting import quoted
from kwtui.sql.session import script_settings
from kwtui.text import clean, human_bytes, human_count

TARGET_MARK = "kwtui_target_database"
"""Plan the restore into a database of this name; the texts put the real name in its place."""
_QUOTED_MARK = re.compile(f"""('?)"?{TARGET_MARK}"?""")
"""Also at the begin of a text, as in ``nextval('kwtui_target_database.public.number')``."""


@dataclass(frozen=True)
class SeriesRows:
    """Rows that IMPORT takes wrong: the script makes INSERT statements of their CSV files."""

    table: str
    folder: str
    """Of the files, relative to ``data``."""
    head: str
    """What each statement begins with (`sql.insert_script`)."""
    kinds: str
    """A letter for each column."""
    tags: tuple[int, ...] = ()
    """Numbers, from 1, of the columns whose values may look like one device when joined."""
    rows: int | None = None

    @property
    def script(self) -> str:
        """The name that the statements have as a file."""
        return f"inserts/{self.folder}.sql"


@dataclass(frozen=True)
class RunbookStep:
    """A step of the restore plan in words and SQL, for a target called `TARGET_MARK`."""

    title: str
    sql: tuple[str, ...]
    explanation: str = ""
    rows: SeriesRows | None = None
    """The rows of a time series that come by INSERT; then there is no other SQL."""
    late: bool = False
    """All rows are whole without it: it is done when they were compared."""
    grants: bool = False


@dataclass(frozen=True)
class RunbookCheck:
    """What a table must answer when everything is in."""

    table: str
    sql: str
    """Count, or count, xor and sum of the rows, in the database `TARGET_MARK`."""
    rows: int | None
    content: str = ""
    """xor and sum as the server prints them; empty where they are not known."""
    note: str = ""
    """What to know if the rows differ."""
    of_devices: bool = False
    """It counts the devices of a time series, of which more may have come than were counted."""


@dataclass(frozen=True)
class Runbook:
    """Everything that a restore without kwtui does.

    Late steps and then grants come at the end. The very last step says that the database is
    complete; the script leaves it out where that is not so.
    """

    steps: tuple[RunbookStep, ...]
    checks: tuple[RunbookCheck, ...] = ()
    series_folders: tuple[str, ...] = ()
    """Folders of time series that IMPORT reads as a whole, relative to ``data``."""


def source_uri(manifest: Manifest) -> str:
    """The URI under which the set's ``data`` is named in the statements."""
    return f"nodelocal://{manifest.node_id}/{manifest.set_id}/{DATA_FOLDER}"


def restore_sql(manifest: Manifest, runbook: Runbook, target: str) -> str:
    """``restore.sql``: the steps as one script that restores into ``target``."""
    head = [
        f"Restores the database {manifest.database} as it was at {stamp(manifest)}",
        f"into a new database named {target}. restore.sh does the same, and more: another name,",
        "files and rows compared. Run this with psql -v ON_ERROR_STOP=1 -f restore.sql, as a user",
        f"with the admin role, connected to node {manifest.node_id}; or one statement at a time:",
        "an import cannot stand in a transaction. A line with \\ir runs the file that it names:",
        "restore.sh --inserts DIR writes those files, and puts this one beside them.",
        "Stop at the first error: nothing that exists is changed, and the new database can be",
        "dropped.",
    ]
    name = quoted(target)
    in_text = "'" + name.replace("'", "''")
    body = f"{session_text()}{steps_text(runbook)}{_checks_to_read(runbook)}"
    renamed = _QUOTED_MARK.sub(lambda match: in_text if match[1] else name, body)
    return f"{_comment(head)}\n{renamed}"


def restore_md(manifest: Manifest, schema: DatabaseSchema, runbook: Runbook) -> str:
    """``RESTORE.md``: what the set holds, what not, and how to restore it by hand."""
    steps = enumerate(runbook.steps, start=1)
    sections = [
        f"# Restoring {clean(manifest.database)}\n\n{_facts(manifest, schema)}",
        "## What is in it\n\n" + _tables(manifest),
        "## What is not in it\n\n" + _bullets(_missing(manifest, schema)),
        "## How to restore it\n\n" + _how(manifest, runbook),
        "## The steps\n\n" + "\n".join(_step(n, s) for n, s in steps),
        "## How to see that it is all there\n\n" + _check(manifest),
    ]
    if any(not program.is_made_again for program in schema.programs):
        sections.append("## What is made again by hand\n\n" + _programs(schema))
    return "\n\n".join(s.rstrip() for s in sections) + "\n"


def session_text() -> str:
    """What a client's session begins with, so that it reads values as kwtui's did."""
    return "".join(f"{statement};\n" for statement in script_settings())


def steps_text(runbook: Runbook) -> str:
    """All steps as SQL, for the target `TARGET_MARK`, each below a line with number and title."""
    tag = step_tag(runbook)
    parts = []
    for number, step in enumerate(runbook.steps, start=1):
        title = clean(step.title).replace(f" {TARGET_MARK}", "")
        body = "".join(s.rstrip().rstrip(";") + ";\n" for s in step.sql)
        if step.rows:
            body = f"\\ir {step.rows.script}\n"
        parts.append(f"{tag}{number}: {title}\n{body}")
    return "".join(parts)


def step_tag(runbook: Runbook) -> str:
    """What the first line of a step begins with, and no line of a statement."""
    lines = [line for step in runbook.steps for s in step.sql for line in s.split("\n")]
    tag = "-- step "
    while any(line.startswith(tag) for line in lines):
        tag = f"-{tag}"
    return tag


def checks_text(runbook: Runbook) -> str:
    """The comparison as SQL; before each answer there is one that numbers it."""
    return "".join(
        f"SELECT 'kwtui {number}';\n{check.sql.rstrip(';')};\n"
        for number, check in enumerate(runbook.checks, start=1)
    )


def stamp(manifest: Manifest) -> str:
    """When the backup was made, for people."""
    return manifest.started.strftime("%Y-%m-%d %H:%M:%S UTC")


def _checks_to_read(runbook: Runbook) -> str:
    lines = []
    for check in runbook.checks:
        rows = "nobody knows how many" if check.rows is None else str(check.rows)
        answer = " ".join(filter(None, (rows, check.content)))
        lines.append(f"{_comment([f'{check.table}: {answer}'])}{check.sql.rstrip(';')};\n")
    return "".join([_comment(["", "What each table must answer:"]), *lines]) if lines else ""


def _comment(lines: Sequence[str]) -> str:
    return "".join(f"-- {clean(line)}".rstrip() + "\n" for line in lines)


def _facts(manifest: Manifest, schema: DatabaseSchema) -> str:
    facts = [
        f"backed up: {stamp(manifest)}, by kwtui {manifest.kwtui_version}",
        f"engine: {manifest.engine.value}",
        f"server: KWDB {clean(manifest.server_version)}, cluster {manifest.cluster_id},"
        f" node {manifest.node_id}",
        f"tables: {manifest.totals.tables}, rows: {human_count(manifest.totals.rows)},"
        f" size: {human_bytes(manifest.totals.bytes)}",
        f"proof at the time of sealing: P{int(manifest.proof)}",
    ]
    if manifest.snapshot_timestamp:
        facts.append(f"all tables are from one instant: `{manifest.snapshot_timestamp}`")
    if manifest.label:
        facts.append(f"label: {clean(manifest.label)}")
    if schema.users or schema.roles:
        names = ", ".join(clean(n) for n in (*schema.users, *schema.roles))
        facts.append(f"grants name these users and roles, which must be there: {names}")
    return _bullets(facts)


def _bullets(lines: Sequence[str]) -> str:
    return "".join(f"- {clean(line)}\n" for line in lines)


def _tables(manifest: Manifest) -> str:
    lines = ["| table | rows | files | size |", "|---|---|---|---|"]
    for table in manifest.tables:
        name = clean(str(table.name)).replace("|", "\\|")
        size = human_bytes(table.bytes)
        row = f"| {name} | {human_count(table.rows_counted)} | {len(table.files)} | {size} |"
        lines.append(row)
    return "\n".join(lines) + "\n"


def _missing(manifest: Manifest, schema: DatabaseSchema) -> Sequence[str]:
    lines = [*manifest.not_included, *schema.not_captured]
    return list(dict.fromkeys(lines)) or ["Nothing is known to be missing."]


def _step(number: int, step: RunbookStep) -> str:
    explanation = f"   {clean(step.explanation)}\n" if step.explanation else ""
    what = f"{len(step.sql)} statement{'' if len(step.sql) == 1 else 's'}"
    if step.rows:
        what = f"INSERT of the rows in data/{step.rows.folder}"
    title = clean(step.title).replace(f" {TARGET_MARK}", "")
    return f"{number}. {title} ({what})\n{explanation}".rstrip()


def _check(manifest: Manifest) -> str:
    lines = ["After the restore each table has as many rows as this list says:\n", "```sql"]
    for table in manifest.tables:
        schema, name = quoted(table.name.schema), quoted(table.name.name)
        count = "?" if table.rows_counted is None else str(table.rows_counted)
        lines.append(f"SELECT count(*) FROM {schema}.{name}; -- {count}")  # noqa: S608
    return "\n".join([*lines, "```"]) + "\n"


def _programs(schema: DatabaseSchema) -> str:
    """The text of streams, each in a fence that it cannot close."""
    lines = [
        "No script here runs these. They name tables with their database: where the restored one "
        "has another name, change it first.\n"
    ]
    for program in (p for p in schema.programs if not p.is_made_again):
        text = "\n".join(
            clean(line) for line in program.create_statement.rstrip("; \n").split("\n")
        )
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        lines += [f"{clean(str(program))}\n", f"{fence}sql", f"{text};", f"{fence}\n"]
    return "\n".join(lines)


def _how(manifest: Manifest, runbook: Runbook) -> str:
    parts = [_HOW.format(source=source_uri(manifest), node=manifest.node_id)]
    if runbook.series_folders:
        parts.append(_STAGING)
    if any(step.rows for step in runbook.steps):
        parts.append(_INSERTS)
    return "\n".join(parts)


_HOW = """\
The files under `data/` must lie in the extern folder of the node that imports them, at the place
where the statements look for them: `{source}`.

With the script, run on that node as the account of the database, and with the SQL client that is
there:

    ./restore.sh --as shop_restored psql -h 127.0.0.1 -p 26257 -U root defaultdb
    ./restore.sh --as shop_restored kwbase sql --insecure --host 127.0.0.1:26257
    ./restore.sh --as shop_restored kwbase sql --certs-dir DIR --host 127.0.0.1:26257
    SQL_CLIENT="docker exec -i kwdb ./kwbase sql --insecure" ./restore.sh --as shop_restored

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

"""The runbook of a set: restoring with nothing but a shell and a SQL client.

``restore.sql`` is made here, ``restore.sh`` in `restore_script`, ``RESTORE.md`` in `restoring`. All
are made from the restore plan itself, so that they do what kwtui does. They are written beside the
export and need neither kwtui nor Python.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.manifest import Manifest
from kwtui.sql.quoting import quoted
from kwtui.sql.session import script_settings
from kwtui.text import clean

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
    act: str = ""
    """What it does, by the name that other languages have words for."""
    subject: str = ""
    """The table or account that it is about."""
    number: int = 0
    of: int = 0
    """Of a step that was divided: which part this is."""


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

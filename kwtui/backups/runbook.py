"""The runbook of a set: restoring with nothing but a SQL client.

The three texts are made from the restore plan itself, so that they do what kwtui does. They are
written beside the export and need neither kwtui nor Python.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.backups.manifest import Manifest
from kwtui.backups.naming import DATA_FOLDER
from kwtui.backups.sqltokens import quote_identifier
from kwtui.model import DatabaseSchema
from kwtui.text import clean, human_bytes, human_count

TARGET_MARK = "kwtui_target_database"
"""Plan the restore into a database of this name; the texts put the real name in its place."""
_QUOTED_MARK = re.compile(f'"?{TARGET_MARK}"?')
_UNSAFE_IN_SHELL = "'\"`$\\!\n"


@dataclass(frozen=True)
class RunbookStep:
    """A step of the restore plan in words and SQL, for a target called `TARGET_MARK`."""

    title: str
    sql: tuple[str, ...]
    explanation: str = ""


def source_uri(manifest: Manifest) -> str:
    """The URI under which the set's ``data`` is named in the statements."""
    return f"nodelocal://{manifest.node_id}/{manifest.set_id}/{DATA_FOLDER}"


def restore_sql(manifest: Manifest, steps: Sequence[RunbookStep], target: str) -> str:
    """``restore.sql``: the steps as one script that restores into ``target``."""
    head = [
        f"Restores the database {manifest.database} as it was at {_stamp(manifest)}",
        f"into a new database named {target}.",
        f"Run it with a SQL client as a user with the admin role, connected to node"
        f" {manifest.node_id},",
        "one statement at a time: the import statements cannot stand in a transaction.",
        "Stop at the first error: nothing that exists is changed, and the new database can be",
        "dropped.",
    ]
    name = quote_identifier(target)
    return _comment(head) + "\n" + _QUOTED_MARK.sub(lambda _: name, _body(steps))


def restore_sh(manifest: Manifest, steps: Sequence[RunbookStep]) -> str:
    """``restore.sh``: the same, with another name or another node's extern when asked."""
    delimiter = "KWTUI_END_OF_SQL"
    while any(delimiter in statement for step in steps for statement in step.sql):
        delimiter += "_"
    return _SCRIPT.format(
        title=clean(f"Restores the database {manifest.database} as it was at {_stamp(manifest)}."),
        target=_shell_quote(manifest.database),
        source=_shell_quote(source_uri(manifest)),
        mark=TARGET_MARK,
        delimiter=delimiter,
        sql=_body(steps),
    )


def restore_md(manifest: Manifest, schema: DatabaseSchema, steps: Sequence[RunbookStep]) -> str:
    """``RESTORE.md``: what the set holds, what not, and how to restore it by hand."""
    sections = [
        f"# Restoring {clean(manifest.database)}\n\n{_facts(manifest, schema)}",
        "## What is in it\n\n" + _tables(manifest),
        "## What is not in it\n\n" + _bullets(_missing(manifest, schema)),
        "## How to restore it\n\n" + _HOW.format(source=source_uri(manifest)),
        "## The steps\n\n" + "\n".join(_step(n, s) for n, s in enumerate(steps, start=1)),
        "## How to see that it is all there\n\n" + _check(manifest),
    ]
    return "\n\n".join(s.rstrip() for s in sections) + "\n"


def _stamp(manifest: Manifest) -> str:
    return manifest.started.strftime("%Y-%m-%d %H:%M:%S UTC")


def _comment(lines: Sequence[str]) -> str:
    return "".join(f"-- {clean(line)}\n" for line in lines)


def _body(steps: Sequence[RunbookStep]) -> str:
    parts = []
    for number, step in enumerate(steps, start=1):
        statements = "".join(s.rstrip().rstrip(";") + ";\n" for s in step.sql)
        words = [f"{number}. {step.title}"]
        if not step.sql:
            # Nothing here does it: whoever runs the script must know.
            words += ["NOT DONE BY THIS SCRIPT.", *textwrap.wrap(step.explanation, 90)]
        parts.append(_comment(words) + statements)
    return "\n".join(parts)


def _facts(manifest: Manifest, schema: DatabaseSchema) -> str:
    facts = [
        f"backed up: {_stamp(manifest)}, by kwtui {manifest.kwtui_version}",
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
    count = f"{len(step.sql)} statement{'' if len(step.sql) == 1 else 's'}"
    return f"{number}. {clean(step.title)} ({count})\n{explanation}".rstrip()


def _check(manifest: Manifest) -> str:
    lines = ["After the restore each table has as many rows as this list says:\n", "```sql"]
    for table in manifest.tables:
        schema, name = quote_identifier(table.name.schema), quote_identifier(table.name.name)
        count = "?" if table.rows_counted is None else str(table.rows_counted)
        lines.append(f"SELECT count(*) FROM {schema}.{name}; -- {count}")  # noqa: S608
    return "\n".join([*lines, "```"]) + "\n"


def _shell_quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_HOW = """\
The files under `data/` must lie in the extern folder of the node that imports them, at the place
where the statements look for them: `{source}`. If the folder was moved, or the node has another
number, give the new place to the script with `--source`.

With the script, which runs any SQL client that reads statements from its input:

    ./restore.sh --as shop_restored psql -v ON_ERROR_STOP=1 -h 127.0.0.1 -p 26257 -U root defaultdb
    ./restore.sh --as shop_restored kwbase sql --insecure --host 127.0.0.1:26257

Without a client after the options it prints the statements. `restore.sql` holds the same statements
for the original name, to be run one by one.
"""

_SCRIPT = """\
#!/bin/sh
# {title}
# Usage: restore.sh [--as NAME] [--source URI] [SQL-CLIENT ARGUMENT...]
# Without a SQL client the statements are printed.
set -eu
target={target}
source={source}
known_source=$source
while [ $# -gt 0 ]; do
    case $1 in
        --as) target=${{2:?--as needs a name}}; shift 2 ;;
        --source) source=${{2:?--source needs a URI}}; shift 2 ;;
        --) shift; break ;;
        -*) echo "unknown option: $1" >&2; exit 2 ;;
        *) break ;;
    esac
done
escape() {{ printf '%s' "$1" | sed -e 's/[\\\\&|]/\\\\&/g'; }}
pattern() {{ printf '%s' "$1" | sed -e 's/[][\\\\.*^$|]/\\\\&/g'; }}
quoted=$(printf '%s' "$target" | sed -e 's/"/""/g')
statements() {{
    sed -e "s|\\"\\{{0,1\\}}{mark}\\"\\{{0,1\\}}|\\"$(escape "$quoted")\\"|g" \\
        -e "s|$(pattern "$known_source")|$(escape "$source")|g" <<'{delimiter}'
{sql}{delimiter}
}}
if [ $# -eq 0 ]; then
    statements
else
    statements | "$@"
fi
"""

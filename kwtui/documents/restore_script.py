"""``restore.sh``: the restore of a set for whoever has a shell and a SQL client.

The program is the same in every set; it lies beside this module as ``restore_program.sh``. What is
particular to a set are the statements, the tables and what they must hold afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.layout.staging import DEFAULT_PREFIX, STAGING_FOLDER
from kwtui.backups.manifest import FileEntry, Manifest
from kwtui.documents.runbook import (
    TARGET_MARK,
    Runbook,
    RunbookCheck,
    SeriesRows,
    checks_text,
    session_text,
    source_uri,
    stamp,
    step_tag,
    steps_text,
)
from kwtui.model.requests import Dialect
from kwtui.text import clean

_PROGRAM = "restore_program.sh"
_AWK = "insert_rows.awk"
_UNKNOWN = "-"


def restore_sh(manifest: Manifest, runbook: Runbook) -> str:
    """The script. POSIX sh; it stops at the first error and compares the rows at the end."""
    title = clean(f"Restores the database {manifest.database} as it was at {stamp(manifest)}.")
    program = resources.files("kwtui.documents").joinpath(_PROGRAM).read_text(encoding="utf-8")
    head, _, rest = program.partition("@SET@\n")
    return f"{head.replace('@TITLE@', title)}{_particulars(manifest, runbook)}{rest}"


def checksum_lines(files: Iterable[FileEntry]) -> str:
    """``SHA256SUMS`` of the data files, as sha256sum writes and reads it."""
    return "".join(_checksum_line(f) for f in files if f.path.startswith(f"{DATA_FOLDER}/"))


def _checksum_line(file: FileEntry) -> str:
    path = file.path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "" if path == file.path else "\\"
    return f"{mark}{file.sha256}  {path}\n"


def _particulars(manifest: Manifest, runbook: Runbook) -> str:
    values = {
        "original": _quote(manifest.database),
        "path": _quote(manifest.set_id),
        "node": str(manifest.node_id),
        "known_source": _quote(source_uri(manifest)),
        "mark": _quote(f'"\\{{0,1\\}}{TARGET_MARK}"\\{{0,1\\}}'),
        "tag": _quote(step_tag(runbook)),
        "steps": str(len(runbook.steps)),
        "last_whole": str(sum(not step.late for step in runbook.steps)),
        "first_grant": str(_first_grant(runbook)),
        "staging_folder": f"{DEFAULT_PREFIX}/{STAGING_FOLDER}",
    }
    parts = [f"{name}={value}\n" for name, value in values.items()]
    parts.append(_function("session", session_text()))
    parts.append(_function("all_steps", steps_text(runbook)))
    parts.append(_function("series_folders", "".join(f"{f}\n" for f in runbook.series_folders)))
    parts.append(_function("all_checks", checks_text(runbook)))
    parts.append(_function("expected", _expected(runbook.checks)))
    parts.append(_rows(manifest.dialect, runbook))
    return "".join(parts)


def _first_grant(runbook: Runbook) -> int:
    """Where there is none, the last step, which is done in any case."""
    numbered = enumerate(runbook.steps, start=1)
    return next((number for number, step in numbered if step.grants), len(runbook.steps))


def _rows(dialect: Dialect, runbook: Runbook) -> str:
    """What the rows that come by INSERT need: the program and, for each table, its words."""
    found = [step.rows for step in runbook.steps if step.rows]
    cases = "".join(map(_case, found))
    known = f"{cases}        *) return 1 ;;\n"
    parts = [f"\nrows_of() {{\n    case $1 in\n{known}    esac\n}}\n"]
    if found:
        program = resources.files("kwtui.documents").joinpath(_AWK).read_text(encoding="utf-8")
        parts.append(_function("insert_program", program))
    values = {
        "KW_DELIMITER": _quote(dialect.delimiter),
        "KW_QUOTE": _quote(dialect.enclosed),
        "KW_NULL": _quote(dialect.null_text),
        "KW_HEADER": "1" if dialect.header else "''",
        "charset": "''" if dialect.charset == "UTF-8" else _quote(dialect.charset),
        "inserts": _quote("\n".join(rows.script for rows in found)),
    }
    return "".join((*parts, "\n", *(f"{name}={value}\n" for name, value in values.items())))


def _case(rows: SeriesRows) -> str:
    words = {
        "folder": rows.folder,
        "KW_TABLE": clean(rows.table),
        "KW_HEAD": rows.head,
        "KW_KINDS": rows.kinds,
        "KW_TAGS": " ".join(map(str, rows.tags)),
        "KW_ROWS": f" of {rows.rows:,}" if rows.rows else "",
    }
    lines = "".join(f"            {name}={_quote(value)}\n" for name, value in words.items())
    return f"        {_quote(rows.script)})\n{lines}            ;;\n"


def _expected(checks: Sequence[RunbookCheck]) -> str:
    """Tab-separated: number, what is counted, how many, xor and sum, table, what to know if they
    differ."""
    lines = []
    for number, check in enumerate(checks, start=1):
        rows = _UNKNOWN if check.rows is None else str(check.rows)
        content = check.content if check.rows else ""
        unit = "devices" if check.of_devices else "rows"
        counted = (str(number), unit, rows, content or _UNKNOWN)
        fields = (*counted, clean(check.table), clean(check.note))
        lines.append("\t".join(fields).rstrip("\t") + "\n")
    return "".join(lines)


def _function(name: str, text: str) -> str:
    """A shell function that prints the text, whatever it holds."""
    delimiter = "KWTUI_END"
    while delimiter in text:
        delimiter += "_"
    return f"\n{name}() {{\n    cat <<'{delimiter}'\n{text}{delimiter}\n}}\n"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"

"""The choices of a backup in words: what each method and option does, and what it risks."""

from __future__ import annotations

from kwtui.keys.spelling import key_of
from kwtui.model.checks import CheckLevel
from kwtui.model.labels import LONGEST_LABEL
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import Engine
from kwtui.widgets.form import Option
from kwtui.widgets.paint import BLANK, Line, line, paragraph

METHODS = (
    Option(
        BackupMethod.SNAPSHOT,
        "Table by table, one instant",
        "Every table is exported by itself, all of them as of the same instant. Each has its own"
        " progress, and one that fails does not spoil the others. The default.",
    ),
    Option(
        BackupMethod.DATABASE,
        "One EXPORT of the database",
        "KWDB writes the whole database in one statement, at one instant too. There is no progress"
        " by table, and KWDB reports success even when a table failed; kwtui counts every file"
        " afterwards and says so.",
    ),
    Option(
        BackupMethod.TABLES,
        "Plain EXPORT of each table",
        "Every table is exported as it is at its own moment. Tables that refer to each other may"
        " not fit together: choose it only when nothing is written meanwhile.",
        True,
    ),
)

TIME_SERIES_METHODS = (
    Option(
        BackupMethod.SNAPSHOT,
        "Table by table, each up to its newest row",
        "Every table is exported by itself, up to the newest time that it holds when its export"
        " begins. Each has its own progress, and one that fails does not spoil the others. Rows"
        " that come late or change meanwhile are counted and named. The default.",
    ),
    Option(
        BackupMethod.DATABASE,
        "One EXPORT of the database",
        "KWDB writes the whole database in one statement. There is no progress by table, and KWDB"
        " reports success even when a table failed; kwtui counts every file afterwards and says"
        " so.",
    ),
    Option(
        BackupMethod.TABLES,
        "Plain EXPORT of each table",
        "Every table is exported with what it holds while the export runs, without a last time:"
        " what came late cannot be told. Choose it only when nothing is written meanwhile.",
        True,
    ),
)

_TIME_SERIES_NOTE = (
    "KWDB has no snapshot of time series: no method makes tables of one instant. If one moment"
    " matters, pause what writes."
)


def methods_of(engine: Engine | None) -> tuple[Option, ...]:
    """The ways to export, in words that hold for the engine."""
    return TIME_SERIES_METHODS if engine is Engine.TIME_SERIES else METHODS


def method_lines(option: Option, engine: Engine | None) -> list[Line]:
    lines = paragraph(option.explanation, "warning" if option.warning else "")
    if engine is Engine.TIME_SERIES:
        lines += [BLANK, line(("! ", "warning"), _TIME_SERIES_NOTE, indent=2)]
    return lines


USUAL_LEVEL = Option(
    "",
    "usual",
    "Aggregates for time series, a sample for the others: neither costs more than a tenth of the"
    " export.",
)
LEVEL_OPTIONS = (
    USUAL_LEVEL,
    *(
        Option(
            level.value,
            level.value,
            f"Compares {level.compares}. Would miss: {level.misses}."
            + (" Takes several times as long as the export." if level is CheckLevel.FULL else ""),
            level is CheckLevel.COUNTS,
        )
        for level in CheckLevel
    ),
)
"""How much of the content is read from the server, to be compared with what a restore brings
back."""

INCREMENTAL_OPTIONS = (
    Option("auto", "what changed", "Days of a time series, and whole tables, that did not change"
           " since the last proven backup are linked from there and take no space. Each backup is"
           " complete by itself."
           " Everything is written again every 30 days."),
    Option("full", "everything", "Every row is exported again."),
    Option("always", "what changed, for ever", "As the first, but never everything again: a text"
           " that was replaced by one of the same length may then stay unseen.", True),
)  # fmt: skip

PARALLEL_OPTIONS = tuple(
    Option(str(n), f"{n} at a time" if n > 1 else "one after the other",
           "More at a time is faster while disk and processor have room, and slows other users of"
           " the server more.", n > 4)
    for n in (1, 2, 3, 4, 6, 8)
)  # fmt: skip

DELIMITER_OPTIONS = (
    Option(",", "comma", "The one that was proven with every kind of value."),
    Option(";", "semicolon", "Manual imports must name it, or every line is read into the"
           " first column.", True),
    Option("|", "bar", "Manual imports must name it, or every line is read into the first"
           " column.", True),
    Option("\t", "tab", "Manual imports must name it, or every line is read into the first"
           " column.", True),
)  # fmt: skip

NULL_OPTIONS = (
    Option("\\N", "\\N", "NULL, the empty text and the text NULL stay apart."),
    Option("", "nothing (KWDB's default)", "KWDB then loses rows: in a table of one column a row"
           " with NULL is gone after an import.", True),
)  # fmt: skip

CHARSET_OPTIONS = (
    Option("UTF-8", "UTF-8", "Holds every character."),
    Option("GBK", "GBK", "A character that GBK does not have stops the export of its table. Files"
           " are for programs that cannot read UTF-8.", True),
    Option("GB18030", "GB18030", "Holds every character; for programs that cannot read UTF-8."),
    Option("BIG5", "BIG5", "A character that BIG5 does not have stops the export of its table."
           " Files are for programs that cannot read UTF-8.", True),
)  # fmt: skip

HEADER_OPTIONS = (
    Option("no", "no", "Files hold rows and nothing else, as KWDB's IMPORT wants them."),
    Option("yes", "yes, as first line", "For spreadsheets. Manual imports must skip a line"
           " for relational tables, and time-series imports reject the line.", True),
)  # fmt: skip

USERS_OPTIONS = (
    Option("no", "no", "The backup holds the grants of this database, and no users. A restore says"
           " which users are missing, and can make them."),
    Option("yes", "yes, without passwords", "All users and roles of the server, and who is in which"
           " role. KWDB gives passwords to nobody: after a restore each needs a new one."),
)  # fmt: skip

SETTINGS_OPTIONS = (
    Option("no", "no", "Settings of the cluster are not part of the backup."),
    Option("yes", "yes", "The settings of the whole cluster, as a file beside the data. A restore"
           " sets them only when it is told to."),
)  # fmt: skip


def sweep_options() -> tuple[Option, ...]:
    """What becomes of a backup that stops early."""
    where = f"{key_of('app.open-storage')}, then {key_of('storage.leftovers')}"
    return (
        Option(
            "keep",
            "keep what was written",
            "When the backup fails or is cancelled, its folder stays and is marked as no backup."
            f" Leftovers ({where}) removes it later.",
        ),
        Option(
            "remove",
            "remove what was written",
            "When the backup fails or is cancelled, its folder goes at once, and nothing is left to"
            " look at.",
        ),
    )


CHUNK_ABOUT = (
    "Rows in one file. Smaller files are easier to check one by one and to copy; KWDB's own default"
    " is 100,000."
)
PREFIX_ABOUT = (
    "The folder inside extern under which backups are kept: PREFIX/DATABASE/TIME. The folder of"
    " this backup is new in any case; nothing that is there is touched."
)
LABEL_ABOUT = (
    "A few words of yours that are kept in the manifest, such as: before the upgrade. At most"
    f" {LONGEST_LABEL} characters."
)

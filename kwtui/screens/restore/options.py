"""The ways to restore, in words: what each does and what it cannot do."""

from __future__ import annotations

from kwtui.model.requests import RestoreStrategy
from kwtui.widgets.form import Option

SOME_ROWS = "rows"
"""No strategy of a restore: it is planned by itself."""

STRATEGIES = (
    Option(
        RestoreStrategy.EXACT,
        "Exact",
        "Everything as it was: schemas, sequences, every table from its own definition, the data,"
        " then defaults, foreign keys, views, comments and grants. The only way that brings back"
        " what KWDB's export leaves out. The default.",
    ),
    Option(
        RestoreStrategy.NATIVE,
        "Native (KWDB's IMPORT)",
        "KWDB's own IMPORT statements and nothing else. Foreign keys, sequences, views, computed"
        " columns, retentions and some defaults do not come back, and a database that has some of"
        " them is refused as a whole; the plan names what concerns this backup.",
        True,
    ),
    Option(
        RestoreStrategy.SCHEMA_ONLY,
        "Schema only",
        "All objects, no rows: to look at it, or to fill it by other means.",
    ),
    Option(
        RestoreStrategy.DATA_ONLY,
        "Data only",
        "Only rows, into tables that exist already. Rows are added to what is there: nothing is"
        " deleted before, and a row with a key that is there already stops its table.",
        True,
    ),
    Option(
        SOME_ROWS,
        "Some rows",
        "Rows of a time, or of some devices, of one time series: into a table of their own, in a"
        " database that exists. Nothing that is there is touched.",
    ),
)

USERS_OPTIONS = (
    Option(
        "no",
        "stay missing",
        "Grants to users that this server does not have are left out; the plan names them.",
    ),
    Option(
        "yes",
        "are made, without password",
        "Users that grants name and this server does not have are made. They have no password"
        " until an admin sets one: KWDB does not give passwords out.",
    ),
)

ALL_USERS_OPTION = Option(
    "all",
    "all of the backup are made",
    "Every user and role that the backup holds and this server does not have is made, with its"
    " roles. They have no password until an admin sets one.",
)
"""Offered where the backup holds users."""

FIRST_RECORD_OPTIONS = (
    Option(
        "names",
        "column names",
        "The first record of the files that have one is no row: it names the columns.",
    ),
    Option(
        "row",
        "a row like the others",
        "No file begins with column names, whatever its first record says.",
        True,
    ),
)

SETTINGS_OPTIONS = (
    Option("no", "leave as they are", "The cluster keeps its settings."),
    Option(
        "yes",
        "set as in the backup",
        "Every setting that the backup holds is set for the whole cluster, also for databases that"
        " have nothing to do with this restore. The plan shows each of them.",
        True,
    ),
)

NAME_ABOUT = (
    "The name of the database that is made. It is filled under a scratch name and gets this one"
    " when everything is there and compared."
)
INTO_ABOUT = "The database that the rows go into; it is there already."
REPLACE_ABOUT = (
    "Only to replace a database that exists: type its name once more. It is dropped, with all its"
    " data, after the restored one is complete."
)

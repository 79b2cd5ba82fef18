"""Whether many small tables may be exported by one statement, and the step that does it. Pure.

An EXPORT of a table takes a node some 10 ms whatever it holds (recording 13), besides what it costs
here; one EXPORT of the database writes the same files (recording 03, ``data_only``) in a fraction.
It is a snapshot, of an instant that nobody is told: what it wrote holds for the instant of the
backup only where no range of a table was written since. The run looks for that, and exports by
itself whatever is not clear.
"""

from __future__ import annotations

from kwtui.backups.layout.naming import table_folder
from kwtui.model.schema import TableSpec
from kwtui.operations.backup.scope import Scope, sum_known
from kwtui.operations.plan import Step, StepKind
from kwtui.sql import transfer
from kwtui.text import plural

_FROM_TABLES = 16
"""With fewer it hardly pays."""
_MOST_BYTES = 64 << 20
"""More is exported a table at a time: with progress, a second try and several at once."""
_ROWID = "rowid"


def may_go_together(scope: Scope) -> bool:
    return (
        scope.is_snapshot
        and scope.request.is_whole
        and not scope.schema.unread
        and not scope.request.unseen
        and not scope.request.dialect.header
        # Files of a table that was written to meanwhile must be removed again.
        and scope.destination.sidecars_beside
        and len(scope.tables) >= _FROM_TABLES
        and (sum_known(table.bytes for table in scope.tables) or _MOST_BYTES + 1) <= _MOST_BYTES
        and all(_is_plain(table) for table in scope.tables)
    )


def _is_plain(table: TableSpec) -> bool:
    """Whether both ways of exporting it are known to write the same, in the same folder."""
    name = table.name
    hidden = {column.name for column in table.columns if column.hidden}
    return table_folder(name) == f"{name.schema}/{name.name}" and hidden <= {_ROWID}


def export_together(scope: Scope) -> Step:
    uri = transfer.nodelocal(scope.destination.node_id, scope.data_path)
    tables = plural(len(scope.tables), "table")
    return Step(
        id="export",
        kind=StepKind.EXPORT_TOGETHER,
        title=f"Export {tables} together",
        explanation="If no table is linked and none was written to within the last second, one "
        "statement exports them all. A table that is written to meanwhile is exported again, as of "
        "the backup's instant. Otherwise, or if KWDB reports anything, each table is exported by "
        "itself.",
        sql=(transfer.export_database(uri, scope.database, scope.data_only),),
        subject=scope.database,
    )

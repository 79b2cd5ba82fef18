"""What a person should know before a backup begins. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kwtui.model.checks import CheckLevel, default_level
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupMethod, BackupRequest, Dialect
from kwtui.model.schema import Engine, TableSpec
from kwtui.model.server import ServerFacts, Survey
from kwtui.operations.backup.destination import Destination
from kwtui.operations.shared.admin_rights import admin_findings
from kwtui.operations.shared.scratch_names import is_scratch
from kwtui.sql import ddl
from kwtui.text import human_bytes, shell_quoted

SPARE = 1.1
"""Sizes are estimated from a table's first rows: a tenth more is asked for."""


def destination_findings(
    survey: Survey, destination: Destination, estimated_bytes: int | None, linkable: int = 0
) -> Iterator[Finding]:
    """Role, folder and space: what would make the backup fail or leave it unproven.

    ``linkable`` of the estimated bytes may be linked, and then take no space.
    """
    yield from admin_findings(survey.server)
    if is_scratch(survey.schema.database):
        yield Finding(
            Severity.WARNING,
            "scratch_database",
            survey.schema.database,
            "By its name, a restore or a drill uses this database or left it behind: its data "
            "may be incomplete.",
            "Continue it (kwtui restore --continue) or remove it (kwtui cleanup), and back up "
            "the database itself.",
        )
    if destination.problem is not None:
        yield destination.problem
    if destination.unseen:
        yield Finding(
            Severity.WARNING,
            "unseen",
            f"node {destination.node_id}",
            "The files are not visible from here: whatever the server reports, the backup stays "
            "at P0. A full disk there goes unnoticed.",
            "Afterwards run on that node: "
            f"kwtui seal {shell_quoted(destination.path)} --draft FILE",
        )
    if destination.taken:
        yield Finding(
            Severity.REFUSAL,
            "destination_not_empty",
            destination.path,
            f"{destination.path} exists already, and a backup is only written to a new folder.",
            "Plan it again: every plan gets a folder of its own, named after the second.",
        )
    yield from _space_findings(destination, estimated_bytes, linkable)
    yield from _node_findings(survey.server, destination)
    if destination.problem is None and not destination.sidecars_beside:
        yield Finding(
            Severity.WARNING,
            "sidecars_elsewhere",
            destination.path,
            "This account cannot write to extern, so the manifest and the runbook are kept in "
            "kwtui's state directory, and the copy on the node alone is not a complete backup.",
            "Run kwtui as the database's own account.",
        )


def definition_findings(engine: Engine, tables: Sequence[TableSpec]) -> Iterator[Finding]:
    """Tables that no runbook could be written for: told now, not after everything is exported."""
    for table in tables if engine is Engine.RELATIONAL else ():
        try:
            ddl.without_defaults(table.create_without_foreign_keys, table.columns)
        except ddl.StrangeDefinitionError:
            yield Finding(
                Severity.REFUSAL,
                "strange_definition",
                str(table.name),
                "kwtui cannot parse the definition that this node prints, so a backup with this "
                "table could not be sealed.",
                "Leave it out with --tables, and please report what SHOW CREATE TABLE prints.",
            )


def account_findings(destination: Destination, request: BackupRequest) -> Iterator[Finding]:
    """What KWDB writes for its own account alone can be neither sealed nor checked by another."""
    if destination.owner and request.method is not BackupMethod.SNAPSHOT:
        yield Finding(
            Severity.REFUSAL,
            "meta_not_readable",
            destination.extern,
            f"This method writes meta.sql files that only {destination.owner}, the account of the "
            "database, can read: this account could not seal the backup.",
            f"Choose the snapshot method, or run kwtui as {destination.owner}.",
        )


def _space_findings(
    destination: Destination, estimated_bytes: int | None, linkable: int
) -> Iterator[Finding]:
    free = destination.free_bytes
    if free is None:
        return
    needed = (estimated_bytes or 0) * SPARE
    if free < needed <= free + linkable:
        yield Finding(
            Severity.WARNING,
            "fits_if_linked",
            destination.extern,
            f"About {human_bytes(estimated_bytes)} are expected and {human_bytes(free)} are free: "
            f"it fits only if most of {human_bytes(linkable)} did not change and is linked.",
            "Free space where extern is. The run stops before the disk is full.",
        )
    elif needed > free:
        yield Finding(
            Severity.REFUSAL,
            "disk_full",
            destination.extern,
            f"About {human_bytes(estimated_bytes)} are expected and {human_bytes(free)} are "
            "free, which leaves too little margin.",
            "Free space where extern is, or back up some of the tables.",
        )
    elif free < 64 * 1024 * 1024:
        yield Finding(
            Severity.WARNING,
            "disk_nearly_full",
            destination.extern,
            f"Only {human_bytes(free)} are free where the files will go.",
            "A full disk truncates files without an error; every record is counted afterwards.",
        )


def _node_findings(server: ServerFacts, destination: Destination) -> Iterator[Finding]:
    node = next((n for n in server.nodes if n.node_id == destination.node_id), None)
    if server.nodes and (node is None or not node.is_live):
        yield Finding(
            Severity.REFUSAL,
            "node_not_live",
            f"node {destination.node_id}",
            "The node that should hold the files does not exist or does not respond.",
            "Choose a live node.",
        )
    elif destination.node_id != server.node_id:
        yield Finding(
            Severity.WARNING,
            "other_node",
            f"node {destination.node_id}",
            "The files go to a node other than the connected one. If that node's disk fills up, "
            "the server reports no error.",
            "Every record in the files is counted; this requires --extern to be that node's "
            "folder.",
        )


def request_findings(survey: Survey, request: BackupRequest) -> Iterator[Finding]:
    """What the chosen method and options mean for this database."""
    engine = survey.schema.engine
    if engine is Engine.RELATIONAL and request.method is BackupMethod.TABLES:
        yield Finding(
            Severity.WARNING,
            "tables_at_own_moment",
            survey.schema.database,
            "Each table is exported at a different time: related rows may not match.",
            "Choose the snapshot method for one common instant.",
        )
    if request.method is BackupMethod.DATABASE:
        yield from _database_method_findings(survey, request)
    yield from dialect_findings(engine, request.dialect)
    if request.check is CheckLevel.COUNTS:
        yield Finding(
            Severity.WARNING,
            "only_counted",
            "",
            "Only rows are counted: no checksum or sum of their values is read from the server, "
            "so a value that EXPORT wrote wrong would go unnoticed.",
            f"Omit --check to use {default_level(engine)}, which costs little.",
        )


def _database_method_findings(survey: Survey, request: BackupRequest) -> Iterator[Finding]:
    if not request.is_whole:
        yield Finding(
            Severity.REFUSAL,
            "method_takes_all",
            survey.schema.database,
            "One EXPORT ... FROM DATABASE writes every table; tables cannot be selected.",
            "Choose the snapshot method for some tables.",
        )
    awkward = [t for t in survey.schema.tables if "/" in t.name.name or "/" in t.name.schema]
    for table in awkward:
        yield Finding(
            Severity.REFUSAL,
            "name_with_slash",
            str(table.name),
            "EXPORT ... FROM DATABASE writes a table with a slash in its name into nested folders.",
            "Choose the snapshot method.",
        )
    yield Finding(
        Severity.INFO,
        "errors_are_notices",
        survey.schema.database,
        "If a table fails here, the server still reports success.",
        "Every table's files and records are compared with the catalogue afterwards.",
    )


WARNING = Severity.WARNING


def dialect_findings(engine: Engine, dialect: Dialect) -> tuple[Finding, ...]:
    """What another dialect than the proven one risks."""
    found = []
    if dialect.null_text != r"\N":
        found.append(
            Finding(
                WARNING,
                "null_text",
                "",
                "With a NULL text other than \\N, a NULL and a text can look the same, and NULL "
                "rows of one-column tables are lost.",
                "Keep \\N unless another program requires something else.",
            )
        )
    if dialect.header and engine is Engine.TIME_SERIES:
        found.append(
            Finding(
                WARNING,
                "header",
                "",
                "Time-series imports cannot skip the header line and refuse or reject it.",
                "Omit the column names: with them a restore must insert every row.",
            )
        )
    if dialect.charset != "UTF-8":
        found.append(
            Finding(
                WARNING,
                "charset",
                "",
                f"Characters that {dialect.charset} does not know are lost.",
                "Keep UTF-8 unless another program requires something else.",
            )
        )
    return tuple(found)

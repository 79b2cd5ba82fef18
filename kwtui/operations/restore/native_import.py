"""What KWDB's own IMPORT DATABASE will refuse or get wrong of a backup. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.backups.metasql.meta_file import import_refusals
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreRequest
from kwtui.model.schema import Engine
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.target import TargetFacts, refusal
from kwtui.operations.shared.sent_statements import BREAKS_OUT
from kwtui.operations.shared.staged_definitions import more_than_definitions
from kwtui.server.catalogue.findings import text_first
from kwtui.server.catalogue.refused_imports import refused_imports
from kwtui.sql import ddl
from kwtui.sql.bound_names import Bounds


def native_findings(
    source: RestoreSource, request: RestoreRequest, target: str, facts: TargetFacts
) -> Iterator[Finding]:
    """What IMPORT DATABASE will refuse or get wrong of this very source."""
    remedy = "Choose the exact strategy."
    if not source.import_root:
        yield refusal(
            "not_native",
            source.path,
            "IMPORT DATABASE needs the export of a whole database; this one was written table by "
            "table.",
            remedy,
        )
    if target != source.schema.database and not facts.may_stage:
        yield refusal(
            "native_name",
            target,
            f"IMPORT DATABASE makes the database under its old name, {source.schema.database}, and "
            "this account cannot create a staging folder in extern for a meta.sql with another "
            "one.",
            f"{remedy} It restores under any name.",
        )
    if request.tables or request.replace or (request.leave_out and not source.adopted):
        yield refusal(
            "native_whole",
            source.path,
            "IMPORT DATABASE restores the whole database and replaces nothing.",
            remedy,
        )
    reason = "" if facts.may_stage else _more_than_definitions(source)
    if reason:
        yield refusal(BREAKS_OUT, source.path, f"Nothing is sent, because {reason}.", remedy)
    relational = source.schema.tables if source.schema.engine is Engine.RELATIONAL else ()
    for name, refused in refused_imports(relational).items():
        yield refusal(
            "import_refused",
            str(name),
            f"KWDB's IMPORT refuses this table, and the whole database with it: {refused.why}.",
            f"{remedy} It restores the rows through a plain table.",
        )
    for meta in source.metas:
        for found in import_refusals(meta):
            # A staged meta.sql is written anew, without what only older versions understand.
            if found.code != "old_time_series_clause" or not facts.may_stage:
                yield found
    for spec in relational:
        column = text_first(spec)
        if column:
            yield Finding(
                Severity.WARNING,
                "first_column_text",
                str(spec.name),
                f"IMPORT DATABASE takes every ' out of {column}, the first column of {spec.name}.",
                remedy,
            )
    lost = tuple(_lost_by_native(source))
    if lost:
        yield Finding(
            Severity.WARNING,
            "native_loses",
            source.path,
            f"IMPORT DATABASE does not bring back: {', '.join(lost)}.",
            remedy,
        )


def _more_than_definitions(source: RestoreSource) -> str:
    """Without a staging folder the server reads the files of the backup, no texts of the plan."""
    texts = {meta.path: meta.text for meta in source.metas}
    bounds = Bounds(frozenset({source.schema.database}), frozenset(source.schema.schemas))
    return more_than_definitions(texts, bounds)


def _lost_by_native(source: RestoreSource) -> Iterator[str]:
    schema = source.schema
    counted = {
        "foreign keys": sum(len(t.foreign_keys) for t in schema.tables),
        "sequences": len(schema.sequences),
        "views": len(schema.views),
        "procedures and triggers": sum(p.is_made_again for p in schema.programs),
        "defaults with their capital letters": sum(
            ddl.loses_capitals(column.default)
            for table in schema.tables
            for column in table.columns
            if column.default is not None
        ),
        "comments": len(schema.comments),
        "grants": len(schema.grants),
        "zone configurations": len(schema.zone_statements),
    }
    yield from (f"{count} {what}" for what, count in counted.items() if count)
    if schema.engine is Engine.TIME_SERIES:
        yield "the retention and partition interval of the database"

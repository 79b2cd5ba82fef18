"""What goes into a staging folder for an IMPORT, and the steps that make and remove it. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import msgspec

from kwtui.backups.layout.staging import staging_path
from kwtui.backups.metasql.meta_file import MetaFile, modern_meta, rename_database
from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.schema import Engine
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.findings import insert_reason
from kwtui.operations.restore.source import RestoreSource, SourceTable
from kwtui.operations.restore.steps import RestoreScope
from kwtui.operations.restore.target import TargetFacts
from kwtui.text import plural


def staging_of(
    source: RestoreSource,
    tables: tuple[SourceTable, ...],
    request: RestoreRequest,
    facts: TargetFacts,
    plan_id: str,
) -> str:
    """The staging folder where an IMPORT reads a whole folder; empty where none does.

    Such an IMPORT may write there, and must find nothing else (live-findings, rows 15 and 17).
    """
    if not facts.may_stage or request.strategy is RestoreStrategy.SCHEMA_ONLY:
        return ""
    time_series = source.schema.engine is Engine.TIME_SERIES
    imports = any(t.files and not insert_reason(source, t) for t in tables)
    copied = any(t.must_be_copied for t in tables if not insert_reason(source, t))
    if request.strategy is RestoreStrategy.NATIVE or (time_series and imports) or copied:
        return staging_path(plan_id)
    return ""


def staged_metas(source: RestoreSource, request: RestoreRequest, target: str) -> dict[str, str]:
    """The meta.sql files for IMPORT DATABASE, by their paths in the source.

    They name the target, and say nothing that only older versions understand (facts.md, 11.2).
    Raises KwtuiError (META_DAMAGED) for one that does not begin with its database.
    """
    if request.strategy is not RestoreStrategy.NATIVE:
        return {}
    root = source.import_root or source.path
    texts = {}
    for meta in source.metas:
        text = meta.text
        if meta.path == f"{root}/meta.sql":
            text = rename_database(text, meta.path, target)
        texts[_inner(source, meta)] = modern_meta(text, meta.path)
    # What cannot be read here KWDB may read.
    return texts | {p.removeprefix(f"{source.path}/"): t for p, t in source.raw_metas.items()}


def stage(scope: RestoreScope) -> Step:
    """Links for IMPORT to read, so that what it writes lies beside them and not in the backup."""
    metas = scope.staged_metas
    rewritten = f", {plural(len(metas), 'meta.sql file')} written anew" if metas else ""
    changed = sum(len(t.forms) for t in scope.tables)
    copied = f"; {plural(changed, 'file')} copied without what other programs added" * bool(changed)
    skipped = ", empty files left out (they hide those after them)" if scope.time_series else ""
    return Step(
        id="stage",
        kind=StepKind.STAGE,
        title="Link the files into a staging folder",
        explanation="KWDB's IMPORT writes rejected rows beside the files that it reads: "
        f"it reads {scope.staging}, never the backup itself. Hard links "
        f"to the data files{rewritten}{skipped}{copied}; symbolic links "
        "or copies where hard links are not allowed.",
        subject=scope.staging,
        params={
            "staging": scope.staging,
            "files": [
                {"source": file, "path": _below(scope, scope.placed_file(file))}
                | ({"form": msgspec.to_builtins(table.forms[file])} if file in table.forms else {})
                for table in scope.tables
                for file in table.files
            ],
            "folders": [
                _below(scope, scope.placed(table.folder)) for table in scope.tables if table.files
            ],
            "texts": dict(metas),
            "skip_empty": scope.time_series,
        },
        diff=tuple(_differences(scope.source, metas)),
    )


def unstage(scope: RestoreScope) -> Step:
    return Step(
        id="unstage",
        kind=StepKind.UNSTAGE,
        title="Remove the staging folder",
        explanation="The links are removed; the files they point to stay.",
        subject=scope.staging,
        params={"staging": scope.staging},
    )


def _below(scope: RestoreScope, path: str) -> str:
    return path.removeprefix(scope.staging).strip("/")


def _inner(source: RestoreSource, meta: MetaFile) -> str:
    return meta.path.removeprefix(f"{source.path}/")


def _differences(source: RestoreSource, texts: Mapping[str, str]) -> Iterator[str]:
    for meta in source.metas:
        path = _inner(source, meta)
        new = texts.get(path, meta.text)
        if new != meta.text:
            yield from text_difference(meta.text, new, path)


def older_definitions(source: RestoreSource) -> Iterator[str]:
    """What is left out of the definitions of an older version, as a diff (facts.md, 11.2)."""
    for meta in source.metas:
        for table in meta.tables:
            if source.adopted and table.old_clauses:
                yield from text_difference(table.text, table.modern_text, _inner(source, meta))


def text_difference(old: str, new: str, name: str) -> list[str]:
    """A unified diff without its line ends."""
    return list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"{name} (found)", f"{name} (used)", lineterm=""
        )
    )

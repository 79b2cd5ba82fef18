"""``RESTORE.md``: what a set holds, what not, and how to restore it by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kwtui.backups.manifest import Manifest
from kwtui.documents.restoring.chinese import CHINESE
from kwtui.documents.restoring.english import ENGLISH
from kwtui.documents.restoring.words import RestoreWords
from kwtui.documents.runbook import TARGET_MARK, Runbook, RunbookStep, source_uri, stamp
from kwtui.model.schema import DatabaseSchema
from kwtui.sql.quoting import quoted
from kwtui.text import clean, human_bytes, human_count, plural, shell_joined

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


def restore_md(
    manifest: Manifest, schema: DatabaseSchema, runbook: Runbook, language: str = "en"
) -> str:
    """The page in one of the `LANGUAGES`. What was written down of the backup itself, as what it
    does not include, stays in English."""
    words = LANGUAGES[language]
    steps = enumerate(runbook.steps, start=1)
    title = words.title.format(database=clean(manifest.database))
    sections = [
        f"# {title}\n\n{_facts(manifest, schema, words)}",
        f"## {words.held}\n\n" + _tables(manifest, words),
        f"## {words.missing}\n\n" + _missing(manifest, schema, words),
        f"## {words.how}\n\n" + _how(manifest, runbook, words),
        f"## {words.steps}\n\n" + "\n".join(_step(n, s, words) for n, s in steps),
        f"## {words.check}\n\n" + _check(manifest, schema, words),
    ]
    if any(not program.is_made_again for program in schema.programs):
        sections.append(f"## {words.by_hand}\n\n" + _programs(schema, words))
    return "\n\n".join(s.rstrip() for s in sections) + "\n"


def _facts(manifest: Manifest, schema: DatabaseSchema, words: RestoreWords) -> str:
    totals = manifest.totals
    facts = [
        words.made.format(when=stamp(manifest), version=manifest.kwtui_version),
        words.engine.format(engine=words.engines[manifest.engine]),
        words.server.format(
            version=clean(manifest.server_version),
            cluster=manifest.cluster_id,
            node=manifest.node_id,
        ),
        words.totals.format(
            tables=totals.tables, rows=human_count(totals.rows), size=human_bytes(totals.bytes)
        ),
        words.proof.format(level=int(manifest.proof)),
    ]
    if manifest.snapshot_timestamp:
        facts.append(words.instant.format(timestamp=manifest.snapshot_timestamp))
    if manifest.label:
        facts.append(words.label.format(label=clean(manifest.label)))
    if schema.users or schema.roles:
        names = ", ".join(clean(n) for n in (*schema.users, *schema.roles))
        facts.append(words.accounts.format(names=names))
    return _bullets(facts)


def _bullets(lines: Sequence[str]) -> str:
    return "".join(f"- {clean(line)}\n" for line in lines)


def _tables(manifest: Manifest, words: RestoreWords) -> str:
    lines = [f"| {' | '.join(words.held_head)} |", "|---|---|---|---|"]
    for table in manifest.tables:
        name = clean(str(table.name)).replace("|", "\\|")
        size = human_bytes(table.bytes)
        row = f"| {name} | {human_count(table.rows_counted)} | {len(table.files)} | {size} |"
        lines.append(row)
    return "\n".join(lines) + "\n"


def _missing(manifest: Manifest, schema: DatabaseSchema, words: RestoreWords) -> str:
    lines = list(dict.fromkeys([*manifest.not_included, *schema.not_captured]))
    if not lines:
        return _bullets([words.nothing_missing])
    note = f"{words.missing_note}\n\n" if words.missing_note else ""
    return note + _bullets(lines)


def _step(number: int, step: RunbookStep, words: RestoreWords) -> str:
    title, why = _words_of(step, words)
    what = words.statements.format(title=title, count=_count(len(step.sql), words))
    if step.rows:
        what = words.rows_inserted.format(title=title, folder=step.rows.folder)
    explanation = f"   {clean(why)}\n" if why else ""
    return f"{number}. {clean(what)}\n{explanation}".rstrip()


def _words_of(step: RunbookStep, words: RestoreWords) -> tuple[str, str]:
    """What a step does, and why."""
    act = words.acts.get(step.act)
    if act is None:
        return step.title.replace(f" {TARGET_MARK}", ""), step.explanation
    title = act.format(subject=step.subject)
    if step.of:
        title = words.one_of.format(title=title, number=step.number, of=step.of)
    return title, words.explanations.get(step.act, "") if step.explanation else ""


def _count(count: int, words: RestoreWords) -> str:
    return str(count) if words.acts else plural(count, "statement")


def _check(manifest: Manifest, schema: DatabaseSchema, words: RestoreWords) -> str:
    lines = [f"{words.check_words}\n", "```sql"]
    for table in manifest.tables:
        name = f"{quoted(table.name.schema)}.{quoted(table.name.name)}"
        rows, spec = table.rows_counted, schema.table(table.name)
        count = words.unknown_count if rows is None else str(rows)
        if spec is not None and spec.retention_seconds:
            count = words.expiring.format(count=count, seconds=spec.retention_seconds)
        lines.append(f"SELECT count(*) FROM {name}; -- {count}")  # noqa: S608
    return "\n".join([*lines, "```"]) + "\n"


def _programs(schema: DatabaseSchema, words: RestoreWords) -> str:
    """The text of streams, each in a fence that it cannot close."""
    lines = [f"{words.by_hand_words}\n"]
    for program in (p for p in schema.programs if not p.is_made_again):
        text = "\n".join(
            clean(line) for line in program.create_statement.rstrip("; \n").split("\n")
        )
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
        lines += [f"{clean(str(program))}\n", f"{fence}sql", f"{text};", f"{fence}\n"]
    return "\n".join(lines)


def _how(manifest: Manifest, runbook: Runbook, words: RestoreWords) -> str:
    name = clean(shell_joined([f"{manifest.database}_restored"]))
    parts = [words.how_to.format(source=source_uri(manifest), name=name)]
    if runbook.series_folders:
        parts.append(words.staging)
    if any(step.rows for step in runbook.steps):
        parts.append(words.inserts)
    return "\n".join(parts)

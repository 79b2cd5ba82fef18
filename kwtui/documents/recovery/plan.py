"""The recovery plan as Markdown. Pure; every name is cleaned, commands are whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from kwtui.documents.recovery.chinese import CHINESE
from kwtui.documents.recovery.english import ENGLISH
from kwtui.documents.recovery.facts import BackupLine, DatabaseRecovery, Measured, RecoveryFacts
from kwtui.documents.recovery.scenarios import FROM_ELSEWHERE, STEPS, Scenario, Step
from kwtui.documents.recovery.words import Words
from kwtui.text import clean, human_bytes, human_count, human_duration, shell_joined

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}


def plan_file(language: str) -> str:
    """The name of the plan's file beside the sets of its database."""
    return f"RECOVERY.{language}.md"


_MOST_BACKUPS = 10
"""Of each database, the newest ones."""


def recovery_plan(facts: RecoveryFacts, language: str) -> str:
    """The whole plan in one of the `LANGUAGES`."""
    words = LANGUAGES[language]
    sections = [
        _head(facts, words, language),
        _where(facts, words),
        _state(facts, words),
        _contacts(facts, words),
        *(_scenario(scenario, facts, words) for scenario in Scenario),
        _not_covered(facts, words),
        *(_backups(database, words) for database in facts.databases),
    ]
    if facts.unknown:
        sections.append([f"## {words.unknown}", "", *_bullets(facts.unknown)])
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _head(facts: RecoveryFacts, words: Words, language: str) -> list[str]:
    names = ", ".join(_text(database.name) for database in facts.databases)
    made = words.made.format(
        when=_when(facts.made_at), host=_text(facts.host), version=facts.kwtui_version
    )
    asked = [database.name for database in facts.databases]
    command = shell_joined(["kwtui", "runbook", *asked, "--language", language, *facts.options])
    return [f"# {words.title}: {names}", "", made, "", words.renew.format(command=clean(command))]


def _where(facts: RecoveryFacts, words: Words) -> list[str]:
    rows = [
        (words.backups_lie, facts.extern),
        (words.cluster, facts.cluster_id),
        (words.server_version, facts.server_version),
        (words.options, shell_joined(facts.options)),
        (words.copies, ", ".join(facts.targets)),
        (words.wal, "" if facts.wal_level is None else str(facts.wal_level)),
        (words.nodes, "" if facts.nodes is None else str(facts.nodes)),
    ]
    told = [(what, _literal(value)) for what, value in rows if value]
    if not facts.targets:
        told.append((words.copies, words.no_copies))
    return [f"## {words.where}", "", *_table(words.where_head, told)]


def _state(facts: RecoveryFacts, words: Words) -> list[str]:
    rows = []
    for each in facts.databases:
        proven = _literal(each.best) if each.best else words.nothing_proven
        loss = words.loss.format(when=_when(each.best_at)) if each.best_at else words.loss_all
        rows.append(
            (
                _text(each.name),
                f"{each.state}: {_text(each.reason)}",
                proven,
                "" if each.best_proof is None else f"P{each.best_proof}",
                loss,
                _takes(each.restore, words),
                _when(each.last_drill) if each.last_drill else words.never,
            )
        )
    lines = [f"## {words.state}", "", *_table(words.state_head, rows)]
    ages = {each.max_age for each in facts.databases if each.max_age is not None}
    if len(ages) == 1:
        span = human_duration(ages.pop().total_seconds())
        lines += ["", words.promise.format(span=span)]
    return lines


def _takes(measured: Measured | None, words: Words) -> str:
    if measured is None:
        return words.never_restored
    return words.measured.format(
        usual=human_duration(measured.usual),
        fastest=human_duration(measured.fastest),
        slowest=human_duration(measured.slowest),
        times=measured.times,
    )


def _contacts(facts: RecoveryFacts, words: Words) -> list[str]:
    if not facts.contacts:
        missing = words.no_contacts.format(file=clean(facts.contacts_file))
        return [f"## {words.contacts}", "", missing]
    rows = [
        (
            _text(person.name),
            _text(person.role),
            _text(person.phone),
            _text(person.mail),
            words.yes if person.decides else "",
        )
        for person in facts.contacts
    ]
    return [f"## {words.contacts}", "", *_table(words.contacts_head, rows)]


def _scenario(scenario: Scenario, facts: RecoveryFacts, words: Words) -> list[str]:
    told = words.scenarios[scenario]
    deciding = [_text(person.name) for person in facts.contacts if person.decides]
    lines = [
        f"## {told.title}",
        "",
        f"- {words.lost}: {told.lost}",
        f"- {words.takes}: {_all_take(facts, words)}",
        f"- {words.who}: {', '.join(deciding) or words.anybody}",
        "",
    ]
    if scenario in FROM_ELSEWHERE and not facts.targets:
        return [*lines, words.elsewhere_missing]
    restored = [database for database in facts.databases if database.best]
    for number, step in enumerate(STEPS[scenario], 1):
        lines += _step(number, step, facts, restored, words)
    hopeless = [_text(database.name) for database in facts.databases if not database.best]
    if hopeless and scenario is not Scenario.DISK:
        lines += ["", words.nothing_to_restore.format(names=", ".join(hopeless))]
    return lines


def _all_take(facts: RecoveryFacts, words: Words) -> str:
    if len(facts.databases) == 1:
        return _takes(facts.databases[0].restore, words)
    return "; ".join(f"{_text(d.name)} {_takes(d.restore, words)}" for d in facts.databases)


def _step(
    number: int,
    step: Step,
    facts: RecoveryFacts,
    databases: Sequence[DatabaseRecovery],
    words: Words,
) -> Iterator[str]:
    yield f"{number}. {words.acts[step.act]}"
    commands = [
        line
        for database in (databases[:1] if step.once else databases)
        for line in (step.commands(facts, database) if step.commands else ())
    ]
    if commands:
        yield ""
        yield from (f"       {clean(line)}" for line in commands)
        yield ""


def _not_covered(facts: RecoveryFacts, words: Words) -> list[str]:
    own = [
        f"{database.name}: {line}" for database in facts.databases for line in database.not_included
    ]
    return [
        f"## {words.not_covered}",
        "",
        *(f"- {line}" for line in words.not_covered_always),
        *_bullets(own),
    ]


def _backups(database: DatabaseRecovery, words: Words) -> list[str]:
    title = f"## {words.backups}: {_text(database.name)}"
    if not database.backups:
        return [title, "", words.no_backups]
    rows = [_backup(line, words) for line in database.backups[:_MOST_BACKUPS]]
    return [title, "", *_table(words.backups_head, rows)]


def _backup(line: BackupLine, words: Words) -> tuple[str, ...]:
    proof = words.never if line.proof is None else f"P{line.proof}"
    return (
        _literal(line.path),
        _when(line.at),
        words.damaged if line.damaged else proof,
        "?" if line.rows is None else human_count(line.rows),
        human_bytes(line.bytes),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _bullets(lines: Iterable[str]) -> Iterator[str]:
    return (f"- {_text(line)}" for line in lines)


def _when(at: datetime | None) -> str:
    return "?" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_<>[]|#"})


def _text(text: str) -> str:
    """Foreign text as itself: nothing in it is Markdown."""
    return clean(text).translate(_MARKS)


def _literal(text: str) -> str:
    """As code, unless it would end the code."""
    return _text(text) if "`" in text else f"`{clean(text).replace('|', BAR)}`"


BAR = "\\|"
"""A table would take the mark alone for the end of a cell."""

"""The table of known errors: what each one means, what causes it, what to check and what to do.

The table is data, in ``table/*.toml``. The files are read in the order of `_FILES`, and within a
file from top to bottom: of two entries whose patterns fit the same message the first one is meant,
so that what is special stands before what is general.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from kwtui.errors import ExitCode

_FILES = (
    "log",
    "client",
    "store",
    "connection",
    "storage",
    "export",
    "import",
    "silent",
    "jobs",
    "sql",
    "kw",
    "sqlstate",
)


class Area(StrEnum):
    """What an error is about."""

    CONNECTION = "connection"
    PERMISSION = "permission"
    STORAGE = "storage"
    EXPORT = "export"
    IMPORT = "import"
    JOBS = "jobs"
    NODE = "node"
    SQL = "sql"
    """A mistake in a statement that somebody typed."""


@dataclass(frozen=True)
class KnownCheck:
    """A question that can be asked read-only, to find out which cause it is.

    Exactly one of ``sql``, ``doctor`` and ``log`` is set.
    """

    name: str
    title: str
    look_for: str
    """What in the answer tells something."""
    sql: str = ""
    """A statement that only reads."""
    doctor: str = ""
    """The id of a check of `kwtui doctor`."""
    log: str = ""
    """A regular expression for the end of the node's log."""
    family: str = "main"
    """The family of log files that ``log`` is meant for."""


@dataclass(frozen=True)
class Entry:
    """One known error."""

    code: str
    """Stable, for scripts and for ``kwtui explain CODE``."""
    area: Area
    title: str
    means: str
    causes: tuple[str, ...]
    """The likeliest first."""
    checks: tuple[str, ...]
    """Names of checks, in the order in which they should be asked."""
    do: tuple[str, ...]
    """What to do, in order."""
    patterns: tuple[re.Pattern[str], ...] = ()
    near: tuple[re.Pattern[str], ...] = ()
    """What a message may share with this entry and have another cause: it is offered as near."""
    speakers: tuple[str, ...] = ()
    """Other programs whose words it knows, too: ``systemd``, ``kernel``, ``docker``."""
    of_client: bool = False
    """A client meets it. The same words in a node's log are about something else."""
    sqlstates: tuple[str, ...] = ()
    kw: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """What drivers call the SQLSTATE: psycopg's class names."""
    examples: tuple[str, ...] = ()
    """Messages that this entry is meant for."""
    sources: tuple[str, ...] = ()
    """Where it was seen: recordings, sections of facts.md, rows of live-findings.md."""
    general: bool = False
    """It names a class of errors only: which one it is stays open."""
    harmless: bool = False
    """It sounds alarming and needs nothing to be done."""
    in_info: bool = False
    """Also looked for in log lines of the severities info and debug."""
    symptom: bool = False
    """No message has it: what a person sees and describes, where the server said success."""
    exit_code: ExitCode = ExitCode.STATEMENT_REFUSED
    """How a command ends whose statement was refused with this error."""


@dataclass(frozen=True)
class Table:
    entries: tuple[Entry, ...]
    checks: dict[str, KnownCheck]

    def by_code(self, code: str) -> Entry | None:
        return next((e for e in self.entries if e.code == code), None)

    def by_title(self, words: str) -> Entry | None:
        """The entry that kwtui itself spoke of; its titles are what it says of an error."""
        return self._titles.get(_plain(words))

    def advises(self, words: str) -> bool:
        """Whether the words only tell what to do, as kwtui does below an error."""
        return _plain(words) in self._advice

    @cached_property
    def _titles(self) -> dict[str, Entry]:
        return {_plain(entry.title): entry for entry in self.entries}

    @cached_property
    def _advice(self) -> frozenset[str]:
        return frozenset(_plain(step) for entry in self.entries for step in entry.do)

    def checks_of(self, entry: Entry) -> list[KnownCheck]:
        return [self.checks[name] for name in entry.checks]


def _plain(words: str) -> str:
    return words.removeprefix("kwtui: ").strip().removesuffix(".").lower()


@cache
def known() -> Table:
    """The whole table, read once."""
    entries = [_entry(raw) for name in _FILES for raw in _read(name)["entry"]]
    checks = {name: KnownCheck(name=name, **raw) for name, raw in _read("checks").items()}
    return Table(tuple(entries), checks)


def _read(name: str) -> dict[str, Any]:
    text = files("kwtui.diagnosis").joinpath("table", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def _entry(raw: dict[str, Any]) -> Entry:
    lists = {key: tuple(value) for key, value in raw.items() if isinstance(value, list)}
    plain = {key: value for key, value in raw.items() if not isinstance(value, list)}
    patterns, near = (
        tuple(re.compile(p, re.IGNORECASE) for p in lists.pop(name, ()))
        for name in ("patterns", "near")
    )
    area = Area(plain.pop("area"))
    exit_code = ExitCode[plain.pop("exit", "statement_refused").upper()]
    rest = {"causes": (), "checks": ()} | lists | plain
    return Entry(patterns=patterns, near=near, area=area, exit_code=exit_code, **rest)

"""Recognising errors in any text. Pure, and never guessing: what is not known is called so."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from kwtui.diagnosis.entries import Entry, Table, known
from kwtui.diagnosis.messages import Message, split_messages, whole_message
from kwtui.text import without_passwords

_MOST_UNKNOWN = 20
_FEW = 3
_EXCERPT = 400
_NEAREST = 3
# Times, ports and ids.
_NUMBER = re.compile(r"\b\d{6,}\b|(?<=[ :=#])\d+(?=[ :,.])")


class KnownBy(StrEnum):
    """What in the text gave it away."""

    MESSAGE = "message"
    KW_CODE = "KW code"
    SQLSTATE = "SQLSTATE"
    CODE = "code"
    """The code of an entry was typed."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Diagnosis:
    """What one message of the text is, or that it is not known."""

    excerpt: str
    """The message itself, in one line."""
    line: int
    """Of the text, from 1."""
    entry: Entry | None = None
    """None: not known."""
    known_by: KnownBy = KnownBy.NOTHING
    count: int = 1
    """How often the text has it."""
    nearest: tuple[Entry, ...] = ()
    """For what is not known, or known by its class only: entries that share words with it."""

    @property
    def is_known(self) -> bool:
        return self.entry is not None


def recognise(text: str) -> list[Diagnosis]:
    """Every error in the text, in order, each once; what sounds like one and is not known, too.

    The text may be anything that a person copies: a message, several lines, a piece of a log, the
    output of psql or of a driver, a SQLSTATE, a KW code, or the code of an entry. Empty for empty
    text.
    """
    table = known()
    if not text.strip():
        return []
    entry = table.by_code(text.strip().lower())
    if entry is not None:
        return [Diagnosis(text.strip(), 1, entry, KnownBy.CODE)]
    messages = split_messages(text)
    found = _merged(_each(table, messages))
    if not any(d.is_known for d in found) and not _is_calm_log(messages):
        whole = _one(table, whole_message(text))
        if whole is not None and whole.is_known:
            return [whole]
    if not found and not _is_calm_log(messages):
        found = [_unknown(table, whole_message(text))]
    if not found and len(messages) <= _FEW:
        # Whoever asks about one calm line wants its words explained.
        found = _merged(d for m in messages for d in _words_in(table, m))
    return found


def _words_in(table: Table, message: Message) -> Iterator[Diagnosis]:
    for entry in table.entries:
        if entry.harmless and any(p.search(message.text) for p in entry.patterns):
            yield _known(table, message, entry, KnownBy.MESSAGE)


def recognise_answer(message: str, sqlstate: str = "", detail: str = "") -> Entry | None:
    """What a server's answer to a statement means; the words count more than the SQLSTATE."""
    text = " ".join(f"{message} {detail}".split())
    found = _one(known(), Message(text, 1, severity="E", sqlstates=(sqlstate,) if sqlstate else ()))
    return found.entry if found is not None else None


_Told = tuple[str, tuple[str, ...], tuple[str, ...], str]
"""What of a message tells it from others."""


def _each(table: Table, messages: list[Message]) -> Iterator[Diagnosis]:
    """One by one; messages that differ in numbers only are looked up once, and counted."""
    counts: Counter[_Told] = Counter()
    firsts: dict[_Told, Message] = {}
    for message in messages:
        key = (message.severity, message.sqlstates, message.kw, _NUMBER.sub("0", message.text))
        counts[key] += 1
        firsts.setdefault(key, message)
    for key, message in firsts.items():
        found = _one(table, message)
        if found is not None:
            yield replace(found, count=counts[key])


def _is_calm_log(messages: list[Message]) -> bool:
    """Log lines without warnings and errors: there is nothing to explain."""
    return all(message.is_information for message in messages)


def _one(table: Table, message: Message) -> Diagnosis | None:
    if table.advises(message.text):
        return None
    spoken_of = table.by_title(message.text)
    if spoken_of is not None:
        return _known(table, message, spoken_of, KnownBy.MESSAGE)
    for entry in table.entries:
        if _is_of(entry, message) and any(p.search(message.text) for p in entry.patterns):
            return _known(table, message, entry, KnownBy.MESSAGE)
    if message.is_information:
        return None
    by_code = None if message.speaker else _by_code(table, message)
    if by_code is not None:
        return by_code
    return _unknown(table, message) if message.is_alarming else None


def _by_code(table: Table, message: Message) -> Diagnosis | None:
    """By the code alone, which tells the class of an error: its words are not known."""
    for entry in table.entries:
        if set(entry.kw) & set(message.kw):
            return _known(table, message, entry, KnownBy.KW_CODE)
    for entry in table.entries:
        if set(entry.sqlstates) & set(message.sqlstates) or set(entry.names) & set(message.names):
            return _known(table, message, entry, KnownBy.SQLSTATE)
    return None


def _is_of(entry: Entry, message: Message) -> bool:
    """Whether the message comes from a part of the system that the entry is about."""
    if message.is_information and not entry.in_info:
        return False
    if message.speaker and message.speaker not in entry.speakers:
        return False
    if entry.of_client and message.is_logged:
        return False
    return not entry.symptom or message.is_own_words


def _shown(text: str) -> str:
    """What may be repeated: people paste command lines with passwords, too."""
    return without_passwords(text[: 4 * _EXCERPT])[:_EXCERPT]


def _known(table: Table, message: Message, entry: Entry, by: KnownBy) -> Diagnosis:
    found = Diagnosis(_shown(message.text), message.line, entry, by)
    if not entry.general:
        return found
    near = tuple(e for e in nearest(table, message.text) if e is not entry)
    return replace(found, nearest=near)


def _unknown(table: Table, message: Message) -> Diagnosis:
    return Diagnosis(_shown(message.text), message.line, nearest=nearest(table, message.text))


def _merged(found: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Each error once, with how often it was there; unknown ones are told apart by their words."""
    kept: dict[str, Diagnosis] = {}
    unknown = 0
    for one in found:
        key = one.entry.code if one.entry else " ".join(_words(one.excerpt))
        if key in kept:
            kept[key] = replace(kept[key], count=kept[key].count + one.count)
        elif one.entry is not None or unknown < _MOST_UNKNOWN:
            unknown += one.entry is None
            kept[key] = one
    return list(kept.values())


# -- the nearest ------------------------------------------------------------------------------


def nearest(table: Table, text: str) -> tuple[Entry, ...]:
    """Entries that a message like this often means, then those that share the most telling words
    with it; often none."""
    near = [e for e in table.entries if any(pattern.search(text) for pattern in e.near)]
    words = set(_words(text))
    weights = _weights()
    scored = []
    for position, entry in enumerate(table.entries):
        shared = words & _words_of(entry)
        score = sum(weights[word] for word in shared)
        if len(shared) >= 2 and score >= _ENOUGH:
            scored.append((score / math.sqrt(len(_words_of(entry))), -position, entry))
    by_words = [entry for *_, entry in sorted(scored, key=lambda s: s[:2], reverse=True)]
    return tuple(dict.fromkeys((*near, *by_words)))[:_NEAREST]


_ENOUGH = 5.0
_WORD = re.compile(r"[a-z][a-z_]{2,}")
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "the and for that this with not has was are were error failed cannot can does did from "
        "into what which when while its there their but out one all any than then them they too",
    )
)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _EMPTY_WORDS]


@cache
def _words_of(entry: Entry) -> frozenset[str]:
    return frozenset(_words(" ".join((entry.title, entry.means, *entry.examples))))


@cache
def _weights() -> dict[str, float]:
    """Rare words tell more."""
    entries = known().entries
    counts = Counter(word for entry in entries for word in _words_of(entry))
    return {word: math.log(len(entries) / count) for word, count in counts.items()}

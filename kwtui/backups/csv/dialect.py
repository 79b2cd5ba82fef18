"""Finding out how the CSV files of an export without a manifest were written.

Only what KWDB can write is considered (facts.md, 1.3 and 1.12): it always quotes an empty text, and
any value that holds a delimiter, a quote, an escape or a line end, or begins with a blank.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from kwtui.backups.csv.charsets import (
    PYTHON_CHARSETS,
    fitting_charsets,
    is_damaged_utf8,
    undecodable,
)
from kwtui.backups.csv.observation import NULL_TEXTS, Misfit, Observation, observe
from kwtui.backups.csv.plain_nulls import plain_nulls
from kwtui.backups.csv.samples import Sample, TableSample, read_heads
from kwtui.files.foreign.reading import cannot_read
from kwtui.model.requests import Dialect

_QUOTINGS = (('"', '"'), ('"', "\\"), ("'", "'"), ("'", "\\"))
_COMMON_DELIMITERS = (",", "|", "\t", ";")


class Certainty(IntEnum):
    """How sure a guess is. Below LIKELY a person must decide."""

    UNSURE = 0
    LIKELY = 1
    CERTAIN = 2


@dataclass(frozen=True)
class DialectGuess:
    """The candidates that the files allow, best first, with what speaks for the first."""

    candidates: tuple[Dialect, ...]
    certainty: Certainty
    reason: str
    nearest: Dialect | None = None
    """Where no dialect fits every file: the one that fits most of them."""
    misfits: tuple[Misfit, ...] = ()
    """What does not fit the nearest one."""

    @property
    def dialect(self) -> Dialect | None:
        return self.candidates[0] if self.candidates else None


def sniff_dialect(tables: Sequence[TableSample], *, first_is_row: bool = False) -> DialectGuess:
    """The dialects that fit all samples. Reads the heads of some files, about 1 MiB in all.

    ``first_is_row``: a person said that no file begins with column names.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    samples = [replace(s, first_is_row=first_is_row) for s in read_heads(tables)]
    if not any(s.data for s in samples):
        default = Dialect(null_text="")
        return DialectGuess((default,), Certainty.CERTAIN, "The files hold no records.")
    heads = [s.data for s in samples]
    charsets = fitting_charsets(heads)
    if not charsets or ("UTF-8" not in charsets and is_damaged_utf8(heads)):
        return _broken_text(samples)
    guesses = [_guess(tables, samples, charset) for charset in charsets]
    found = [g for g in guesses if g.candidates]
    if len(found) == 1 or (found and charsets[0] == "UTF-8"):
        return found[0]
    if not found:
        return guesses[0]
    names = " or ".join(str(g.candidates[0].charset) for g in found)
    candidates = tuple(c for g in found for c in g.candidates)
    reason = f"The text could be {names}: look at a page and choose. {found[0].reason}"
    return DialectGuess(candidates, Certainty.UNSURE, reason)


def _broken_text(samples: Sequence[Sample]) -> DialectGuess:
    """Text of none of KWDB's charsets, or UTF-8 that is damaged in some files: which, and where."""
    misfits = []
    for sample in samples:
        if found := undecodable(sample.data, "UTF-8"):
            at, why = found
            record = sample.data.count(b"\n", 0, at) + 1
            reason = f"byte {sample.data[at]:#04x} is not UTF-8 text ({why})"
            misfits.append(Misfit(str(sample.path), record, reason))
    reason = "The files are text in none of the charsets that KWDB writes."
    nearest = Dialect(null_text="")
    return DialectGuess((), Certainty.UNSURE, reason, nearest, tuple(misfits))


def _guess(tables: Sequence[TableSample], samples: Sequence[Sample], charset: str) -> DialectGuess:
    decoder = codecs.getincrementaldecoder(PYTHON_CHARSETS[charset])
    for sample in samples:
        sample.text = decoder().decode(sample.data, final=sample.whole)
    found: list[tuple[int, Dialect, Observation]] = []
    # Without any quote or backslash all quotings read the same.
    marked = any(mark in s.text for s in samples for mark in "\"'\\")
    for rank, delimiter in enumerate(_delimiters(samples)):
        for enclosed, escaped in _QUOTINGS if marked else _QUOTINGS[:1]:
            if delimiter in (enclosed, escaped):
                continue
            dialect = Dialect(delimiter, enclosed, escaped, "", charset)
            seen = observe(samples, dialect)
            # A quote that quotes nothing speaks for nothing: where only it fits, the usual quotes
            # of a file that was cut inside them would become part of its values.
            if seen.fits and (enclosed == '"' or seen.quoted):
                found.append((rank, dialect, seen))
    if not found:
        return _nearest(samples, charset)
    most = max(seen.quoted for _, _, seen in found)
    found = [f for f in found if f[2].quoted == most]
    # A moment has dashes and colons itself: what makes 2026 of one is not how EXPORT wrote it.
    least = min(seen.odd_moments for _, _, seen in found)
    found = [f for f in found if f[2].odd_moments == least]
    nulls: set[str] | None = None
    if charset == "UTF-8" and not most and not all(s.whole for s in samples):
        files = [path for table in tables for path in table.files]
        try:
            nulls = plain_nulls(files, found[0][1].delimiter)
        except OSError as error:
            raise cannot_read(files[0].parent, error) from error
    return _conclude(samples, found, nulls)


def _delimiters(samples: Sequence[Sample]) -> list[str]:
    """Usual ones first, then every other mark that stands in the first sample with a record."""
    if all(len(s.columns) == 1 for s in samples):
        return [","]
    text = next((s.text for s in samples if s.text), "")
    others = sorted({c for c in text if c.isascii() and not c.isalnum()} - set("\"'\n\r"))
    return [*_COMMON_DELIMITERS, *(c for c in others if c not in _COMMON_DELIMITERS)]


def _nearest(samples: Sequence[Sample], charset: str) -> DialectGuess:
    """No dialect fits: the one that fits most files, and of those the one that reads furthest."""
    best: tuple[int, int] | None = None
    nearest, misfits = Dialect(null_text="", charset=charset), list[Misfit]()
    for delimiter in _COMMON_DELIMITERS:
        dialect = replace(nearest, delimiter=delimiter)
        seen = observe(samples, dialect, tolerant=True)
        rank = (-len(seen.misfits), seen.records)
        if best is None or rank > best:
            best, misfits, nearest = rank, seen.misfits, dialect
    reason = "No delimiter and quoting give every record as many fields as the table has."
    return DialectGuess((), Certainty.UNSURE, reason, nearest, tuple(misfits))


def _conclude(
    samples: Sequence[Sample],
    found: Sequence[tuple[int, Dialect, Observation]],
    nulls: set[str] | None,
) -> DialectGuess:
    """``nulls``: what stands for NULL in all files, if it is known that nothing is quoted."""
    _, best, seen = found[0]
    whole = all(s.whole for s in samples) or (nulls is not None and nulls <= {""})
    if nulls == {""}:
        seen.plain_empty += 1
    doubts: list[str] = []
    null_texts, null_doubt = _null_texts(seen, whole=whole)
    if null_doubt:
        doubts.append(null_doubt)
    if any(not s.columns for s in samples):
        doubts.append("the columns are not known")
    if best.charset != "UTF-8":
        doubts.append(f"that the text is {best.charset} is a guess from its bytes")
    delimiters = {d.delimiter for _, d, _ in found}
    if len(delimiters) > 1:
        doubts.append(f"the delimiter could be any of {' '.join(map(repr, sorted(delimiters)))}")
    if not seen.quoted and not whole:
        doubts.append("no quoted value was seen")
    header = seen.headers > 0 and seen.headers == sum(1 for s in samples if s.data)
    if seen.headers and not header:
        doubts.append("only some files begin with the column names")
    dialects = [replace(best, null_text=n, header=header) for n in null_texts]
    dialects += [
        replace(d, null_text=null_texts[0], header=header)
        for _, d, _ in found[1:]
        if d.delimiter != best.delimiter or (seen.quoted and d.enclosed != best.enclosed)
    ]
    certainty = Certainty.CERTAIN
    if doubts:
        unsure = len(delimiters) > 1 or any(not s.columns for s in samples)
        certainty = Certainty.UNSURE if unsure else Certainty.LIKELY
    return DialectGuess(tuple(dialects), certainty, _reason(samples, doubts, whole=whole))


def _null_texts(seen: Observation, *, whole: bool) -> tuple[list[str], str]:
    """The texts that may mean NULL, best first, and what is doubtful about it."""
    if seen.plain_empty:
        return [""], ""
    if seen.sure_nulls:
        return [max(seen.sure_nulls, key=lambda n: seen.sure_nulls[n])], ""
    if seen.nulls:
        best = max(seen.nulls, key=lambda n: seen.nulls[n])
        return [best, ""], f"{best} stands for NULL, or is a text, in text columns only"
    if whole:
        return [""], ""
    return ["", *NULL_TEXTS], "no NULL was seen, so that its text is not known"


def _reason(samples: Sequence[Sample], doubts: Sequence[str], *, whole: bool) -> str:
    read = "All records were read" if whole else "The first records of the files were read"
    fit = "and each has as many fields as its table has columns"
    if any(not s.columns for s in samples):
        fit = "and all of a file have the same number of fields"
    text = f"{read}, {fit}."
    if doubts:
        text += " But " + "; ".join(doubts) + "."
    return text

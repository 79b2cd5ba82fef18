"""Foreign text made fit to show, and numbers as people read them. No I/O.

Names, messages, log lines and values come from servers and files. `clean` turns everything that a
terminal would obey instead of show into visible marks; whatever reaches a screen or a terminal goes
through it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})
ELLIPSIS = "…"


class _Marks(dict[int, str]):
    """A table for `str.translate` that finds out about each character once."""

    def __missing__(self, code: int) -> str:
        mark = self[code] = _mark(code)
        return mark


def _mark(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0xDC80 <= code <= 0xDCFF:
        return f"‹{code - 0xDC00:02x}›"
    if unicodedata.category(chr(code)) in _HIDDEN_CATEGORIES:
        return f"‹{code:02x}›" if code < 0x100 else f"‹U+{code:04X}›"
    return chr(code)


_marks = _Marks()
_LONGEST_RUN = 4
"""Combining marks on one character: no writing has more, and more would cover the lines above."""
_RUN = re.compile(f"m{{{_LONGEST_RUN + 1},}}")


class _Combining(dict[int, str]):
    """Of each character whether it stands on the one before it: ``m`` for a mark."""

    def __missing__(self, code: int) -> str:
        found = self[code] = "m" if unicodedata.category(chr(code)) in ("Mn", "Me") else " "
        return found


_combining = _Combining()


def clean(text: str, *, tab: str = "    ") -> str:
    """``text`` as one line without a single control character, nothing of it lost from sight.

    Control characters become their control pictures (``␛`` for ESC), bytes that were no UTF-8
    (surrogates of `decode`) become ``‹ff›``, and characters that are invisible, unassigned or
    change the direction of writing ``‹U+202E›``. A tab becomes ``tab``. A newline is marked too:
    split lines first. Of a pile of combining marks the first few are shown, and their number.
    """
    if text.isprintable():
        return text if text.isascii() else _without_piles(text)
    if "\t" in text:
        text = text.replace("\t", tab)
    return _without_piles(text.translate(_marks))


def clean_lines(text: str) -> str:
    """A text of several lines, each of them cleaned."""
    return "\n".join(map(clean, text.split("\n")))


def _without_piles(text: str) -> str:
    """With no more than a few marks on one character, and how many more there were."""
    return _with_piles(text, lambda marks: f"‹+{len(marks)} marks›")


def _with_piles(text: str, shown: Callable[[str], str]) -> str:
    """With something else for what of a pile of marks is too many."""
    kinds = text.translate(_combining)
    if "m" * (_LONGEST_RUN + 1) not in kinds:
        return text
    parts, done = [], 0
    for run in _RUN.finditer(kinds):
        kept = run.start() + _LONGEST_RUN
        parts += [text[done:kept], shown(text[kept : run.end()])]
        done = run.end()
    return "".join([*parts, text[done:]])


def escaped_json(text: str) -> str:
    """JSON text that says the same, with ``\\u…`` for what `clean` would mark.

    Of control characters JSON itself escapes only those below a blank: a terminal obeys others too.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\n\t" else _json_escaped(c) for c in text)
    return text if text.isascii() else _with_piles(text, _json_escaped)


def _json_escaped(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


_ENDED = re.compile(r"""[.!?:;,…]["'”’)\]`]*$""")


def sentences(*parts: str) -> str:
    """The parts as one text, each but the last with a stop at its end; empty ones are left out.

    Titles, causes and hints come from many hands, a server's among them: not all end with one.
    """
    kept = [stripped for part in parts if (stripped := part.strip())]
    ended = [part if _ENDED.search(part) else f"{part}." for part in kept[:-1]]
    return " ".join([*ended, *kept[-1:]])


def one_text(words: str) -> str:
    """The lines that another program said, one behind the other."""
    return sentences(*words.splitlines())


def shell_quoted(word: str) -> str:
    """The word as it can be copied into a shell: one line, and nothing that a terminal obeys.

    What cannot be shown is written as ``$'…'``, which bash, zsh, ksh and newer POSIX shells read.
    """
    import shlex

    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_shell_escaped, word)) + "'"


def shell_joined(words: Iterable[str]) -> str:
    """A command line of these words, as `shell_quoted`."""
    return " ".join(map(shell_quoted, words))


def _shell_escaped(character: str) -> str:
    if character in "'\\":
        return "\\" + character
    if character.isprintable():
        return character
    errors = "surrogateescape" if "\udc80" <= character <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", errors))


_WORD = re.compile(r"\S++")
_BEFORE_PASSWORD = re.compile(r":/{1,2}[^:/@]*+:")
_PAIR_PASSWORD = re.compile(
    r"(?i)((?:(?<![^\W_])|(?<=PG))pass(?:word|wd)?\s*+(?:=\s*+|(?=')))('(?:[^'\\]|\\.)*+'?|[^\s&]++)"
)


def without_passwords(text: str) -> str:
    """The text with ``***`` for the password of a URL, of ``password=…`` and of SQL's ``PASSWORD
    '…'``; in time that is in proportion to its length."""
    return _PAIR_PASSWORD.sub(r"\1***", _WORD.sub(_url_without_password, text))


def _url_without_password(word: re.Match[str]) -> str:
    """A password may hold an @ too, so it ends at the last one."""
    text = word.group()
    end = text.rfind("@")
    begin = _BEFORE_PASSWORD.search(text) if end > 0 else None
    if begin is None or begin.end() > end:
        return text
    return f"{text[: begin.end()]}***{text[end:]}"


def decode(data: bytes) -> str:
    """UTF-8 as text; bytes that are none are kept as surrogates, which `clean` shows."""
    return data.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"} or character in "\u200b\u200c\u200d\ufeff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cell_width(text: str) -> int:
    """How many terminal cells ``text`` takes; Chinese characters take two."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def cut(text: str, cells: int, mark: str = ELLIPSIS) -> str:
    """``text`` in at most ``cells`` cells, with ``mark`` at the end where something was cut off."""
    if cell_width(text) <= cells:
        return text
    room = cells - cell_width(mark)
    if room < 0:
        return ""
    used = 0
    for position, character in enumerate(text):
        used += _character_width(character)
        if used > room:
            return text[:position] + mark
    return text


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """``text`` cut or filled with blanks to exactly ``cells`` cells; ``right`` aligns right."""
    short = cut(text, cells)
    blanks = " " * (cells - cell_width(short))
    return blanks + short if right else short + blanks


def human_bytes(count: int | None) -> str:
    """``1.4 MiB``; a question mark where the size is not known."""
    if count is None:
        return "?"
    if abs(count) < 1024:
        return f"{count} B"
    import humanize

    return humanize.naturalsize(count, binary=True)


def human_count(count: int | None) -> str:
    """``1,440,000``; a question mark where the count is not known."""
    return "?" if count is None else f"{count:,}"


SPAN_UNITS: Mapping[str, str] = {
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "w": "weeks",
}


def time_span(text: str, units: Mapping[str, str] = SPAN_UNITS) -> timedelta | None:
    """``26h``, ``90min``, ``7d``; None for what is no such time, or none at all."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or match[2] not in units or not int(match[1]):
        return None
    return timedelta(**{units[match[2]]: int(match[1])})


_SPAN = re.compile(r"(\d{1,6})\s*([a-z]+)")


def human_duration(seconds: float) -> str:
    """``0.3 s``, ``42 s``, ``3 min 20 s``, ``5 h 2 min``, ``3 d 4 h``."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    for size, unit, small, small_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // small
            return f"{whole // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{whole} s"


def human_age(seconds: float) -> str:
    """An age in its largest unit, as people say it; below a minute it is ``now``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def human_ago(seconds: float) -> str:
    """``5 min ago``; below a minute ``just now``, also where a clock goes behind."""
    return "just now" if seconds < 60 else f"{human_age(seconds)} ago"


def sparkline(values: Sequence[float], width: int) -> str:
    """The last ``width`` values as bars between the smallest and the largest of them; what differs
    by less than a twentieth is drawn alike."""
    shown = values[-width:] if width > 0 else ()
    if not shown:
        return ""
    least, most = min(shown), max(shown)
    if most - least <= most / 20:
        return _BARS[3] * len(shown)
    return "".join(_BARS[round((value - least) * 7 / (most - least))] for value in shown)


_BARS = "▁▂▃▄▅▆▇█"


def plural(count: int | None, word: str, many: str | None = None) -> str:
    """``1 table``, ``2 tables``, ``0 entries``; ``? rows`` where the count is not known."""
    return f"{human_count(count)} {word if count == 1 else many or word + 's'}"

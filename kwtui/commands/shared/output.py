"""What commands print: plain lines for people, JSON for scripts, errors on standard error.

With ``--json`` standard output holds JSON alone: one object, or one event a line while something
runs. Every object has ``v`` (the format's version) and ``kind``; events have ``v`` and ``event``.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from kwtui.errors import KwtuiError

JSON_VERSION = 1


class Output:
    """Standard output and standard error of one command."""

    def __init__(self, *, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._out = out or _standard(sys.stdout, utf8=json)
        self._err = err or _standard(sys.stderr)
        self._status = ""

    @property
    def is_terminal(self) -> bool:
        """Whether progress may be drawn and questions may be asked."""
        return not self.json and self._err.isatty() and sys.stdin.isatty()

    @property
    def width(self) -> int:
        import shutil

        return shutil.get_terminal_size((80, 24)).columns

    @property
    def out_width(self) -> int | None:
        """The columns of the terminal that results go to; None where they go elsewhere."""
        return self.width if self._out.isatty() else None

    def line(self, text: str = "") -> None:
        """One line for people, whatever text it holds: a newline in a name begins no other."""
        self.clear_status()
        self._write(self._out, one_line(text) + "\n")

    def note(self, text: str) -> None:
        """A line that is no result: on standard error, also with ``--json``."""
        self.clear_status()
        self._write(self._err, one_line(text) + "\n")

    def object(self, kind: str, value: Any) -> None:
        """The one object of a command."""
        import msgspec

        from kwtui.files.json_text import encode

        fields = msgspec.to_builtins(value, enc_hook=str)
        body = fields if isinstance(fields, dict) else {"items": fields}
        encoded = encode({"v": JSON_VERSION, "kind": kind, **body})
        self._write(self._out, encoded.decode() + "\n")

    def event(self, encoded: bytes) -> None:
        """One line of a stream of events."""
        self._write(self._out, encoded.decode() + "\n")

    def error(self, error: KwtuiError) -> None:
        """The message for people on standard error; with ``--json`` also as an object.

        Never with a password, wherever among the words of the command it stood.
        """
        from kwtui.text import without_passwords

        self.clear_status()
        title, *rest = map(without_passwords, error.lines())
        self._write(self._err, f"kwtui: {one_line(title)}\n")
        for part in rest:
            for line in part.split("\n"):
                self._write(self._err, f"  {one_line(line)}\n")
        if error.known_as:
            self._write(self._err, f"  Causes and checks: kwtui explain {error.known_as}\n")
        if self.json:
            self.object(
                "error",
                {
                    "title": without_passwords(error.title),
                    "cause": without_passwords(error.cause),
                    "hint": without_passwords(error.hint),
                    "exit_code": int(error.exit_code),
                    "known_as": error.known_as,
                },
            )

    def go_unread(self) -> None:
        """Print nothing more: whoever read standard output has gone, and we must still end."""
        _forget(self._out)

    # -- a line that is drawn again and again ------------------------------------------------

    def ask(self, question: str) -> None:
        """A question at the beginning of a line; the answer is typed behind it."""
        self.clear_status()
        self._write(self._err, one_line(question) + " ")

    def status(self, text: str) -> None:
        """Show ``text`` as the last line of the terminal, in place of the one before."""
        from kwtui.text import cut

        shown = cut(one_line(text), max(20, self.width - 1))
        if shown != self._status:
            self._write(self._err, f"\r\x1b[K{shown}")
            self._status = shown

    def clear_status(self) -> None:
        if self._status:
            self._write(self._err, "\r\x1b[K")
            self._status = ""

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            _forget(stream)
            raise KwtuiError(
                "The output cannot be written.",
                cause=error.strerror or str(error),
                hint="A run that was started continues: see kwtui runs.",
            ) from error


def _standard(stream: TextIO | None, *, utf8: bool = False) -> TextIO:
    """A standard stream that takes every character; one that the caller closed takes all."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        if utf8:
            stream.reconfigure(encoding="utf-8")
        elif stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    return stream


def _forget(stream: TextIO) -> None:
    """Let Python not write again at exit what could not be written now."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def one_line(text: str) -> str:
    """Foreign text as one line: a newline in a name must not begin a line that we seem to say."""
    if text.isascii() and text.isprintable():
        return text
    from kwtui.text import clean

    return clean(text)


def table(rows: Sequence[tuple[str, ...]], *, right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as aligned lines, the first row being the heading."""
    from kwtui.text import cell_width, clean, pad

    cleaned = [tuple(clean(cell) for cell in row) for row in rows]
    widths = [max(cell_width(row[i]) for row in cleaned) for i in range(len(cleaned[0]))]
    lines = []
    for row in cleaned:
        cells = (pad(cell, widths[i], right=i in right) for i, cell in enumerate(row))
        lines.append("  ".join(cells).rstrip())
    return lines


def fitted_table(
    rows: Sequence[tuple[str, ...]],
    width: int | None,
    *,
    right: frozenset[int] = frozenset(),
    leave_first: Sequence[str] = (),
) -> list[str]:
    """As `table`, in the columns of a terminal; ``width`` None: a pipe gets everything.

    Columns leave by their headings, in the order of ``leave_first``; then the last one is cut.
    """
    from kwtui.text import cell_width, cut

    shown = list(range(len(rows[0])))
    for title in (None, *leave_first):
        shown = [i for i in shown if rows[0][i] != title]
        chosen = [tuple(row[i] for i in shown) for row in rows]
        lines = table(chosen, right=frozenset(at for at, i in enumerate(shown) if i in right))
        if width is None or max(map(cell_width, lines)) <= width:
            return lines
    begin = max(cell_width(line) for line in table([row[:-1] for row in chosen]))
    if width is None or begin + 2 + _LEAST > width:
        return lines
    return [cut(line, width) for line in lines]


_LEAST = 12
"""Cells of a last column below which its beginning tells nothing."""

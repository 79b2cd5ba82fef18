"""What commands print: plain lines for people, JSON for scripts, errors on standard error.

With ``--json`` standard output holds JSON alone: one object, or one event a line while something
runs. Every object has ``v`` (the format's version) and ``kind``; events have ``v`` and ``event``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from kwtui.errors import KwtuiError

JSON_VERSION = 1


class Output:
    """Standard output and standard error of one command."""

    def __init__(self, *, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._status = ""

    @property
    def is_terminal(self) -> bool:
        """Whether progress may be drawn and questions may be asked."""
        return not self.json and self._err.isatty() and sys.stdin.isatty()

    @property
    def width(self) -> int:
        import shutil

        return shutil.get_terminal_size((80, 24)).columns

    def line(self, text: str = "") -> None:
        """A line for people; foreign text in it is made harmless."""
        self.clear_status()
        self._write(self._out, _harmless(text) + "\n")

    def note(self, text: str) -> None:
        """A line that is no result: on standard error, also with ``--json``."""
        self.clear_status()
        self._write(self._err, _harmless(text) + "\n")

    def object(self, kind: str, value: Any) -> None:
        """The one object of a command."""
        import msgspec

        fields = msgspec.to_builtins(value, enc_hook=str)
        body = fields if isinstance(fields, dict) else {"items": fields}
        encoded = msgspec.json.encode({"v": JSON_VERSION, "kind": kind, **body})
        self._write(self._out, encoded.decode() + "\n")

    def event(self, encoded: bytes) -> None:
        """One line of a stream of events."""
        self._write(self._out, encoded.decode() + "\n")

    def error(self, error: KwtuiError) -> None:
        """The message for people on standard error; with ``--json`` also as an object."""
        self.clear_status()
        title, *rest = error.lines()
        self._write(self._err, f"kwtui: {_harmless(title)}\n")
        for part in rest:
            for line in part.splitlines():
                self._write(self._err, f"  {_harmless(line)}\n")
        if self.json:
            self.object(
                "error",
                {
                    "title": error.title,
                    "cause": error.cause,
                    "hint": error.hint,
                    "exit_code": int(error.exit_code),
                },
            )

    # -- a line that is drawn again and again ------------------------------------------------

    def status(self, text: str) -> None:
        """Show ``text`` as the last line of the terminal, in place of the one before."""
        from kwtui.text import cut

        shown = cut(_harmless(text), max(20, self.width - 1))
        if shown != self._status:
            self._write(self._err, f"\r\x1b[K{shown}")
            self._status = shown

    def clear_status(self) -> None:
        if self._status:
            self._write(self._err, "\r\x1b[K")
            self._status = ""

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(text)
        stream.flush()


def _harmless(text: str) -> str:
    """Most lines are plain; only others load the tables that clean them."""
    if text.isprintable():
        return text
    from kwtui.text import clean

    return "\n".join(clean(line) for line in text.split("\n"))


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

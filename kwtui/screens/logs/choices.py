"""What one can open on the log screen: families, all of them, single files. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.opening import by_family
from kwtui.text import human_bytes
from kwtui.widgets.paint import BLANK, Line, Part, line
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Log", 9, grow=True),
    Column("Begun", 19, drop=1),
    Column("Changed (UTC)", 19),
    Column("Files", 5, "right"),
    Column("Bytes", 10, "right"),
    Column("", 7),
    Column("File", 40, grow=True, drop=2),
)


@dataclass(frozen=True)
class LogChoice:
    """A row of the list."""

    key: str
    title: str
    name: str
    """Of the file that grows, or what it is."""
    short: str
    """What the log is called where there is little room."""
    files: tuple[LogFile, ...]
    state: str = ""
    problem: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, in words; empty for files of this machine."""
        return self.files[0].origin

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    @property
    def modified(self) -> datetime:
        return max(file.modified for file in self.files)

    @property
    def begun(self) -> datetime | None:
        """From the names; UTC, but for TsEngine files (facts.md, 5.1)."""
        return min((file.created for file in self.files if file.created), default=None)


def choices_of(files: Sequence[LogFile]) -> list[LogChoice]:
    """Each family with its rotated files, then all by time, then older files one by one."""
    families = by_family(files)
    choices = []
    for family, each in families.items():
        newest, state = each[0], "current" if each[0].current else ""
        short = newest.link.name if newest.link is not None else _name_of(newest)
        choices.append(
            LogChoice(family.value, family.value, newest.path.name, short, tuple(each), state)
        )
    if len(families) > 1:
        readable = tuple(file for each in families.values() for file in each)
        words = "every log, by time"
        choices.append(LogChoice("all", "all logs", words, "all logs by time", readable))
    for file in files:
        alone = len(families.get(file.family, ())) == 1
        key, name = str(file.path), file.path.name
        if file.problem:
            title = file.family.value
            choices.append(LogChoice(key, title, name, name, (file,), "no", file.problem))
        elif not file.current and not alone:
            choices.append(LogChoice(key, f"· {file.family}", name, _name_of(file), (file,)))
    return choices


def _name_of(file: LogFile) -> str:
    """What tells a file from its like in few cells."""
    if file.created is not None:
        return f"{file.family.value} of {file.created:%Y-%m-%d %H:%M:%S}"
    return file.path.name


def choice_lines(choice: LogChoice | None) -> list[Line]:
    """What stands beside the list: every file that belongs to it, newest first."""
    if choice is None:
        return []
    lines = [line((choice.title, "strong"), f"  {choice.origin}".rstrip())]
    if choice.problem:
        lines.append(line(("✗ ", "error"), choice.problem, indent=2))
    for file in choice.files:
        written = f"{human_bytes(file.bytes)}, written {file.modified:%Y-%m-%d %H:%M:%S} UTC"
        lines += [BLANK, line(str(file.path), indent=2), line((written, "muted"))]
        if file.link is not None:
            lines.append(line((f"{file.link.name} always points to it", "muted")))
    return lines


def cells(choice: LogChoice) -> list[str | Part]:
    return [
        (choice.title, "" if choice.title.startswith("·") else "strong"),
        choice.problem or (choice.begun.strftime("%Y-%m-%d %H:%M:%S") if choice.begun else ""),
        choice.modified.strftime("%Y-%m-%d %H:%M:%S"),
        str(len(choice.files)),
        human_bytes(choice.bytes),
        (choice.state, "error" if choice.problem else "good"),
        (choice.problem or choice.name, "muted"),
    ]

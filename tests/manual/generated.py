"""The parts of the manual that are made from the code: ``python -m tests.manual.generated``.

A page marks such a part with ``<!-- generated: NAME -->`` and ``<!-- /generated -->``. What stands
between the marks is written anew; a test says when it is not what the code says.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kwtui.errors import ExitCode
from kwtui.keys.tables import keys_as_markdown
from kwtui.manual import shells
from kwtui.manual.pages import FOLDER, TOPICS
from tests.manual.command_reference import command_sections, command_table, interface_options
from tests.manual.json_reference import event_table, kind_sections

_PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def exit_code_table() -> str:
    rows = [f"| {int(code)} | {code.meaning} |" for code in ExitCode]
    return "\n".join(["| Code | Meaning |", "|---|---|", *rows]) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    "keys": keys_as_markdown,
    "exit-codes": exit_code_table,
    "interface-options": interface_options,
    "command-table": command_table,
    "command-sections": command_sections,
    "json-kinds": kind_sections,
    "json-events": event_table,
}


def with_parts(text: str) -> str:
    """The page with its generated parts as the code has them now."""

    def now(found: re.Match[str]) -> str:
        return f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}"

    return _PART.sub(now, text)


def parts_of(text: str) -> list[str]:
    """The names of the parts that a page holds."""
    return [found[2] for found in _PART.finditer(text)]


def main() -> None:
    for topic in TOPICS:
        path = FOLDER / f"{topic}.md"
        path.write_text(with_parts(path.read_text("utf-8")), "utf-8")
    # Last, since it needs a library that an older environment may lack.
    from tests.manual.shell_files import shell_files

    for name, text in shell_files().items():
        (shells.FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()

"""kwtui explain: what an error means, likely causes, what to check and what to do."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.output import Output, table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kwtui.controller import Controller
    from kwtui.diagnosis import Diagnosis, Entry

_MOST_BYTES = 4 << 20


async def explain(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code 0 if everything was recognised, 33 if something was not."""
    if args.list:
        return _list_entries(output)
    text = _text_of(args)
    code = _exit_code_of(text)
    if code is not None:
        return _tell_exit_code(output, code)
    found = controller.doctor.explain(text)
    answers = await _answers(controller, args, found) if args.check else {}
    if output.json:
        output.object("explain", {"diagnoses": [_as_object(d) for d in found], "checks": answers})
    else:
        for line in _lines(found, answers, output.width):
            output.line(line)
    return int(ExitCode.OK if all(d.is_known for d in found) else ExitCode.NOT_FOUND)


_EXIT_CODE = re.compile(r"(?:exit(?:ed)? )?(?:code |status )?(\d{1,3})")


def _exit_code_of(text: str) -> ExitCode | None:
    """The exit code of kwtui that the text is, if it is one and nothing else."""
    match = _EXIT_CODE.fullmatch(text.strip().lower())
    if match is None or int(match[1]) not in set(ExitCode):
        return None
    return ExitCode(int(match[1]))


def _tell_exit_code(output: Output, code: ExitCode) -> int:
    words = {"code": int(code), "name": code.name.lower(), "meaning": code.meaning}
    if output.json:
        output.object("explain", {"diagnoses": [], "checks": {}, "exit_code": words})
    else:
        output.line(f"Exit code {int(code)} of kwtui: {code.meaning}.")
        output.line("  Its message tells more: kwtui explain 'MESSAGE'")
    return int(ExitCode.OK)


def _text_of(args: argparse.Namespace) -> str:
    """From the arguments, a file, or standard input."""
    if args.text and args.file:
        raise KwtuiError(
            "Give the text or a file, not both.",
            hint="See kwtui explain --help.",
            exit_code=ExitCode.USAGE,
        )
    if args.text:
        return " ".join(args.text)
    if args.file and args.file != "-":
        return _read(Path(args.file).expanduser())
    if sys.stdin.isatty():
        print("Paste the error, then Ctrl+D.", file=sys.stderr)  # noqa: T201
    return sys.stdin.buffer.read(_MOST_BYTES).decode("utf-8", "replace")


def _read(path: Path) -> str:
    """The end of the file: what happened last is what one asks about."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MOST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        raise KwtuiError(
            f"{path} cannot be read.",
            cause=error.strerror or str(error),
            exit_code=ExitCode.NOT_FOUND,
        ) from error


async def _answers(
    controller: Controller, args: argparse.Namespace, found: Sequence[Diagnosis]
) -> dict[str, list[str]]:
    """What the checks of the recognised entries say, each asked once."""
    from kwtui.commands.doctor import look_around

    await look_around(controller, args)
    names = dict.fromkeys(name for d in found if d.entry for name in d.entry.checks)
    return await controller.doctor.answers(names)


def _as_object(found: Diagnosis) -> dict[str, object]:
    return {
        "excerpt": found.excerpt,
        "line": found.line,
        "count": found.count,
        "known": found.is_known,
        "known_by": found.known_by.value,
        "entry": _entry_object(found.entry) if found.entry else None,
        "nearest": [entry.code for entry in found.nearest],
    }


def _entry_object(entry: Entry) -> dict[str, object]:
    from kwtui.diagnosis import known

    checks = known().checks_of(entry)
    return {
        "code": entry.code,
        "area": entry.area.value,
        "title": entry.title,
        "means": entry.means,
        "causes": entry.causes,
        "checks": [
            {"name": c.name, "title": c.title, "look_for": c.look_for, "sql": c.sql} for c in checks
        ],
        "do": entry.do,
        "harmless": entry.harmless,
        "general": entry.general,
        "sqlstates": entry.sqlstates,
        "kw": entry.kw,
        "sources": entry.sources,
    }


# -- for people -------------------------------------------------------------------------------


def _lines(found: Sequence[Diagnosis], answers: dict[str, list[str]], width: int) -> Iterator[str]:
    if not found:
        yield "There is no error in this text."
        return
    for position, diagnosis in enumerate(found):
        if position:
            yield ""
        yield from _diagnosis_lines(diagnosis, answers, min(width, 100))


def _diagnosis_lines(found: Diagnosis, answers: dict[str, list[str]], width: int) -> Iterator[str]:
    where = f"line {found.line}" + (f", {found.count} times" if found.count > 1 else "")
    yield from _wrapped(found.excerpt, width, "> ", "> ")
    entry = found.entry
    if entry is None:
        yield f"  Unknown ({where}). kwtui does not guess."
    else:
        yield from _wrapped(f"{entry.title} [{entry.code}]", width, "  ")
        yield from _wrapped(f"({where}; known by its {found.known_by.value})", width, "  ")
        yield from _entry_lines(entry, answers, width)
    if found.nearest:
        yield "  Similar known errors, which share words with it:"
        for near in found.nearest:
            yield from _wrapped(f"{near.code}: {near.title}", width, "    ")
        yield "  Read about one: kwtui explain CODE"


def _entry_lines(entry: Entry, answers: dict[str, list[str]], width: int) -> Iterator[str]:
    from kwtui.diagnosis import known

    if entry.harmless:
        yield "  Harmless."
    yield from _wrapped(entry.means, width, "  ")
    if entry.causes:
        yield "  Likely causes, the likeliest first:"
        for number, cause in enumerate(entry.causes, 1):
            yield from _wrapped(cause, width, f"    {number}. ")
    checks = known().checks_of(entry)
    if checks:
        yield "  Check:" if answers else "  Check (kwtui explain --check asks all of them):"
    for check in checks:
        yield from _wrapped(check.title, width, "    - ")
        how = check.sql or (f"kwtui doctor, {check.doctor}" if check.doctor else "kwtui logs")
        yield from _wrapped(how, width, "      ")
        yield from _wrapped(check.look_for, width, "      ")
        for line in answers.get(check.name, ()):
            yield f"      | {line}"
    yield "  Do:"
    for number, step in enumerate(entry.do, 1):
        yield from _wrapped(step, width, f"    {number}. ")


def _wrapped(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    import textwrap

    later = " " * len(first) if rest is None else rest
    return textwrap.wrap(
        text,
        max(width, 40),
        initial_indent=first,
        subsequent_indent=later,
        break_on_hyphens=False,
    )


def _list_entries(output: Output) -> int:
    from kwtui.diagnosis import known

    entries = known().entries
    if output.json:
        output.object("errors", {"errors": [_entry_object(entry) for entry in entries]})
        return 0
    rows = [("CODE", "ABOUT", "MEANS")]
    rows += [(entry.code, entry.area.value, entry.title) for entry in entries]
    for line in table(rows):
        output.line(line)
    return 0

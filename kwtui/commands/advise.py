"""kwtui advise: a backup strategy from what is demanded and what was measured."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kwtui.commands.shared.arguments import connect_or_find_files, usage
from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.advice.facts import Answers
    from kwtui.advice.recommendation import Recommendation
    from kwtui.controller import Controller


async def advise(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code FAILED where something that is demanded cannot be kept.

    Raises KwtuiError: NOT_FOUND for an unknown database, USAGE for a plan's file that is there, and
    before anything is measured NAME_TAKEN for a policy.
    """
    _check(args)
    unreachable = await connect_or_find_files(controller, args)
    if unreachable:
        output.note(f"Not known: {unreachable}")
    if output.is_terminal and not args.no_questions:
        _ask_what_is_missing(args, output)
    usual = given_answers(args)
    others = other_answers(args, usual)
    if output.is_terminal:
        output.status("Measuring")
    measured = await controller.advice.measured(
        args.databases, probe=args.probe, told=output.status if output.is_terminal else output.note
    )
    names = [database.name for database in measured.databases]
    _check_names(others, names)
    advice = controller.advice.recommend(dict.fromkeys(names, usual) | others, measured)
    written = await _write(controller, args, advice, names)
    if output.json:
        output.object("advice", {"advice": advice, "measured": measured, "written": written})
    else:
        _print(advice, written, output)
    return int(ExitCode.FAILED) if advice.contradictions else 0


def _print(advice: Recommendation, written: list[str], output: Output) -> None:
    import textwrap

    from kwtui.advice.words import advice_lines

    for line in advice_lines(advice):
        if output.out_width is None:
            output.line(line)
            continue
        indent = len(line) - len(line.lstrip())
        hanging = " " * (4 if line.startswith("  - ") else 15 if indent < 17 else 19)
        for part in textwrap.wrap(line, output.out_width, subsequent_indent=hanging) or [""]:
            output.line(part)
    if written:
        output.line()
    for path in written:
        output.line(f"Written: {path}")


# -- what is written ------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> None:
    """What can be known of the policy is told before questions are asked."""
    if args.policy:
        from kwtui.config.policy_file import free_path

        if args.dsn or args.sandbox:
            raise usage(
                "A policy names its server by a profile: save one, then give --profile NAME."
            )
        free_path(args.policy)


async def _write(
    controller: Controller, args: argparse.Namespace, advice: Recommendation, names: list[str]
) -> list[str]:
    """The policy and the recovery plan that were asked for."""
    written = []
    if args.plan:
        from kwtui.files.new_file import write_new

        text = await controller.recovery.plan(names, args.language)
        write_new(Path(args.plan), [text.encode("utf-8", "backslashreplace")])
        written.append(args.plan)
    if args.policy:
        texts = controller.advice.policies(args.policy, advice, args.profile or "")
        written += [str(controller.policies.add(name, text)) for name, text in texts.items()]
    return written


# -- what is demanded -----------------------------------------------------------------------------


def given_answers(args: argparse.Namespace) -> Answers:
    """As given; what nobody said is as `Answers` has it."""
    from kwtui.advice.facts import Answers, Demand, Importance
    from kwtui.advice.timing import window_problem

    given: dict[str, Any] = {
        name: value
        for name in ("rpo", "rto", "keep", "window", "copies")
        if (value := getattr(args, name)) is not None
    }
    if args.importance:
        given["importance"] = Importance(args.importance)
    given["demands"] = tuple(Demand(each) for each in dict.fromkeys(args.demand or ()))
    answers = Answers(**given)
    problem = window_problem(answers.window)
    if problem:
        raise usage(f"--window: {problem}.")
    if answers.copies:
        from kwtui.config.offsite import find_target

        find_target(answers.copies)
    return answers


def other_answers(args: argparse.Namespace, usual: Answers) -> dict[str, Answers]:
    """What --for says, by database. Raises USAGE for what cannot be read."""
    found: dict[str, Answers] = {}
    for text in args.others or ():
        names, colon, rest = text.rpartition(": ")
        if not colon:
            raise usage(f"--for: write 'shop,crm: rpo=4h keep=90d', not {text!r}.")
        answers = replace(usual, **dict(_setting(each) for each in rest.split()))
        found |= dict.fromkeys((name.strip() for name in names.split(",")), answers)
    return found


def _setting(text: str) -> tuple[str, Any]:
    """``rpo=4h`` as a field of `Answers`, and its value; ``rto=`` takes what is demanded of the
    others back."""
    from kwtui.advice.facts import Answers, Demand, Importance

    reads: dict[str, Callable[[str], Any]] = {
        "importance": Importance,
        "rpo": _span,
        "rto": _span,
        "keep": _span,
        "window": _window,
        "copies": _target,
        "demand": lambda value: tuple(Demand(each) for each in value.split(",")),
    }
    key, _, value = text.partition("=")
    if key not in reads:
        raise usage(f"--for: {text!r} is none of {', '.join(f'{each}=' for each in reads)}.")
    field = "demands" if key == "demand" else key
    if not value and field in ("rto", "window", "copies", "demands"):
        return field, getattr(Answers(), field)
    try:
        return field, reads[key](value)
    except (ValueError, argparse.ArgumentTypeError) as error:
        raise usage(f"--for: {text}: {error}.") from error


def _check_names(others: Iterable[str], names: Sequence[str]) -> None:
    for name in others:
        if name not in names:
            raise usage(f"--for names {name}, which is none of: {', '.join(names)}.")


def _ask_what_is_missing(args: argparse.Namespace, output: Output) -> None:
    """Short questions; Enter takes the default. What is no answer is asked again."""
    from kwtui.advice.facts import Answers, Demand, Importance
    from kwtui.advice.words import span_words

    def demands(text: str) -> list[str]:
        return [Demand(each.strip()).value for each in text.split(",")]

    usual = Answers()
    all_demands = ", ".join(Demand)
    questions: tuple[tuple[str, str, str, Callable[[str], Any]], ...] = (
        ("importance", f"How important is it? {', '.join(Importance)}", "normal", _importance),
        ("rpo", "How much data loss is acceptable (RPO)?", span_words(usual.rpo), _span),
        ("rto", "How long may a restore take (RTO)?", "not demanded", _span),
        ("keep", "How long must backups be kept?", span_words(usual.keep), _span),
        ("window", "When may backups begin, in UTC, as 22:00-06:00?", "at any time", _window),
        ("copies", "To which off-site target do copies go?", "none", _target),
        ("demand", f"What does law or customer demand? {all_demands}", "nothing", demands),
    )
    for name, question, usually, read in questions:
        if getattr(args, name) is None:
            setattr(args, name, _ask(output, f"{question} [{usually}]", read))


def _ask(output: Output, question: str, read: Callable[[str], Any]) -> Any:
    """None for the default; the end of the input takes it as well."""
    while True:
        output.ask(question)
        text = sys.stdin.readline().strip()
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, argparse.ArgumentTypeError) as error:
            output.note(f"  {error}")
        except KwtuiError as error:
            output.note(f"  {error.title}")


def _importance(text: str) -> str:
    from kwtui.advice.facts import Importance

    return Importance(text.lower()).value


def _span(text: str) -> timedelta:
    from kwtui.commands.parsers.unattended import span

    return span(text)


def _window(text: str) -> str:
    from kwtui.advice.timing import window_problem

    problem = window_problem(text)
    if problem:
        raise ValueError(problem)
    return text


def _target(text: str) -> str:
    from kwtui.config.offsite import find_target

    find_target(text)
    return text

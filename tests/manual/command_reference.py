"""Every command with its options and examples, as Markdown, from the parsers themselves."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator

from kwtui.commands.parsers.root import make_parser
from kwtui.sandbox.__main__ import _parser as make_sandbox_parser
from kwtui.sandbox.control.manage import default_dir

_SHARED = "server and files"
_DIALECT = "file format"


def interface_options() -> str:
    """What `kwtui` takes without a command."""
    return _option_table(_own_actions(make_parser()))


def command_table() -> str:
    rows = [f"| `{name}` | {_sentence(summary)} |" for name, _, summary in _commands()]
    return "\n".join(["| Command | What it does |", "|---|---|", *rows]) + "\n"


def command_sections() -> str:
    parts = [_shared_sections()]
    for name, parser, _ in _commands():
        parts.append(f"## kwtui {name}\n")
        parts += _command(parser)
    return "\n".join(parts)


def _commands() -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    for name, parser, summary in _children(make_parser()):
        yield name, make_sandbox_parser() if name == "sandbox" else parser, summary


def _children(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """The name, the parser and the summary of each command below this one."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield choice.dest, action.choices[choice.dest], choice.help or ""


def _shared_sections() -> str:
    """What many commands take is said once."""
    backup = next(parser for name, parser, _ in _commands() if name == "backup")
    parts = []
    for title, about in (
        (_SHARED, "Every command takes these, before or after its name."),
        (_DIALECT, "`backup`, `restore`, `drill` and `verify` take these. The defaults lose"
         " nothing: change them only for files written differently."),
    ):  # fmt: skip
        group = next(each for each in backup._action_groups if each.title == title)
        parts += [f"## Options: {title}\n", f"{about}\n", _option_table(group._group_actions)]
    return "\n".join(parts)


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"```\n{_synopsis(parser)}\n```\n"
    yield _prose(parser.description or "")
    options = [each for each in _own_actions(parser) if each.option_strings or each.help]
    if options:
        yield _option_table(options)
    if any(group.title == _DIALECT and group._group_actions for group in parser._action_groups):
        yield "Takes the options of [file format](#options-file-format), too.\n"
    for name, child, summary in _children(parser):
        yield f"### {child.prog}\n"
        yield f"```\n{_synopsis(child)}\n```\n"
        yield f"{_sentence(summary)}\n"
        own = [each for each in _own_actions(child) if each.help]
        if own:
            yield _option_table(own)
        assert name
    if parser.epilog and parser.epilog.startswith("examples:"):
        examples = textwrap.dedent(parser.epilog.removeprefix("examples:\n"))
        yield f"Examples:\n\n```\n{examples}\n```\n"


def _own_actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Without what other commands take as well."""
    shared = {
        id(action)
        for group in parser._action_groups
        if group.title in (_SHARED, _DIALECT)
        for action in group._group_actions
    }
    skipped = (argparse._HelpAction, argparse._SubParsersAction)
    return [
        action
        for action in parser._actions
        if id(action) not in shared
        and not isinstance(action, skipped)
        and action.dest != "json"
        and action.help is not argparse.SUPPRESS
    ]


def _synopsis(parser: argparse.ArgumentParser) -> str:
    own = _own_actions(parser)
    words = [parser.prog]
    if any(isinstance(action, argparse._SubParsersAction) for action in parser._actions):
        words.append("[ACTION]" if parser.prog != "kwtui sandbox" else "ACTION")
    words += ["[OPTIONS]"] if any(action.option_strings for action in own) else []
    return " ".join([*words, *(_positional(each) for each in own if not each.option_strings)])


def _positional(action: argparse.Action) -> str:
    name = _value(action)
    return {"?": f"[{name}]", "*": f"[{name} ...]"}.get(str(action.nargs), name)


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if not action.choices:
        return action.dest.upper()
    return "WORD" if action.option_strings else "|".join(map(str, action.choices))


def _option_table(actions: list[argparse.Action]) -> str:
    rows = [f"| {_option(action)} | {_cell(_help(action))} |" for action in actions]
    return "\n".join(["| Option | |", "|---|---|", *rows]) + "\n"


def _option(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_cell(_value(action))}`"
    value = "" if action.nargs == 0 else f" {_value(action)}"
    if action.nargs == "?":
        value = f" [{_value(action)}]"
    return ", ".join(f"`{_cell(name + value)}`" for name in action.option_strings)


def _help(action: argparse.Action) -> str:
    text = (action.help or "").replace(str(default_dir()), "`~/.local/state/kwtui/sandbox`")
    if action.choices and not action.metavar and action.option_strings:
        text += f"; one of {', '.join(map(str, action.choices))}"
    return text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _prose(text: str) -> str:
    """Paragraphs; what is laid out in columns stays as it is."""
    parts = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        columns = any(line.startswith(" ") or "  " in line.strip() for line in lines)
        body = textwrap.dedent("\n".join(lines))
        parts.append(f"```\n{body}\n```" if columns else body)
    return "\n\n".join(parts).strip() + "\n"

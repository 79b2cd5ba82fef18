"""What argparse says of a wrong command line, as people would say it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CHOICE = re.compile(
    r"argument (?P<name>.+?): invalid choice: (?P<word>.+) \(choose from (?P<all>[^()]+)\)\Z",
    re.DOTALL,
)
_NUMBER = re.compile(r"argument (?P<name>.+?): invalid int value: (?P<word>.+)\Z", re.DOTALL)
_NO_VALUE = re.compile(r"argument (?P<name>.+?): expected (?:one|at least one) argument\Z")
_BOTH = re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)\Z")
_MISSING = re.compile(r"the following arguments are required: (?P<names>.+)\Z")
_ONE_OF = re.compile(r"one of the arguments (?P<names>.+) is required\Z")
_VALUE = re.compile(r"argument (?P<name>.+?): (?P<rest>.+)\Z", re.DOTALL)

_KINDS = {"COMMAND": "command", "ACTION": "action", "SHELL": "shell"}


def usage_error(message: str) -> str:
    """A sentence for a message of argparse, without its full stop."""
    if found := _CHOICE.match(message):
        return _wrong_choice(found["name"], found["word"], _choices(found["all"]))
    if found := _NUMBER.match(message):
        return f"{found['name']}: {found['word']} is not a whole number"
    if found := _NO_VALUE.match(message):
        return f"{found['name']} needs a value"
    if found := _BOTH.match(message):
        return f"{found['name']} cannot be combined with {found['other']}"
    if found := _MISSING.match(message):
        several = "s" if "," in found["names"] else ""
        return f"Missing argument{several}: {found['names']}"
    if found := _ONE_OF.match(message):
        return f"Give one of {found['names'].replace(' ', ', ')}"
    if found := _VALUE.match(message):
        return f"{found['name']}: {found['rest']}"
    return message[:1].upper() + message[1:]


def unknown_words(words: Sequence[str], options: Sequence[str]) -> str:
    """A sentence for words that a command does not take; ``options`` are those it takes."""
    wrong = [word for word in words if word.startswith("-") and word != "-"]
    if not wrong:
        several = "s" if len(words) > 1 else ""
        return f"Unexpected argument{several}: {' '.join(words)}"
    name = wrong[0].partition("=")[0]
    return f"Unknown option: {name}{_did_you_mean(name, options)}"


def _wrong_choice(name: str, word: str, choices: Sequence[str]) -> str:
    kind = _KINDS.get(name)
    if kind is None:
        return f"{name}: {word} is not one of {_listed(choices)}"
    nearest = _did_you_mean(word.strip("'\""), choices)
    told = f"Unknown {kind}: {word}{nearest}"
    if nearest or len(choices) > 12:
        return told
    return f"{told}. Choose from {_listed(choices)}"


def _choices(text: str) -> list[str]:
    return [word.strip().strip("'") for word in text.split(",")]


def _listed(choices: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))


def _did_you_mean(word: str, choices: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, choices, n=1)
    return f". Did you mean {near[0]}?" if near else ""

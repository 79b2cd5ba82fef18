"""Messages that name a command or an option, in the words of the interface. Pure.

A refusal or a hint is written once, for whoever typed a command. Inside a screen the same advice
names the screen with its digit, the key, or the field. What has no counterpart here stays as it
is.
"""

from __future__ import annotations

import re

from kwtui.keys.actions import BY_ID, SCREENS
from kwtui.keys.spelling import spelled

_TITLES = {name: f"{digit} {title}" for name, digit, title in SCREENS}


def _key(action_id: str, screen: str) -> str:
    """``{storage.verify} in 4 Storage``, to be spelled."""
    return f"{{{action_id}}} in {_TITLES[screen]}"


_COMMANDS = {
    "backup": _TITLES["backup"],
    "restore --continue": _key("runs.continue", "runs"),
    "restore": _TITLES["restore"],
    "cleanup": _key("storage.leftovers", "storage"),
    "verify": _key("storage.verify", "storage"),
    "drill": _key("storage.drill", "storage"),
    "seal": _key("storage.seal", "storage"),
    "delete": _key("storage.delete", "storage"),
    "prune": _key("storage.retention", "storage"),
    "compare": _key("storage.compare", "storage"),
    "show": _key("storage.open", "storage"),
    "list": _TITLES["storage"],
    "runs cancel": _key("runs.cancel", "runs"),
    "runs": _TITLES["runs"],
    "jobs": _key("runs.jobs", "runs"),
    "wal": f"WAL in {_TITLES['server']}",
    "server": _TITLES["server"],
    "doctor": _key("server.doctor", "server"),
    "survey": _TITLES["backup"],
    "logs": _TITLES["logs"],
    "sql": _TITLES["sql"],
    "advise": _key("board.guide", "board"),
    "policy edit": _key("policies.edit", "policies"),
    "policy add": _key("policies.add", "policies"),
    "policy run": _key("policies.run", "policies"),
    "policy": _TITLES["policies"],
    "offsite push": "{offsite.send} in Off-site",
    "offsite check": "{offsite.check} in Off-site",
    "offsite drill": "{offsite.check} in Off-site",
    "offsite fetch": "{offsite.fetch} in Off-site",
    "offsite prune": "{offsite.prune} in Off-site",
    "offsite list": "{storage.offsite} in 4 Storage",
    "offsite add": "{offsite.add} in Off-site",
    "offsite edit": "{offsite.edit} in Off-site",
    "offsite show": "{offsite.place} in Off-site",
    "offsite remove": "{offsite.delete} in Off-site",
    "offsite keygen": "“New key in” of a new target",
    "approve --new-key": "{approvals.key} in Approvals",
    "approve": "{runs.approvals} in 6 Runs",
    "explain": f"“{BY_ID['app.open-explain'].title}” ({{app.palette}})",
}
"""The longest that fits counts; what follows it as arguments goes with it."""

_FOLDERS = _key("connection.edit", "connection")

_OPTIONS = {
    "--dsn": _TITLES["connection"],
    "--profile": _TITLES["connection"],
    "--sandbox": _key("connection.sandbox", "connection"),
    "--store": f"“Store” of the server ({_FOLDERS})",
    "--extern": f"“Extern” of the server ({_FOLDERS})",
    "--logs": f"“Logs” of the server ({_FOLDERS})",
    "--with-users": "“Users and roles”",
    "--with-settings": "“Cluster settings”",
    "--check": "“Content check”",
    "--no-checksums": "“Content checksums: no”",
    "--unseen": "the choice of “Node” for files that cannot be seen",
    "--tables": "the page Tables",
    "--without": "the page Tables ({wizard.toggle}):",
    "--as": "“Name”",
    "--yes-replace": "in “Replace”",
    "--create-users": "“Missing users”",
    "--strategy": "the page Strategy:",
    "--delimiter": "“Written with”",
    "--null-text": "“Written with”",
    "--charset": "“Written with”",
    "--leave-out": "“Leave out”:",
    "--no-header": "“First record”",
    "--accept": "“Accept”:",
    "--empty": "“Without a file”:",
    "--yes-delete": "type",
    "--on": "the place of the drill:",
    "--level": "“Level”",
    "--probe": "“Measure speed”",
    "--window": "“Backups begin”:",
    "--interval": "“Interval”",
    "--keep-last": "the rules",
    "--recipient": "“Encrypt for”",
    "--identity": "“Private key”",
}
"""Options by the field that does the same."""

_PHRASES = {
    "The SQL page of the interface can unlock writing; the command line cannot.": (
        "{sql.unlock} unlocks writing, outside of the editor ({app.back} leaves it)."
    )
}
"""What names no command."""

_ID = r"\d{8}T\d{6}Z-\w+"
_NAME = r"""(?:[^\s;,()'"]|'[^']*'|"[^"]*")+"""
_ACCEPTED = re.compile(rf"--accept ({_NAME})")
_PATH = r"[^\s,;()]*/[^\s,;()]*[^\s,;:.()]"
_ARGUMENT = rf"(?: (?:--accept {_NAME}|--[a-z][a-z-]*|'[^']*'|{_ID}|[A-Z]{{2,}}\b|P\d|{_PATH}))"
_WORDS = "|".join(sorted(map(re.escape, _COMMANDS), key=len, reverse=True))
_COMMAND = re.compile(rf"`?\bkwtui ({_WORDS})\b(?: (?:show|follow|set))?{_ARGUMENT}*`?")
_OPTION = re.compile(
    rf"(?<![\w-])({'|'.join(_OPTIONS)})(?![\w-])(?: (?:URL|NAME|DIR|DATABASE|FILE)\b)?"
)
_TWICE = re.compile(r"(“[^”]+”)(?:(?:, (?:or )?| or )\1)+")


def in_interface(text: str) -> str:
    """The text with commands and options as keys, screens and fields."""
    for told, here in _PHRASES.items():
        text = text.replace(told, spelled(here))
    if "kwtui " not in text and "--" not in text:
        return text
    words = _COMMAND.sub(_instead, text)
    words = _OPTION.sub(lambda match: spelled(_OPTIONS[match[1]]), words)
    return _TWICE.sub(r"\1", words)


def _instead(command: re.Match[str]) -> str:
    """The key or screen of a command, and what is to be accepted by name there."""
    names = " ".join(_ACCEPTED.findall(command[0]))
    words = spelled(_COMMANDS[command[1]])
    return f"{words}, “Accept”: {names}" if names else words

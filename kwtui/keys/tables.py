"""The keys of every screen as tables, for the help, the manual and `kwtui keys`. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kwtui.keys.actions import actions_of

SCOPE_TITLES: dict[str, str] = {
    "app": "Everywhere",
    "board": "Board",
    "timeline": "The time line of a database",
    "connection": "Connection",
    "wizard": "Backup and Restore",
    "storage": "Storage",
    "set": "Inside a backup",
    "plan": "A plan: delete, prune, clean up, drill",
    "compare": "Two backups compared",
    "retention": "Retention",
    "leftovers": "Leftovers",
    "offsite": "Off-site copies",
    "approvals": "Approvals",
    "approval": "A plan of an agent",
    "logs": "Logs",
    "runs": "Runs",
    "jobs": "Jobs of the server",
    "server": "Server",
    "sql": "SQL",
    "policies": "Policies",
    "doctor": "Doctor",
    "explain": "Explain",
    "manual": "Manual",
}
"""Where actions mean something, in the order of the manual and `kwtui keys`."""


def keys_as_markdown() -> str:
    """The tables of keys for the manual, one for each screen."""
    parts = []
    for scope, title in SCOPE_TITLES.items():
        rows = [f"| `{key}` | {words} |" for key, _, words in key_table([scope])]
        parts.append("\n".join([f"**{title}**", "", "| Key | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def key_table(scopes: Iterable[str]) -> list[tuple[str, str, str]]:
    """(key, title, help) for help pages and the manual."""
    return [
        (action.key_text, action.title, action.help)
        for scope in scopes
        for action in actions_of(scope)
        if action.keys
    ]

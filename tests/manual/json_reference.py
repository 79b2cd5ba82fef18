"""The JSON that commands print, as Markdown, read from the code that prints it.

The kinds and their fields are those of the calls of ``Output.object`` below `kwtui.commands`; the
fields of what they hold are those of its classes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import msgspec

import kwtui.commands
from kwtui.advice.facts import Measured
from kwtui.advice.recommendation import Recommendation
from kwtui.backups.difference import SetDifference
from kwtui.backups.layout.annotations import Annotation
from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.proof.verify import VerifyReport
from kwtui.commands.recovery.sources import ListedPlan
from kwtui.config.profiles import Profile
from kwtui.doctor.check import Check
from kwtui.model.offsite import TargetSettings
from kwtui.model.policy import Policy
from kwtui.model.server import DatabaseSummary, ServerFacts, Survey
from kwtui.node.logs.listing import LogFile
from kwtui.offsite.checking import CopyCheck
from kwtui.operations.plan import Plan
from kwtui.operations.removal.leftovers import Leftover
from kwtui.operations.removal.plan import PrunePreview
from kwtui.operations.wal.report import WalReport
from kwtui.protection.report import StatusReport
from kwtui.runs.events import AnyEvent
from kwtui.runs.history import RunSummary
from kwtui.runs.state import RunState
from kwtui.server.jobs.listing import Job
from kwtui.server.state.rights import Ability
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.installing import Installed
from kwtui.unattended.matching import Chosen
from kwtui.unattended.sending import Sent

_COMMANDS = Path(kwtui.commands.__file__).parent

_PRINTED_BY = {
    "list": "`kwtui list`",
    "status": "`kwtui status`",
    "advice": "`kwtui advise`",
    "policies": "`kwtui policy`",
    "policy": "`kwtui policy show NAME`, `add`",
    "policy-check": "`kwtui policy check NAME`",
    "policy-next": "`kwtui policy next NAME`",
    "policy-run": "`kwtui policy run NAME`",
    "policy-watch": "`kwtui policy watch NAME`",
    "schedule": "`kwtui schedule install NAME`, `status`, `remove`",
    "schedules": "`kwtui schedule list`",
    "notify": "`kwtui notify test NAME`",
    "report": "`kwtui report`",
    "rescue": "`kwtui rescue DIR|TARGET`",
    "rescued": "`kwtui rescue DIR|TARGET --csv FILE`",
    "proposals": "`kwtui approve`",
    "refused": "`kwtui approve --refuse`",
    "runbook": "`kwtui runbook`",
    "runbooks-kept": "`kwtui runbook --keep`",
    "evidence-head": "`kwtui report --head`",
    "evidence-check": "`kwtui report --check`",
    "set": "`kwtui show SET`",
    "verify": "`kwtui verify SET`",
    "databases": "`kwtui survey`",
    "survey": "`kwtui survey DB`",
    "compare": "`kwtui compare SET SET`",
    "annotation": "`kwtui pin`, `unpin`, `note`, `label`",
    "prune": "`kwtui prune` without `--yes`",
    "cleanup": "`kwtui cleanup` without `--yes`",
    "offsite-list": "`kwtui offsite list TARGET`",
    "offsite-check": "`kwtui offsite check TARGET`",
    "offsite-prune": "`kwtui offsite prune TARGET` without `--yes`",
    "offsite-targets": "`kwtui offsite targets`",
    "offsite-target": "`kwtui offsite show NAME`, `add`",
    "offsite-edited": "`kwtui offsite edit`",
    "offsite-removed": "`kwtui offsite remove NAME --yes NAME`",
    "offsite-key": "`kwtui offsite keygen FILE`",
    "plan": "any command with `--dry-run`, `kwtui delete` and `kwtui wal set` without `--yes`",
    "run": "`kwtui runs show ID`; any command with `--detach`",
    "runs": "`kwtui runs`",
    "log-line": "`kwtui logs`, one object a line",
    "log-files": "`kwtui logs --files`",
    "doctor": "`kwtui doctor`",
    "explain": "`kwtui explain`",
    "errors": "`kwtui explain --list`",
    "server": "`kwtui server`",
    "jobs": "`kwtui jobs`",
    "job": "`kwtui jobs show ID`",
    "job_control": "`kwtui jobs cancel ID --yes`, `pause`, `resume`",
    "wal": "`kwtui wal`",
    "sql": "`kwtui sql`",
    "profiles": "`kwtui profiles`",
    "profile": "`kwtui profiles show NAME`, `add`",
    "profiles-edited": "`kwtui profiles edit`",
    "profile-removed": "`kwtui profiles remove NAME --yes NAME`",
    "keys": "`kwtui keys`",
    "manual": "`kwtui manual`",
    "manual-page": "`kwtui manual TOPIC`",
    "man-page": "`kwtui manual --man`",
    "completion": "`kwtui completion SHELL`",
    "error": "any command that fails",
}
"""Who prints a kind, in the order of the page."""

_HELD: dict[str, dict[str, type | str]] = {
    "rescue": {"entries": BackupEntry, "plans": ListedPlan},
    "list": {"entries": BackupEntry},
    "status": {"status": StatusReport},
    "advice": {"advice": Recommendation, "measured": Measured},
    "policies": {"policies": "unattended/policy._summary"},
    "policy": {"policy": Policy, "history": PolicyEvent},
    "policy-check": {"policy": Policy},
    "policy-run": {"chosen": Chosen, "event": PolicyEvent},
    "policy-watch": {"sent": Sent},
    "schedule": {"installed": Installed},
    "schedules": {"schedules": "unattended/schedule._object"},
    "notify": {"sent": Sent},
    "verify": {"report": VerifyReport},
    "databases": {"databases": DatabaseSummary},
    "survey": {"survey": Survey},
    "compare": {"difference": SetDifference},
    "annotation": {"annotation": Annotation},
    "prune": {"preview": PrunePreview},
    "cleanup": {"leftovers": Leftover},
    "offsite-list": {"copies": "offsite/copies._copy_object"},
    "offsite-check": {"checks": CopyCheck},
    "offsite-prune": {"plan": Plan},
    "offsite-targets": {"targets": TargetSettings},
    "offsite-target": {"target": TargetSettings},
    "plan": {"plan": Plan},
    "run": {"state": RunState},
    "runs": {"runs": RunSummary},
    "log-files": {"files": LogFile},
    "doctor": {"checks": Check},
    "explain": {"diagnoses": "explain._as_object"},
    "errors": {"errors": "explain._entry_object"},
    "server": {"facts": ServerFacts, "abilities": Ability},
    "jobs": {"jobs": "jobs._as_object"},
    "wal": {"report": WalReport},
    "profiles": {"profiles": Profile},
    "profile": {"profile": Profile},
    "keys": {"keys": "keys._objects"},
}
"""What the fields of a kind hold: a class, or the function that makes the object."""

_SPREAD = {"jobs._as_object": Job}
"""Objects that begin with the fields of a class."""

_WHOLE = {"set": SetDetails}
"""Kinds that are one object of a class."""


def kind_sections() -> str:
    """A section for each kind. Raises KeyError for one that nobody is said to print."""
    found = printed_kinds()
    if set(found) != set(_PRINTED_BY):
        raise KeyError(sorted(set(found) ^ set(_PRINTED_BY)))
    return "\n".join(_section(kind, found[kind]) for kind in _PRINTED_BY)


def _section(kind: str, shapes: list[tuple[str, ...]]) -> str:
    lines = [f"### {kind}", "", f"Printed by {_PRINTED_BY[kind]}.", ""]
    lines += [f"- {'or ' if number else ''}{_words(each)}" for number, each in enumerate(shapes)]
    for field, what in _HELD.get(kind, {}).items():
        lines.append(f"- `{field}` holds: {_words(_fields_of(what))}")
    return "\n".join(lines) + "\n"


def event_table() -> str:
    """The events of a run with their own fields."""
    common = {field.name for field in msgspec.structs.fields(get_args(AnyEvent)[0].__base__)}
    rows = []
    for event in get_args(AnyEvent):
        own = [f.name for f in msgspec.structs.fields(event) if f.name not in common]
        rows.append(f"| `{event.__struct_config__.tag}` | {_words(own)} |")
    return "\n".join(["| Event | Fields |", "|---|---|", *rows]) + "\n"


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


# -- the fields, from the code ----------------------------------------------------------------


def printed_kinds() -> dict[str, list[tuple[str, ...]]]:
    """Every kind with its fields; with several lists where calls give different ones."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for path in sorted(_COMMANDS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and _is_object_call(node)):
                continue
            kind = ast.literal_eval(node.args[0])
            whole = _WHOLE.get(kind)
            names = tuple(_class_fields(whole)) if whole else _keys(node.args[1])
            if names not in found.setdefault(kind, []):
                found[kind].append(names)
    return found


def _is_object_call(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "object"


def _keys(node: ast.AST) -> tuple[str, ...]:
    assert isinstance(node, ast.Dict), "name its class in _WHOLE"
    return tuple(ast.literal_eval(key) for key in node.keys if key is not None)


def _fields_of(what: type | str) -> list[str]:
    if isinstance(what, type):
        return _class_fields(what)
    spread = _class_fields(_SPREAD[what]) if what in _SPREAD else []
    return list(dict.fromkeys([*spread, *_returned_keys(what)]))


def _class_fields(of: Any) -> list[str]:
    return [field.name for field in fields(of)]


def _returned_keys(function: str) -> tuple[str, ...]:
    """The keys of the first dict that the function makes."""
    module, _, name = function.partition(".")
    tree = ast.parse((_COMMANDS / f"{module}.py").read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    made = next(n for n in ast.walk(tree) if isinstance(n, kinds) and n.name == name)
    return _keys(next(n for n in ast.walk(made) if isinstance(n, ast.Dict)))

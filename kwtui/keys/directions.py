"""Actions of screens that are not shown now: where each is, and how one gets to do it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.keys.action import Action
from kwtui.keys.actions import ACTIONS, BY_ID, SCREENS
from kwtui.keys.keymap import Keymap


@dataclass(frozen=True)
class Place:
    """``screen`` is opened by that name; ``title`` is what people read."""

    screen: str
    title: str


_NUMBERED = {name: Place(name, f"{digit} {title}") for name, digit, title in SCREENS}
_PLACES = _NUMBERED | {
    "timeline": Place("board", "0 Time line"),
    "set": Place("storage", "4 Inside"),
    "plan": Place("storage", "4 Plan"),
    "compare": Place("storage", "4 Compare"),
    "retention": Place("storage", "4 Retention"),
    "leftovers": Place("storage", "4 Leftovers"),
    "offsite": Place("offsite", "Off-site"),
    "approvals": Place("approvals", "Approvals"),
    "approval": Place("approvals", "Approvals"),
    "jobs": Place("runs", "6 Jobs"),
    "doctor": Place("doctor", "Doctor"),
    "explain": Place("explain", "Explain"),
    "manual": Place("manual", "Manual"),
}
"""Where the actions of a scope are; those of the wizards are in two places."""

_ONLY_RESTORE = frozenset({"wizard.look"})

_BEFORE = {
    "timeline": ("choose a database", "press {board.open}"),
    "set": ("choose a backup", "press {storage.open}"),
    "plan": ("choose a backup", "press {storage.drill} or {storage.delete}"),
    "compare": (
        "choose a backup",
        "mark it with {storage.mark}",
        "choose another",
        "press {storage.compare}",
    ),
    "retention": ("press {storage.retention}",),
    "leftovers": ("press {storage.leftovers}",),
    "approval": ("choose a plan", "press {approvals.open}"),
    "jobs": ("press {runs.jobs}",),
}
"""What leads from the screen to the scope; the words in braces are actions, for their keys."""

_CHOSEN = {
    "choose a database": "board.open board.toggle board.backup board.restore board.drill board.log",
    "choose a mark": "timeline.open timeline.verify timeline.restore timeline.drill timeline.delete"
    " timeline.pin timeline.annotate timeline.report timeline.copy timeline.mark timeline.log",
    "mark one backup, choose another mark": "timeline.compare",
    "choose a server": "connection.connect connection.edit connection.delete",
    "choose a backup": "storage.open storage.verify storage.restore storage.drill storage.seal"
    " storage.delete storage.pin storage.annotate storage.report storage.copy storage.mark",
    "mark one backup, choose another": "storage.compare",
    "choose a table": "wizard.toggle",
    "go on to the tables": "wizard.all wizard.none",
    "go on to the plan": "wizard.start wizard.copy",
    "start a run": "wizard.cancel wizard.explain wizard.continue wizard.inside wizard.drill"
    " wizard.bring-back wizard.another",
    "choose a log": "logs.open",
    "open a log": "logs.follow logs.pause logs.find logs.find-next logs.find-previous logs.filter"
    " logs.severity logs.same logs.time logs.unfold logs.unfold-all logs.highlight logs.mark"
    " logs.mark-next logs.mark-previous logs.select logs.copy logs.explain logs.save logs.run"
    " logs.wrap logs.files",
    "choose a run": "runs.open runs.cancel runs.continue runs.log runs.explain",
    "open a run": "runs.copy runs.inside runs.drill runs.bring-back",
    "choose a job": "jobs.open jobs.cancel jobs.pause jobs.resume jobs.explain",
    "choose a leftover": "leftovers.toggle leftovers.plan",
    "choose a copy": "offsite.open offsite.check offsite.fetch",
    "choose a plan": "approvals.open",
    "choose a session": "server.cancel",
    "write a statement": "sql.run sql.more sql.save sql.explain",
    "choose a policy": "policies.open policies.edit policies.run policies.check policies.timer"
    " policies.remove policies.copy",
    "choose a check": "doctor.open doctor.again doctor.explain",
    "choose a topic": "manual.next-part manual.previous-part manual.find manual.find-next"
    " manual.find-previous manual.topics manual.copy",
    "give it an error": "explain.check explain.all explain.next-part explain.previous-part"
    " explain.nearest explain.copy",
}
_FIRST = {action: words for words, actions in _CHOSEN.items() for action in actions.split()}
"""What has to be chosen before an action means something."""


def elsewhere(shown: frozenset[str]) -> Iterator[tuple[Action, Place]]:
    """Every action of a screen that is not among the ids ``shown``, with its place."""
    for action in ACTIONS:
        if action.scope != "app" and action.id not in shown:
            yield from ((action, place) for place in _places_of(action))


def _places_of(action: Action) -> Iterator[Place]:
    if action.scope != "wizard":
        yield _PLACES[action.scope]
        return
    if action.id not in _ONLY_RESTORE:
        yield _PLACES["backup"]
    yield _PLACES["restore"]


def directions(action: Action, keys: Keymap) -> str:
    """What to do, once its screen is shown, to do the action."""
    steps = [_with_keys(step, keys) for step in _BEFORE.get(action.scope, ())]
    if action.id in _FIRST:
        steps.append(_FIRST[action.id])
    last = f"press {keys.text_of(action)}"
    before = f"{', '.join(steps)}, then " if steps else ""
    return f"{action.title}: {before}{last}."


def _with_keys(step: str, keys: Keymap) -> str:
    for action_id in BY_ID:
        step = step.replace(f"{{{action_id}}}", keys.text_of(BY_ID[action_id]))
    return step

"""The one async object that screens and commands talk to.

It holds the connection, asks `server`, `node` and `backups`, starts and follows runs, and tells
subscribers what changed. It knows no widgets; screens and commands know no SQL, no paths and no
threads.
"""

from __future__ import annotations

from kwtui.controller.doctor import Diagnosing
from kwtui.controller.events import RunsChanged, StorageChanged
from kwtui.controller.logs import NodeLogs
from kwtui.controller.plans import Drills
from kwtui.controller.runs import PlansAndRuns
from kwtui.controller.server import ServerPages

__all__ = ["Controller", "RunsChanged", "StorageChanged"]


class Controller(NodeLogs, PlansAndRuns, Diagnosing, Drills, ServerPages):
    """Connection, storage, plans, runs and logs behind one door.

    All methods raise `kwtui.errors.KwtuiError` with a message for people; nothing else escapes.
    """

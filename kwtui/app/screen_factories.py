"""The screens that are opened by name, each imported when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from kwtui.keys.actions import SCREENS


def _board() -> Screen[Any]:
    from kwtui.screens.board.screen import BoardScreen

    return BoardScreen()


def _connection() -> Screen[Any]:
    from kwtui.screens.connection.screen import ConnectionScreen

    return ConnectionScreen()


def _backup() -> Screen[Any]:
    from kwtui.screens.backup.screen import BackupScreen

    return BackupScreen()


def _restore() -> Screen[Any]:
    from kwtui.screens.restore.screen import RestoreScreen

    return RestoreScreen()


def _storage() -> Screen[Any]:
    from kwtui.screens.storage.screen import StorageScreen

    return StorageScreen()


def _logs() -> Screen[Any]:
    from kwtui.screens.logs.screen import LogsScreen

    return LogsScreen()


def _runs() -> Screen[Any]:
    from kwtui.screens.runs.screen import RunsScreen

    return RunsScreen()


def _server() -> Screen[Any]:
    from kwtui.screens.server.screen import ServerScreen

    return ServerScreen()


def _sql() -> Screen[Any]:
    from kwtui.screens.sql.screen import SqlScreen

    return SqlScreen()


def _policies() -> Screen[Any]:
    from kwtui.screens.policies.screen import PoliciesScreen

    return PoliciesScreen()


def _doctor() -> Screen[Any]:
    from kwtui.screens.doctor.screen import DoctorScreen

    return DoctorScreen()


def _explain() -> Screen[Any]:
    from kwtui.screens.explain.screen import ExplainScreen

    return ExplainScreen()


def _manual() -> Screen[Any]:
    from kwtui.screens.manual.screen import ManualScreen

    return ManualScreen()


def _offsite() -> Screen[Any]:
    from kwtui.screens.offsite.screen import OffsiteScreen

    return OffsiteScreen()


def _approvals() -> Screen[Any]:
    from kwtui.screens.approvals.screen import ApprovalsScreen

    return ApprovalsScreen()


FACTORIES: dict[str, Callable[[], Screen[Any]]] = {
    "board": _board,
    "connection": _connection,
    "backup": _backup,
    "restore": _restore,
    "storage": _storage,
    "logs": _logs,
    "runs": _runs,
    "server": _server,
    "sql": _sql,
    "policies": _policies,
    "doctor": _doctor,
    "explain": _explain,
    "manual": _manual,
    "offsite": _offsite,
    "approvals": _approvals,
}

MAIN_SCREENS = frozenset(name for name, _, _ in SCREENS)
"""Those with a digit, on which Esc stays: nothing lies before them."""

"""The cluster settings that decide how time-series rows are protected (facts.md, section 6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.failures import ConnectionLost
from kwtui.server.connection.results import to_int
from kwtui.server.connection.server import Server
from kwtui.server.state.settings import ALL_SETTINGS
from kwtui.sql.quoting import literal

LEVEL = "ts.wal.wal_level"
INTERVAL = "ts.wal.checkpoint_interval"
_ATOMICITY = "ts.txn.atomicity.enabled"
_COMBINED = "ts.raftlog_combine_wal.enabled"
_RELATIONAL = "rocksdb.min_wal_sync_interval"

LEVELS = {0: "off", 1: "sync", 2: "flush", 3: "by raft log"}
"""KWDB checks no range: other numbers can be stored (facts.md, section 6.1)."""


@dataclass(frozen=True)
class WalSettings:
    """What the server says; None for what it did not tell."""

    level: int | None = None
    interval: str = ""
    """In KWDB's words: ``1m0s``."""
    effective: int | None = None
    """The level that the engine of the node one is connected to works with."""
    atomicity: bool | None = None
    combined: bool | None = None
    relational_sync: str = ""
    refused: str = ""
    """Why something is missing, in the server's words."""

    @property
    def interval_seconds(self) -> float | None:
        return duration_seconds(self.interval)

    @property
    def has_settings(self) -> bool:
        """Versions before 3.0 have none of these."""
        return self.level is not None or bool(self.interval)


async def read_wal_settings(server: Server) -> WalSettings:
    """Ask the server. Raises ConnectionLost; a refusal is told in ``refused``."""
    values, refused = await _settings(server)
    effective: int | None = None
    try:
        answer = await server.query("SELECT * FROM kwdb_internal.kwdb_tse_info")
        effective = to_int(answer.scalar())
    except ConnectionLost:
        raise
    except KwtuiError as error:
        refused = refused or error.cause or error.title
    return wal_settings(values, effective, refused)


def wal_settings(
    values: dict[str, str], effective: int | None = None, refused: str = ""
) -> WalSettings:
    """From the values of all cluster settings by name."""
    level = values.get(LEVEL, "")
    return WalSettings(
        level=int(level) if re.fullmatch(r"-?\d+", level) else None,
        interval=values.get(INTERVAL, ""),
        effective=effective,
        atomicity=_flag(values.get(_ATOMICITY)),
        combined=_flag(values.get(_COMBINED)),
        relational_sync=values.get(_RELATIONAL, ""),
        refused=refused,
    )


async def _settings(server: Server) -> tuple[dict[str, str], str]:
    try:
        answer = await server.query(ALL_SETTINGS)
    except ConnectionLost:
        raise
    except KwtuiError as error:
        return {}, error.cause or error.title
    return {row["variable"] or "": row["value"] or "" for row in answer.dicts()}, ""


def _flag(value: str | None) -> bool | None:
    return None if value is None else value == "true"


_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration_seconds(text: str) -> float | None:
    """``1m0s`` and ``90s`` as seconds; None for what is no duration."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


# -- statements -----------------------------------------------------------------------------------


def set_level(level: int) -> str:
    return f"SET CLUSTER SETTING {LEVEL} = {int(level)}"


def set_interval(interval: str) -> str:
    """Raises KwtuiError (USAGE) for what is no duration."""
    if duration_seconds(interval) is None:
        raise KwtuiError(
            f"{interval!r} is not a duration.",
            hint="Write it as KWDB does: 30s, 1m, 1m30s, 1h.",
            exit_code=ExitCode.USAGE,
        )
    return f"SET CLUSTER SETTING {INTERVAL} = {literal(interval)}"


def level_words(level: int | None) -> str:
    """``2 (flush)``."""
    if level is None:
        return "not known"
    return f"{level} ({LEVELS.get(level, 'a level that KWDB does not document')})"

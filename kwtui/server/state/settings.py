"""Cluster settings that touch backups and restores, and what each of them means. Pure.

Names and defaults: recordings 01 and 07; meanings: facts.md, sections 1, 3, 5, 6, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kwtui.model.filter_words import rows_with
from kwtui.server.connection.results import ResultSet

ALL_SETTINGS = (
    "SELECT variable, value, setting_type, description FROM [SHOW ALL CLUSTER SETTINGS] ORDER BY 1"
)
"""As recording 01 has it; admin only."""


@dataclass(frozen=True)
class Setting:
    """One cluster setting as the server has it now."""

    name: str
    value: str
    kind: str
    """KWDB's letter: b, i, f, d (duration), z (size), s, e."""
    description: str
    """KWDB's own."""
    meaning: str = ""
    """What it does to backups and restores; empty for a setting that does nothing to them."""
    warning: str = ""
    """What is wrong with the present value; empty when nothing is."""

    @property
    def touches_backups(self) -> bool:
        return bool(self.meaning)


@dataclass(frozen=True)
class _Note:
    meaning: str
    warn: Callable[[str], str] = lambda value: ""


def parse_settings(answer: ResultSet) -> tuple[Setting, ...]:
    """The answer of `ALL_SETTINGS`; those with a warning come first, then those
    that touch backups."""
    settings = (
        _setting(
            row["variable"] or "",
            row["value"] or "",
            row["setting_type"] or "",
            row["description"] or "",
        )
        for row in answer.dicts()
    )
    return tuple(sorted(settings, key=lambda s: (not s.warning, not s.touches_backups, s.name)))


def _setting(name: str, value: str, kind: str, description: str) -> Setting:
    note = _NOTES.get(name)
    if note is None:
        return Setting(name, value, kind, description)
    return Setting(name, value, kind, description, note.meaning, note.warn(value))


def filtered(settings: Iterable[Setting], text: str) -> list[Setting]:
    """Those that the words of a filter leave; without one those that touch backups."""
    if not text.split():
        return [s for s in settings if s.touches_backups]

    def told(setting: Setting) -> dict[str, str]:
        what = f"{setting.description} {setting.meaning}"
        return {"setting": setting.name, "value": setting.value, "what": what}

    return rows_with(settings, text, told)


def warned(settings: Iterable[Setting]) -> list[Setting]:
    return [s for s in settings if s.warning]


# -- what is wrong with a value -------------------------------------------------------------------


def _is(wanted: str, words: str) -> Callable[[str], str]:
    return lambda value: words if value == wanted else ""


def _is_not(wanted: str, words: str) -> Callable[[str], str]:
    return lambda value: words if value != wanted else ""


def _first(*warnings: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: next(filter(None, (warning(value) for warning in warnings)), "")


def _unless(good: frozenset[str], words: str) -> Callable[[str], str]:
    return lambda value: "" if value in good else words


_NOTES = {
    "ts.wal.wal_level": _Note(
        "How time-series rows are protected until they are flushed: 1 synced to the disk, 2 handed"
        " to the operating system, 3 by the raft log, 0 not at all.",
        _first(
            _is("0", "Time-series rows of the last minutes are lost when the server dies."),
            _unless(
                frozenset({"0", "1", "2", "3"}),
                "KWDB accepts this level but does not document it: what protects time-series "
                "rows is unknown. Set one of 0 to 3.",
            ),
        ),
    ),
    "ts.wal.checkpoint_interval": _Note(
        "How often the time-series WAL is flushed and restarted: the longer, the more must be "
        "replayed after a crash."
    ),
    "ts.raftlog_combine_wal.enabled": _Note(
        "The raft log takes over what the time-series WAL does. It can be switched on only while"
        " there is no time-series table."
    ),
    "ts.raft_log.sync_period": _Note(
        "How long the raft log may wait before it is synced; 0 waits for every entry.",
        _is_not("0s", "After a power failure the newest time-series rows may be missing."),
    ),
    "ts.raft_store.sync": _Note(
        "Whether the raft store of time series is synced at every write.",
        _is("false", "After a power failure the newest time-series rows may be missing."),
    ),
    "ts.force_sync_file.enabled": _Note(
        "Whether every write of time-series files is synced to the disk at once."
    ),
    "ts.txn.atomicity.enabled": _Note(
        "All or nothing for time-series transactions. While it is on, WAL levels 0 and 3 are"
        " refused."
    ),
    "ts.dedup.rule": _Note(
        "What happens to a time-series row whose time and tags exist already. A restore by "
        "INSERT or IMPORT into a table that has rows follows it.",
        _unless(
            frozenset({"override"}),
            "A restore into a table that has rows will not replace what is there.",
        ),
    ),
    "ts.count.use_statistics.enabled": _Note(
        "count(*) of a time-series table may come from statistics instead of from the rows. kwtui"
        " compares content checksums too, which read every row."
    ),
    "ts.ack_before_application.enabled": _Note(
        "Whether an INSERT answers before its rows are in the storage.",
        _is("true", "Rows that were confirmed can be missing from an export that follows at once."),
    ),
    "rocksdb.min_wal_sync_interval": _Note(
        "How long the relational WAL may wait between two syncs; 0 syncs every commit.",
        _is_not("0s", "After a power failure the newest relational commits may be missing."),
    ),
    "cloudstorage.timeout": _Note(
        "How long one operation on the export's files may take, also on those of another node."
    ),
    "kv.bulk_io_write.max_rate": _Note("How fast an import may write, in bytes a second."),
    "kv.bulk_io_write.concurrent_export_requests": _Note(
        "How many export requests a store handles at once."
    ),
    "kv.bulk_io_write.concurrent_import_requests": _Note(
        "How many import requests a store handles at once."
    ),
    "kv.gc_ttl.strict_enforcement.enabled": _Note(
        "Whether reading at a time before the time to live is refused. A snapshot backup reads at"
        " the instant when it began, so it must end within that time (25 h by default)."
    ),
    "server.ts_table_gc.ttl": _Note(
        "How long the files of a dropped time-series table stay before they are removed."
    ),
    "jobs.retention_time": _Note(
        "How long ended jobs can be looked at. SHOW JOBS itself leaves them out after seven days."
    ),
    "default_transaction_read_only.enabled": _Note(
        "The whole cluster refuses to write.",
        _is("true", "No restore can be made while this is on. EXPORT is not affected."),
    ),
    "cluster.connection.timezone": _Note(
        "Time zone of new sessions. kwtui sets UTC for its own, or times in the files would shift."
    ),
    "sql.defaults.idle_in_session_timeout": _Note(
        "When the server closes idle sessions. kwtui reconnects automatically.",
    ),
    "sql.notices.enabled": _Note(
        "Whether notices are sent. For a database export a notice is the only report of a table "
        "that failed.",
        _is("false", "Notices may be missing. kwtui compares the files with the rows in any case."),
    ),
    "sql.auto_limit.quantity": _Note(
        "A row limit that the server adds to queries; 0 adds none.",
        _is_not("0", "SELECT without a LIMIT does not read every row."),
    ),
    "server.sql_connections.max_limit": _Note(
        "How many connections a node takes. A backup needs one for each table at work and two more."
    ),
    "server.clock.forward_jump_check_enabled": _Note(
        "Whether a clock that jumps ahead stops the node. A snapshot is only as good as the clock."
    ),
    "server.remote_debugging.mode": _Note(
        "Who may read logs over HTTP: local (this machine only), any, or off.",
        _is("any", "Whoever reaches the HTTP port of a node without TLS can read its logs."),
    ),
    "audit.enabled": _Note("Whether EXPORT, IMPORT and CANCEL QUERY leave an audit line."),
    "audit.log.enabled": _Note("Whether audit lines are written to a file."),
    "log.sync.enabled": _Note("Whether log lines are synced to the disk, so that none is lost."),
    "cluster.preserve_downgrade_option": _Note(
        "Holds back an upgrade of the cluster's version. Backups of a newer version may not go back"
        " into an older one."
    ),
}

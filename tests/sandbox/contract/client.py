"""A client that shows everything on the wire: every result set, OID, tag, notice and field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import pq


class Outcome(dict[str, Any]):
    """An answer in the shape of the recordings' lines."""


class WireClient:
    """One connection through libpq, in text, without any conversion."""

    def __init__(self, port: int, database: str, user: str) -> None:
        info = (
            f"host=127.0.0.1 port={port} dbname='{database}' user='{user}' "
            "sslmode=disable gssencmode=disable connect_timeout=10"
        )
        self._connection = pq.PGconn.connect(info.encode())
        if self._connection.status != pq.ConnStatus.OK:
            raise ConnectionError(self._connection.error_message.decode(errors="replace"))
        self._notices: list[dict[str, str]] = []
        self._connection.notice_handler = self._on_notice

    def close(self) -> None:
        """Leave."""
        self._connection.finish()

    def run(self, sql: str, extended: bool = False) -> Outcome:
        """Send one statement text and collect all that comes back."""
        self._notices = []
        if extended:
            self._connection.send_query_params(sql.encode(), [])
        else:
            self._connection.send_query(sql.encode())
        results = []
        while (result := self._connection.get_result()) is not None:
            results.append(result)
            if result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
                break
        outcome = _outcome(results)
        outcome["notices"] = self._notices
        outcome["connection_closed"] = self._connection.status != pq.ConnStatus.OK
        return outcome

    def _on_notice(self, result: pq.abc.PGresult) -> None:
        self._notices.append(
            {
                "severity": _field(result, pq.DiagnosticField.SEVERITY) or "",
                "sqlstate": _field(result, pq.DiagnosticField.SQLSTATE) or "",
                "message_primary": _field(result, pq.DiagnosticField.MESSAGE_PRIMARY) or "",
            }
        )


def _field(result: pq.abc.PGresult, field: pq.DiagnosticField) -> str | None:
    value = result.error_field(field)
    return None if value is None else value.decode(errors="replace")


def _result_set(result: pq.abc.PGresult) -> dict[str, Any]:
    return {
        "columns": [
            {"name": (result.fname(i) or b"").decode(), "oid": result.ftype(i)}
            for i in range(result.nfields)
        ],
        "rows": [
            [_text(result.get_value(row, column)) for column in range(result.nfields)]
            for row in range(result.ntuples)
        ],
    }


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def _outcome(results: Sequence[pq.abc.PGresult]) -> Outcome:
    outcome = Outcome()
    if not results:
        return outcome
    *earlier, last = results
    if last.status == pq.ExecStatus.FATAL_ERROR:
        outcome["error"] = {
            "sqlstate": _field(last, pq.DiagnosticField.SQLSTATE),
            "message": _field(last, pq.DiagnosticField.MESSAGE_PRIMARY)
            or last.error_message.decode(errors="replace"),
            "detail": _field(last, pq.DiagnosticField.MESSAGE_DETAIL),
            "hint": _field(last, pq.DiagnosticField.MESSAGE_HINT),
        }
    else:
        outcome["tag"] = _text(last.command_status) or ""
        if last.status == pq.ExecStatus.TUPLES_OK:
            outcome.update(_result_set(last))
    if earlier:
        outcome["earlier_results"] = [
            {"tag": _text(result.command_status) or None, **_result_set(result)}
            for result in earlier
        ]
    return outcome

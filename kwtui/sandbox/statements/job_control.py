"""CANCEL, PAUSE and RESUME of jobs; CANCEL of queries and sessions (recordings 06 and 10)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.users import NO_PRIVILEGE, is_admin
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.language.lexer import Kind, Statement, quote_string, split_statements
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_ID_DIGITS = 32


@handles("CANCEL JOB", "CANCEL JOBS", "PAUSE JOB", "PAUSE JOBS", "RESUME JOB", "RESUME JOBS")
def control_jobs(session: Session, statement: Statement) -> Answer:
    """``CANCEL | PAUSE | RESUME JOB id`` and ``… JOBS SELECT …``."""
    stream = TokenStream.of(statement)
    verb = stream.next().value
    stream.next()
    registry = session.engine.jobs
    act = {
        "cancel": registry.request_cancel,
        "pause": registry.request_pause,
        "resume": registry.resume,
    }[verb]
    wanted = [int(value) for value in _values(session, stream)]
    for job_id in wanted:
        job = registry.get(job_id)
        if job.user != session.user and not is_admin(session.engine.catalog, session.user):
            raise SqlError(f"user {session.user} does not own job {job_id}", NO_PRIVILEGE)
        act(job_id)
    return Answer(f"{verb.upper()} JOBS {len(wanted)}")


def _values(session: Session, stream: TokenStream) -> list[str]:
    """One literal, or what a SELECT finds."""
    if stream.looking_at("select") or stream.looking_at("("):
        query = stream.sql[stream.peek().start :]
        answer = session.run(split_statements(query)[0])
        return [row[0] for row in answer.rows if row[0] is not None]
    if stream.peek().kind not in (Kind.NUMBER, Kind.STRING):
        raise stream.error()
    value = stream.next().value
    stream.expect_end()
    return [value]


@handles("CANCEL QUERY", "CANCEL QUERIES")
def cancel_queries(session: Session, statement: Statement) -> Answer:
    """``CANCEL QUERY [IF EXISTS] 'id'`` and ``CANCEL QUERIES SELECT …``."""
    stream = TokenStream.of(statement)
    stream.expect("cancel")
    stream.next()
    if_exists = stream.accept("if", "exists")
    wanted = _values(session, stream)
    for query_id in wanted:
        number = _cluster_id(query_id, "query")
        cancelled = any(other.cancel_query(number) for other in _controllable(session))
        if not cancelled and not if_exists:
            raise SqlError(f"could not cancel query {number}: query ID {number} not found")
    return Answer(f"CANCEL QUERIES {len(wanted)}")


@handles("CANCEL SESSION", "CANCEL SESSIONS")
def cancel_sessions(session: Session, statement: Statement) -> Answer:
    """``CANCEL SESSION [IF EXISTS] 'id'`` and ``CANCEL SESSIONS SELECT …``."""
    stream = TokenStream.of(statement)
    stream.expect("cancel")
    stream.next()
    if_exists = stream.accept("if", "exists")
    wanted = _values(session, stream)
    for session_id in wanted:
        number = _cluster_id(session_id, "session")
        found = [other for other in _controllable(session) if other.session_id == number]
        for other in found:
            other.close()
        if not found and not if_exists:
            raise SqlError(f"could not cancel session {number}: session ID {number} not found")
    return Answer(f"CANCEL SESSIONS {len(wanted)}")


def _controllable(session: Session) -> list[Session]:
    """The sessions that this user may stop."""
    admin = is_admin(session.engine.catalog, session.user)
    every = cast("list[Session]", list(session.engine.sessions.values()))
    return [other for other in every if admin or other.user == session.user]


def _cluster_id(text: str, kind: str) -> str:
    """An id in the form that sessions keep. Raises SqlError as Go's hex decoder words it."""
    prefix = f"invalid {kind} ID {quote_string(text)}: could not decode {text} as hex: encoding/hex"
    if re.fullmatch(r"[0-9a-fA-F]*", text) is None:
        wrong = next(char for char in text if char not in "0123456789abcdefABCDEF")
        if len(text) % 2 == 0 or text.index(wrong) < len(text) - 1:
            raise SqlError(f"{prefix}: invalid byte: U+{ord(wrong):04X} '{wrong}'", "42601")
    if len(text) % 2:
        raise SqlError(f"{prefix}: odd length hex string", "42601")
    return text.lower().rjust(_ID_DIGITS, "0")

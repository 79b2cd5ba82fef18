"""What the doctor says of a server, with every fault staged in what was learnt of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kwtui.config.profiles import TlsMode
from kwtui.doctor import Check, CheckState
from kwtui.doctor.server_checks import (
    Clock,
    ServerLook,
    not_connected,
    server_checks,
    sessions_check,
)
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.server.connection.certificates import Validity
from kwtui.server.connection.target import Target
from kwtui.server.state.activity import Session
from kwtui.server.state.wal_settings import WalSettings

BUILD = "V3.2.1-28-ga5c90efc1"
FACTS = ServerFacts(
    version=f"KaiwuDB {BUILD} (x86_64-linux-gnu, built 2026/11/22, go1.22.10, gcc 12.2.0)",
    cluster_id="ca164d7c",
    node_id=1,
    user="root",
    is_admin=True,
    tls=False,
    nodes=(NodeFacts(1, "127.0.0.1:26257", is_live=True, version=BUILD),),
)
LOOK = ServerLook(
    FACTS,
    Target(host="127.0.0.1"),
    ("relational",),
    Clock(0.01, 0.01),
    (),
    wal=WalSettings(2, "1m0s", 2),
)


def one(look: ServerLook, identity: str) -> Check:
    return next(c for c in server_checks(look) if c.id == identity)


def test_a_good_server_is_called_good() -> None:
    checks = [*server_checks(LOOK), sessions_check(LOOK)]
    assert {c.state for c in checks} == {CheckState.OK}
    assert all(not c.hint for c in checks)


def test_an_engine_without_a_database_is_there_all_the_same() -> None:
    """Every node has both (facts.md, 6.1)."""
    assert one(LOOK, "connection").detail.endswith(
        "relational databases and no time series database yet"
    )
    both = replace(LOOK, engines=("relational", "time series"))
    assert one(both, "connection").detail.endswith("relational and time series databases")


def test_an_unreachable_server_fails_and_leaves_the_rest_open() -> None:
    error = KwtuiError(
        "The server at db1:26257 cannot be reached.",
        cause="Connection refused",
        hint="Check that the node is running.",
        exit_code=ExitCode.SERVER_UNREACHABLE,
    )
    first, *others = not_connected(error)
    assert (first.id, first.state) == ("connection", CheckState.FAILED)
    assert "Connection refused" in first.detail
    assert first.hint == "Check that the node is running."
    assert {c.state for c in others} == {CheckState.UNKNOWN}
    assert [first.id, *(c.id for c in others)] == [c.id for c in server_checks(LOOK)]
    assert {c.state for c in not_connected(None)} == {CheckState.UNKNOWN}


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "state", "words"),
    [
        (timedelta(days=31), CheckState.OK, "Encrypted, and the server is verified."),
        (timedelta(days=29), CheckState.WARNING, "expires in 29 d"),
        (timedelta(minutes=7), CheckState.WARNING, "expires in 7 min"),
        (timedelta(minutes=-7), CheckState.FAILED, "expired at"),
    ],
)
@pytest.mark.parametrize("whose", ["server", "client", "CA"])
def test_a_certificate_that_ends_soon_is_told_before_it_is_too_late(
    whose: str, left: timedelta, state: CheckState, words: str
) -> None:
    look = replace(
        LOOK,
        facts=replace(FACTS, tls=True),
        target=Target(host="db1", tls=TlsMode.VERIFY_FULL),
        certificates=(Validity(whose, "somewhere", NOW + left), Validity("CA", "x", problem="no")),
        now=NOW,
    )
    check = one(look, "tls")
    assert check.state is state
    assert words in check.detail
    assert any("could not be read: no" in line for line in check.more)
    assert bool(check.hint) is (state is not CheckState.OK)


@pytest.mark.parametrize(
    ("settings", "state", "words"),
    [
        (WalSettings(3, effective=3), CheckState.OK, "3 (by raft log)"),
        (WalSettings(0, effective=0), CheckState.WARNING, "a crash loses"),
        (WalSettings(9, effective=9), CheckState.WARNING, "does not document"),
        (WalSettings(9, effective=2), CheckState.WARNING, "the engine works with 2"),
        (WalSettings(refused="only admins"), CheckState.UNKNOWN, "only admins"),
        (None, CheckState.UNKNOWN, "is unknown"),
    ],
)
def test_what_keeps_time_series_rows_is_checked(
    settings: WalSettings | None, state: CheckState, words: str
) -> None:
    check = one(replace(LOOK, wal=settings), "wal")
    assert check.state is state
    assert words in check.detail


def test_without_the_admin_role_nothing_can_be_backed_up() -> None:
    check = one(replace(LOOK, facts=replace(FACTS, user="teller", is_admin=False)), "role")
    assert check.state is CheckState.FAILED
    assert "GRANT admin TO teller" in check.hint


@pytest.mark.parametrize(
    ("tls", "mode", "host", "state"),
    [
        (True, TlsMode.VERIFY_FULL, "db1", CheckState.OK),
        (True, TlsMode.REQUIRE, "db1", CheckState.WARNING),
        (True, TlsMode.VERIFY_CA, "db1", CheckState.WARNING),
        (False, TlsMode.DISABLE, "127.0.0.1", CheckState.OK),
        (False, TlsMode.DISABLE, "db1", CheckState.WARNING),
    ],
)
def test_tls(tls: bool, mode: TlsMode, host: str, state: CheckState) -> None:
    look = replace(LOOK, facts=replace(FACTS, tls=tls), target=Target(host=host, tls=mode))
    assert one(look, "tls").state is state


@pytest.mark.parametrize(
    ("version", "state"),
    [
        (FACTS.version, CheckState.OK),
        ("KaiwuDB V3.1.0 (x)", CheckState.WARNING),
        ("KaiwuDB 2.2.0", CheckState.WARNING),
        ("KaiwuDB V4.0.0", CheckState.WARNING),
        ("KaiwuDB", CheckState.WARNING),
    ],
)
def test_versions(version: str, state: CheckState) -> None:
    assert one(replace(LOOK, facts=replace(FACTS, version=version)), "version").state is state


def test_nodes_of_different_versions_are_told() -> None:
    nodes = (*FACTS.nodes, NodeFacts(2, "10.0.0.2:26257", is_live=True, version="V3.1.0"))
    check = one(replace(LOOK, facts=replace(FACTS, nodes=nodes)), "version")
    assert check.state is CheckState.WARNING
    assert "V3.1.0" in check.detail


@pytest.mark.parametrize(
    ("clock", "state"),
    [
        (Clock(0.2, 0.1), CheckState.OK),
        (Clock(-4.0, 0.1), CheckState.OK),
        (Clock(30.0, 28.0), CheckState.OK),
        (Clock(8.0, 0.1), CheckState.WARNING),
        (Clock(-3600.0, 0.1), CheckState.FAILED),
        ("the server refused", CheckState.UNKNOWN),
    ],
)
def test_clocks(clock: Clock | str, state: CheckState) -> None:
    check = one(replace(LOOK, clock=clock), "clock")
    assert check.state is state
    if state is CheckState.FAILED:
        assert "behind" in check.detail


def cluster(*, dead: int = 0) -> ServerFacts:
    nodes = tuple(
        NodeFacts(n, f"10.0.0.{n}:26257", is_live=n != dead, version=BUILD) for n in (1, 2, 3)
    )
    return replace(FACTS, nodes=nodes)


def test_several_nodes_each_with_its_files() -> None:
    check = one(replace(LOOK, facts=cluster(dead=2), visible_nodes={1: "/node1"}), "nodes")
    assert check.state is CheckState.WARNING
    assert "Not alive: 2." in check.detail
    first, second, third = check.more
    assert "on this machine: /node1" in first
    assert "connected to" in first
    assert "NOT ALIVE" in second
    assert "are not visible from here" in third


def test_where_files_of_nodes_cannot_be_asked_it_says_so() -> None:
    check = one(replace(LOOK, facts=cluster()), "nodes")
    assert check.state is CheckState.OK
    assert all("is unknown" in line for line in check.more)
    assert one(replace(LOOK, facts=replace(FACTS, nodes=())), "nodes").state is CheckState.UNKNOWN


def session(application: str, active: str = "") -> Session:
    return Session("1", 1, "op", "10.0.0.5:4242", application, active, "", None, None)


def test_other_kwtui_at_work_are_seen() -> None:
    sessions = (session("kwtui", "EXPORT INTO CSV 'x' FROM TABLE t"), session("kwtui"))
    check = sessions_check(replace(LOOK, sessions=(*sessions, session("psql", "EXPORT x"))))
    assert check.state is CheckState.OK
    assert "2 sessions of kwtui, 1 of them" in check.detail
    assert check.more == ("op at 10.0.0.5:4242: EXPORT INTO CSV 'x' FROM TABLE t",)
    assert sessions_check(replace(LOOK, sessions="refused")).state is CheckState.UNKNOWN

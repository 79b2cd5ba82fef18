"""The server page's facts: nodes, settings and rights, as a node tells them and as it refuses."""

from __future__ import annotations

from kwtui.server.state.overview import parse_nodes
from kwtui.server.state.rights import abilities, grant_hint, parse_accounts
from kwtui.server.state.settings import _NOTES, ALL_SETTINGS, filtered, parse_settings, warned
from tests.server.recorded import answer


def test_settings_that_touch_backups_come_first_and_have_a_meaning() -> None:
    settings = parse_settings(answer("01", ALL_SETTINGS))
    assert len(settings) == 246
    touching = filtered(settings, "")
    assert [s.name for s in touching] == [s.name for s in settings[: len(touching)]]
    assert all(s.meaning for s in touching)
    assert {s.name for s in touching} == set(_NOTES), "every setting of the guide exists on a node"


def test_a_node_as_it_is_delivered_has_no_warnings() -> None:
    assert warned(parse_settings(answer("01", ALL_SETTINGS))) == []


def test_a_dangerous_value_is_told_first() -> None:
    recorded = answer("01", ALL_SETTINGS)
    changed = {"ts.wal.wal_level": "0", "sql.notices.enabled": "false"}
    rows = tuple((r[0], changed.get(r[0] or "", r[1]), r[2], r[3]) for r in recorded.rows)
    settings = parse_settings(type(recorded)(recorded.columns, rows))
    assert [s.name for s in settings[:2]] == ["sql.notices.enabled", "ts.wal.wal_level"]
    assert "lost" in settings[1].warning


def test_every_setting_is_found_by_words_of_its_description() -> None:
    settings = parse_settings(answer("01", ALL_SETTINGS))
    names = [s.name for s in filtered(settings, "slow THRESHOLD")]
    assert "sql.log.slow_query.latency_threshold" in names
    assert filtered(settings, "no such words at all") == []


def test_nodes_of_a_single_node() -> None:
    columns = ("node_id", "store_id", "attrs", "capacity", "available", "used")
    stores = answer("01", f"SELECT {', '.join(columns)} FROM kwdb_internal.kv_store_status")
    liveness = answer("01", "SELECT * FROM kwdb_internal.gossip_liveness")
    (node,) = parse_nodes(
        answer("01", "SELECT * FROM kwdb_internal.gossip_nodes"),
        tuple(stores.dicts()),
        tuple(liveness.dicts()),
    )
    assert (node.id, node.is_live, node.start_mode) == (1, True, "start-single-node")
    assert node.version == "V3.2.1-28-ga5c90efc1"
    assert node.capacity == 270553174016
    assert node.started is not None
    assert not node.draining


def test_nodes_without_what_only_admins_are_told() -> None:
    (node,) = parse_nodes(answer("01", "SELECT * FROM kwdb_internal.gossip_nodes"))
    assert node.capacity is None


def test_without_the_admin_role_nothing_that_changes_is_allowed() -> None:
    allowed = {a.action for a in abilities(is_admin=False) if a.allowed}
    assert "Back up" not in allowed
    assert "Restore" not in allowed
    assert all(a.otherwise for a in abilities(is_admin=False) if a.allowed is False)
    assert grant_hint("teller") == "An administrator can say: GRANT admin TO teller"


def test_a_read_only_profile_takes_writing_away_from_an_admin() -> None:
    by_name = {a.action: a.allowed for a in abilities(is_admin=True, read_only=True)}
    assert by_name["Back up"]
    assert not by_name["Restore"]


def test_users_and_roles() -> None:
    accounts = parse_accounts(answer("01", "SHOW USERS"))
    assert {a.name: a.member_of for a in accounts} == {"admin": (), "root": ("admin",)}

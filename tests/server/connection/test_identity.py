"""Who was connected to, also where the user may not know everything."""

from __future__ import annotations

import pytest

from kwtui.config.profiles import TlsMode
from kwtui.errors import KwtuiError
from kwtui.model.schema import Engine
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.server.connection import identity
from kwtui.server.connection.identity import connection_notes, identify
from kwtui.server.connection.server import connect
from kwtui.server.connection.target import Target
from tests.server.recorded import answer
from tests.server.scripted import Reply, scripted

ARGUMENTS = "SELECT node_id, args FROM kwdb_internal.kv_node_status"


async def test_an_admin_learns_everything() -> None:
    async with scripted() as node:
        server = await connect(node.target())
        found = await identify(server)
        facts = found.facts
        assert (facts.cluster_id, facts.node_id, facts.user) == ("cluster-a", 1, "root")
        assert facts.is_admin
        assert facts.store_paths == ("/var/lib/kaiwudb",)
        assert found.engines == (Engine.RELATIONAL,)
        await server.close()


async def test_a_plain_user_gets_reasons_instead_of_errors() -> None:
    script = {
        "SELECT kwdb_internal.is_admin()": Reply(sets=[(("is_admin",), [("f",)])]),
        "SELECT kwdb_internal.cluster_id()": Reply(error=("42501", "no privilege")),
        ARGUMENTS: Reply(error=("42501", "only users with the admin role")),
    }
    async with scripted(script) as node:
        server = await connect(node.target())
        found = await identify(server)
        assert not found.facts.is_admin
        assert found.facts.store_paths == ()
        assert ARGUMENTS not in node.received
        assert any("cluster's id" in note and "no privilege" in note for note in found.notes)
        assert any("only to admins" in note for note in found.notes)
        await server.close()


async def test_another_kind_of_server_is_told_apart() -> None:
    script = {"SELECT version()": Reply(sets=[(("version",), [("PostgreSQL 16",)])])}
    async with scripted(script) as node:
        server = await connect(node.target())
        server.__class__ = type("Plain", (type(server),), {"kwdb_version": ""})
        with pytest.raises(KwtuiError) as caught:
            await identify(server)
        assert "not KWDB" in caught.value.title
        assert "PostgreSQL 16" in caught.value.cause
        await server.close()


def test_recorded_answers() -> None:
    nodes = identity.parse_nodes(answer("01", "SELECT * FROM kwdb_internal.gossip_nodes"))
    assert nodes == (NodeFacts(1, "127.0.0.1:36257", True, "V3.2.1-28-ga5c90efc1"),)
    assert identity.parse_engines(answer("07", "SHOW DATABASES")) == (
        Engine.RELATIONAL,
        Engine.TIME_SERIES,
    )
    arguments = answer("12", ARGUMENTS)
    assert identity.store_paths(arguments, 1) == ("/var/lib/kaiwudb",)
    assert identity.store_paths(arguments, 2) == ()


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        (["--store=/a"], ("/a",)),
        (["--store", "/a", "--store=path=/b,size=10GB"], ("/a", "/b")),
        (["-s", "attrs=ssd,path=/c"], ("/c",)),
        (["--store=/d,attrs=ssd"], ("/d",)),
        (["--store=type=mem,size=1GB"], ()),
        (["--store"], ()),
        ([], ()),
    ],
)
def test_store_flags(arguments: list[str], paths: tuple[str, ...]) -> None:
    assert identity.parse_stores(arguments) == paths


def test_what_a_careful_person_is_told() -> None:
    facts = ServerFacts("v", "c", 1, "op", is_admin=False, tls=False)
    assert "can be read" in connection_notes(Target(host="10.0.0.1"), facts)[0]
    assert connection_notes(Target(host="127.0.0.1", tls=TlsMode.DISABLE), facts) == ()
    encrypted = ServerFacts(
        "v", "c", 1, "op", True, True, nodes=(NodeFacts(2, "x", is_live=False),)
    )
    notes = connection_notes(Target(host="h", tls=TlsMode.REQUIRE), encrypted)
    assert "does not verify" in notes[0]
    assert encrypted.dead_nodes == (2,)

"""Cluster settings: every one has its type, and only what fits is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import settings
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal


@pytest.fixture
def catalog() -> Catalog:
    return Catalog("ca164d7c-fd84-4cd8-86e2-836b7e9b32a5")


@pytest.mark.parametrize("name", [s.name for s in settings.known().values() if s.default])
def test_every_default_is_a_value_that_can_be_set(catalog: Catalog, name: str) -> None:
    default = settings.known()[name].default

    settings.store(catalog, name, default)

    assert settings.value_of(catalog, name) == default


@pytest.mark.parametrize(
    ("name", "written", "shown"),
    [
        ("audit.enabled", "on", "true"),
        ("ts.wal.wal_level", "3", "3"),
        ("alert.cpu.threshold", "0.75", "0.75"),
        ("ts.wal.checkpoint_interval", "5 minutes", "5m0s"),
        ("cloudstorage.timeout", "90s", "1m30s"),
        ("kv.bulk_ingest.batch_size", "1.5GiB", "1.5 GiB"),
        ("sql.defaults.distsql", "2", "on"),
        ("cluster.organization", "a shop", "a shop"),
    ],
)
def test_values_are_shown_as_the_node_prints_them(
    catalog: Catalog, name: str, written: str, shown: str
) -> None:
    settings.store(catalog, name, written)

    assert settings.value_of(catalog, name) == shown


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("audit.enabled", "maybe", "invalid bool value"),
        ("ts.wal.wal_level", "high", "must be type int"),
        ("alert.cpu.threshold", "half", "must be type float"),
        ("cloudstorage.timeout", "soon", "as type interval"),
        ("kv.bulk_ingest.batch_size", "big", "byte size"),
        ("sql.defaults.distsql", "perhaps", "invalid string value 'perhaps' for enum setting"),
        ("capacity.stats.period", "0", r"should be \[1, 10000\]"),
        ("no.such.setting", "1", "unknown cluster setting 'no.such.setting'"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_stored(
    catalog: Catalog, name: str, written: str, message: str
) -> None:
    with pytest.raises(SqlError, match=message):
        settings.store(catalog, name, written)

    assert catalog.settings == {}


def test_every_cluster_has_a_secret_of_its_own(catalog: Catalog) -> None:
    other = Catalog("another")

    secret = settings.value_of(catalog, "cluster.secret")

    assert secret == settings.value_of(catalog, "cluster.secret")
    assert secret != settings.value_of(other, "cluster.secret")


def test_a_setting_outlives_the_engine_until_it_is_reset(tmp_path: Path) -> None:
    first = SqlEngine(tmp_path)
    root = first.session("root", "defaultdb")
    tag = ask(root, "SET CLUSTER SETTING ts.wal.checkpoint_interval = '2m'").tag
    first.close()

    second = SqlEngine(tmp_path)
    root = second.session("root", "defaultdb")

    assert tag == "SET CLUSTER SETTING"
    assert ask(root, "SHOW CLUSTER SETTING ts.wal.checkpoint_interval").rows == [("00:02:00",)]
    ask(root, "RESET CLUSTER SETTING ts.wal.checkpoint_interval")
    assert ask(root, "SHOW CLUSTER SETTING ts.wal.checkpoint_interval").rows == [("00:01:00",)]
    assert "unknown setting" in refusal(root, "SHOW CLUSTER SETTING nothing.here").message
    second.close()


def test_the_short_list_leaves_out_what_is_not_for_the_public(catalog: Catalog) -> None:
    assert len(settings.show_list(catalog, hidden=False).rows) == 115
    assert len(settings.show_list(catalog, hidden=True).rows) == 246

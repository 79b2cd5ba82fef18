"""The whole path from the command line on a living node: back up, check, restore, compare."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.published import SMART_METER, unpack


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """A node with the shop and the plant that these tests may fill with more."""
    node = start_sandbox(tmp_path_factory.mktemp("round trip") / "node")
    yield node
    stop_sandbox(node)


@pytest.fixture(scope="module")
def kwtui(node: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    home = CommandLine(tmp_path_factory.mktemp("home"), node)
    (home.state / "config").mkdir()
    (home.state / "config" / "preferences.toml").write_text("chinese_guide = true\n")
    return home


@pytest.fixture(scope="module")
def shop_set(kwtui: CommandLine) -> dict[str, Any]:
    return kwtui.backup("shop", "--label", "for the tests")


def without_names(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """A captured schema as it would be under any name, for comparing."""
    text = repr({k: v for k, v in schema.items() if k not in ("database", "create_statement")})
    return {"text": text.replace(f" {name}.", " DB.").replace(f"{name}.public", "DB.public")}


def test_a_backup_is_proven_and_described(kwtui: CommandLine, shop_set: dict[str, Any]) -> None:
    assert shop_set["proof"] == 2
    assert shop_set["doubts"] == []
    folder = Path(shop_set["folder"])
    assert {p.name for p in folder.iterdir()} == {
        "data",
        "manifest.json",
        "schema.json",
        "RESTORE.md",
        "RESTORE.zh.md",
        "restore.sql",
        "restore.sh",
        "SHA256SUMS",
    }
    assert all(p.stat().st_mode & 0o007 == 0 for p in folder.rglob("*"))


def test_the_list_and_the_set_tell_what_was_made(
    kwtui: CommandLine, shop_set: dict[str, Any]
) -> None:
    listed = kwtui.run("list", "shop", "--json", *kwtui.files).object["entries"]
    shown = kwtui.run("show", shop_set["path"], "--json", *kwtui.files).object

    entry = next(e for e in listed if e["path"] == shop_set["path"])
    assert (entry["kind"], entry["proof"], entry["label"]) == ("set", 2, "for the tests")
    assert sum(t["rows"] for t in shown["tables"]) == shop_set["rows"]
    assert "passwords" in " ".join(shown["manifest"]["not_included"])


def test_a_check_finds_it_whole_and_writes_that_down(
    kwtui: CommandLine, shop_set: dict[str, Any]
) -> None:
    done = kwtui.run("verify", shop_set["path"], "--json", *kwtui.files)

    assert done.code == 0
    assert done.object["report"]["reached"] == 2
    assert (Path(shop_set["folder"]) / "proofs.jsonl").read_text().count("\n") >= 1


def test_the_shop_comes_back_exactly_under_another_name(
    kwtui: CommandLine, shop_set: dict[str, Any]
) -> None:
    result = kwtui.restore(shop_set["path"], "--as", "shop_again")

    assert result["rows"] == shop_set["rows"]
    assert all(line["checksum"] == "the same" for line in result["comparison"])
    assert result["doubts"] == []
    before, after = kwtui.survey("shop"), kwtui.survey("shop_again")
    assert without_names(before, "shop") == without_names(after, "shop_again")
    assert not any(name.endswith("_kwtui_restoring") for name in kwtui.databases())


def test_a_restored_shop_can_be_used_the_sequence_goes_on(
    kwtui: CommandLine, shop_set: dict[str, Any], node: SandboxNode
) -> None:
    kwtui.restore(shop_set["path"], "--as", "shop_in_use")
    before = kwtui.survey("shop_in_use")["sequences"][0]["last_value"]

    ask(node, "USE shop_in_use", "INSERT INTO orders (customer_id, placed) VALUES (1, now())")

    assert kwtui.survey("shop_in_use")["sequences"][0]["last_value"] > before


def test_the_plant_comes_back_with_retention_and_fine_times(kwtui: CommandLine) -> None:
    made = kwtui.backup("plant")
    result = kwtui.restore(made["path"], "--as", "plant_again")

    assert result["rows"] == made["rows"]
    assert all(line["checksum"] == "the same" for line in result["comparison"])
    before, after = kwtui.survey("plant"), kwtui.survey("plant_again")
    assert (before["retention"], before["partition_interval"]) == (
        after["retention"],
        after["partition_interval"],
    )
    assert _without_sizes(before["tables"]) == _without_sizes(after["tables"])


def _without_sizes(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sizes are estimated from the first rows, which come in another order."""
    return [{**table, "bytes": None} for table in tables]


@pytest.mark.parametrize("method", ["database", "tables"])
def test_every_method_makes_a_set_that_restores_exactly(kwtui: CommandLine, method: str) -> None:
    made = kwtui.backup("shop", "--method", method)

    result = kwtui.restore(made["path"], "--as", f"shop_by_{method}")

    assert made["doubts"] == []
    assert all(line["checksum"] == "the same" for line in result["comparison"])


def test_some_tables_come_back_with_what_belongs_to_them(
    kwtui: CommandLine, shop_set: dict[str, Any]
) -> None:
    result = kwtui.restore(shop_set["path"], "--as", "shop_part", "--tables", "orders")

    restored = kwtui.survey("shop_part")
    assert [t["name"]["name"] for t in restored["tables"]] == ["orders"]
    assert len(restored["sequences"]) == 1
    assert any("customers is not restored" in words for words in result["not_included"])


def test_definitions_first_and_rows_later_are_the_same_as_both_at_once(
    kwtui: CommandLine, shop_set: dict[str, Any]
) -> None:
    kwtui.restore(shop_set["path"], "--as", "shop_in_steps", "--strategy", "schema-only")
    assert all(t["rows"] == 0 for t in kwtui.survey("shop_in_steps")["tables"])

    result = kwtui.restore(shop_set["path"], "--as", "shop_in_steps", "--strategy", "data-only")

    assert all(line["checksum"] == "the same" for line in result["comparison"])
    before, after = kwtui.survey("shop"), kwtui.survey("shop_in_steps")
    assert without_names(before, "shop") == without_names(after, "shop_in_steps")


def test_a_database_is_replaced_only_after_its_successor_is_complete(
    kwtui: CommandLine, shop_set: dict[str, Any], node: SandboxNode
) -> None:
    kwtui.restore(shop_set["path"], "--as", "shop_old")
    ask(node, "DELETE FROM shop_old.public.order_items WHERE true")
    taken = kwtui.run("restore", shop_set["path"], "--as", "shop_old", *kwtui.server)
    mistyped = kwtui.run(
        "restore", shop_set["path"], "--as", "shop_old", "--yes-replace", "shop", *kwtui.server
    )
    assert taken.code == ExitCode.NAME_TAKEN
    assert mistyped.code == ExitCode.REFUSED_BY_PLAN

    kwtui.restore(shop_set["path"], "--as", "shop_old", "--yes-replace", "shop_old")

    rows = {t["name"]["name"]: t["rows"] for t in kwtui.survey("shop_old")["tables"]}
    assert rows["order_items"] > 0


def test_a_dry_run_prints_every_statement_and_changes_nothing(
    kwtui: CommandLine, node: SandboxNode, shop_set: dict[str, Any]
) -> None:
    before = sorted(node.extern.rglob("*"))
    databases = kwtui.databases()

    backup = kwtui.run("backup", "shop", "--dry-run", *kwtui.server)
    restore = kwtui.run("restore", shop_set["path"], "--as", "x", "--dry-run", *kwtui.server)

    assert "EXPORT INTO CSV 'nodelocal://1/" in backup.out
    assert "ALTER DATABASE x_kwtui_restoring RENAME TO x" in restore.out
    assert sorted(node.extern.rglob("*")) == before
    assert kwtui.databases() == databases


def test_the_command_that_a_plan_shows_makes_the_same_plan(kwtui: CommandLine) -> None:
    words = ["backup", "shop", "--tables", "orders", "--label", "it's", "--dry-run", "--json"]
    first = kwtui.run(*words, *kwtui.server).object

    again = kwtui.run(*shlex.split(first["command"])[1:], "--dry-run", "--json").object

    assert again["plan"]["request"] == first["plan"]["request"]
    assert again["command"] == first["command"]


def test_a_run_that_was_started_and_left_can_be_followed_later(kwtui: CommandLine) -> None:
    started = kwtui.run("backup", "shop", "--detach", "--json", *kwtui.server).object

    followed = kwtui.run("runs", "follow", started["run"], "--json")

    assert followed.code == 0
    kinds = [event["event"] for event in followed.objects]
    assert kinds[0] == "run-started"
    assert kinds[-1] == "run-finished"
    assert {event["v"] for event in followed.objects} == {1}
    listed = kwtui.run("runs", "--json").object["runs"]
    assert next(r for r in listed if r["id"] == started["run"])["status"] == "succeeded"


def test_lines_for_people_have_no_colour_and_no_progress_bar_in_a_pipe(
    kwtui: CommandLine,
) -> None:
    done = kwtui.run("backup", "shop", "--tables", "orders", *kwtui.server)

    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    assert "Export public.orders" in done.out


def test_the_log_tells_of_our_exports(kwtui: CommandLine, node: SandboxNode) -> None:
    kwtui.backup("shop", "--tables", "orders")

    done = kwtui.run("logs", "-n", "400", "--search", "export", "--logs", str(node.logs))

    assert done.code == 0
    assert "orders" in done.out


def ask(node: SandboxNode, *statements: str) -> None:
    import psycopg

    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_following_the_log_shows_what_comes_and_ends_on_ctrl_c(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    following = kwtui.start("logs", "-f", "-n", "1", "--logs", str(node.logs))
    following.stdout.readline()

    kwtui.backup("shop", "--tables", "orders", "--incremental", "full")

    while "orders" not in following.stdout.readline():
        pass
    following.send_signal(signal.SIGINT)
    following.communicate(timeout=20)
    assert following.returncode == 0


def test_the_node_is_found_without_being_told_where_its_files_are(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    done = kwtui.run("backup", "shop", "--tables", "orders", "--json", "--dsn", node.dsn)

    assert done.code == 0, done.err
    assert done.objects[-1]["result"]["folder"].startswith(str(node.extern))


def test_the_published_backups_come_back_and_can_be_backed_up(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    if not SMART_METER.is_dir():
        pytest.skip("the published backups are not beside this checkout")
    for name in ("rdb", "tsdb"):
        unpack(name, node.extern)

    relational = kwtui.restore("rdb", "--as", "meters")
    series = kwtui.restore("tsdb", "--as", "readings")

    assert (relational["rows"], series["rows"]) == (305, 10100)
    again = [kwtui.backup("meters"), kwtui.backup("readings")]
    assert [made["rows"] for made in again] == [305, 10100]
    for made, name in zip(again, ("meters_2", "readings_2"), strict=True):
        result = kwtui.restore(made["path"], "--as", name)
        assert all(line["checksum"] == "the same" for line in result["comparison"])


def test_the_set_restores_with_nothing_but_a_sql_client(
    kwtui: CommandLine, node: SandboxNode, shop_set: dict[str, Any]
) -> None:
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    script = Path(shop_set["folder"]) / "restore.sh"
    client = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", node.dsn]

    done = subprocess.run(
        [str(script), "--as", "shop_by_hand", *client],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    before, after = kwtui.survey("shop"), kwtui.survey("shop_by_hand")
    assert without_names(before, "shop") == without_names(after, "shop_by_hand")

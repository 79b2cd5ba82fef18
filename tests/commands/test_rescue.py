"""``kwtui rescue``: a poor terminal, no configuration, no server, and a folder of backups."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.backups.layout.location import find_location
from kwtui.backups.rescue import find_sets
from kwtui.errors import ExitCode
from kwtui.offsite.keys import make_key
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.offsite.copying import files_in, push, target_in

STARTED = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> CommandLine:
    poor = {"TERM": "vt100", "LANG": "C", "LC_ALL": "C"}
    return CommandLine(tmp_path / "home", environment=poor)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    make_set(disk, tmp_path / "state", started=STARTED)
    return disk


def test_without_a_terminal_it_lists_and_saves(
    home: CommandLine, disk: Path, tmp_path: Path
) -> None:
    listed = home.run("rescue", str(disk), "--json").object
    assert [entry["database"] for entry in listed["entries"]] == ["shop"]
    file = tmp_path / "orders.csv"
    saved = home.run("rescue", str(disk), "--table", "public.orders", "--csv", str(file))
    assert saved.code == 0, saved.err
    assert "Saved 4 rows" in saved.out
    by_time = ("--csv", str(tmp_path / "x.csv"), "--table", "orders", "--from", "2026-01-01")
    refused = home.run("rescue", str(disk), *by_time)
    assert refused.code == ExitCode.USAGE
    assert "no time series" in refused.err
    assert home.run("rescue", str(disk), "--csv", str(file)).code == ExitCode.USAGE
    assert home.run("rescue", str(tmp_path / "home")).code == ExitCode.NOT_FOUND
    assert home.run("rescue", str(disk), "--set", "other").code == ExitCode.NOT_FOUND


def test_sets_and_copies_in_one_folder_are_both_there(
    home: CommandLine, disk: Path, tmp_path: Path
) -> None:
    location = find_location(disk, find_sets(disk).entries[0].path)
    push(target_in(disk / "vault"), location, tmp_path / "state")
    (location.root.parent / "RECOVERY.en.md").write_text("# What to do\n")
    listed = home.run("rescue", str(disk), "--json").object["entries"]
    assert [(e["path"], e.get("note", "")) for e in listed] == [
        (location.path, ""),
        (location.path, "off-site copy, not encrypted"),
    ]
    told = home.run("rescue", str(disk), "--list")
    command = f"kwtui rescue {disk} --plan shop"
    assert f"Recovery plan of shop: {command}" in told.err
    printed = home.run("rescue", str(disk), "--json").object
    assert [(p["database"], p["command"]) for p in printed["plans"]] == [("shop", command)]
    assert printed["proofs"] == ["P2", "?"], "as they are listed, beside their entries"
    assert home.run("rescue", str(disk), "--plan", "shop").out == "# What to do\n"
    assert home.run("rescue", str(disk), "--plan", "plant").code == ExitCode.NOT_FOUND


def test_three_keys_lead_to_the_rows_of_a_table(
    home: CommandLine, disk: Path, tmp_path: Path
) -> None:
    kwtui, leader = on_terminal(home, tmp_path / "work", str(disk))
    listed = shown_until(leader, "Enter for 1")
    assert "2026-11-22 08:00:00" in listed
    assert max(len(line) for line in listed.splitlines()) <= 80
    os.write(leader, b"\n")
    seen = shown_until(leader, "[q] quit:")
    assert "is whole, proven to P2." in seen
    assert "To restore it, name a server" in seen
    os.write(leader, b"rc")
    shown_until(leader, "Which table?")
    os.write(leader, b"1")
    assert "Saved 4 rows of public.orders" in shown_until(leader, ".csv\r\n")
    assert kwtui.wait(20) == 0
    os.close(leader)
    assert (tmp_path / "work/shop.public.orders.csv").read_text().startswith('"id","name"\n')


def test_an_encrypted_copy_asks_for_its_key_and_reads_one_table(
    home: CommandLine, disk: Path, tmp_path: Path
) -> None:
    key, other = tmp_path / "key", tmp_path / "other"
    public = make_key(key, STARTED)
    make_key(other, STARTED)
    away = tmp_path / "away"
    location = find_location(disk, find_sets(disk).entries[0].path)
    push(target_in(away), location, tmp_path / "state", (public,))
    before = files_in(away)
    shutil.rmtree(disk)

    url, file = f"file://{away}", tmp_path / "orders.csv"
    saving = ("rescue", url, "--table", "orders", "--csv", str(file))
    assert home.run("rescue", url, "--json").object["root"] == url
    assert home.run("offsite", "add", "vault", url).code == 0
    assert home.run("rescue", "vault", "--json").object["root"] == url
    unknown = home.run("rescue", "valt")
    assert unknown.code == ExitCode.NOT_FOUND
    assert "valt is neither a folder nor a saved target" in unknown.err
    by_time = home.run(*saving, "--from", "2026-01-01")
    assert (by_time.code, "no time series" in by_time.err) == (ExitCode.USAGE, True), "no key asked"
    closed = home.run(*saving)
    assert closed.code == ExitCode.AUTHENTICATION_FAILED
    assert "--identity FILE" in closed.err
    assert not file.exists()
    saved = home.run(*saving, "--identity", str(key))
    assert (saved.code, "Saved 4 rows" in saved.out) == (0, True), saved.err

    kwtui, leader = on_terminal(home, tmp_path / "work", str(away))
    shown_until(leader, "Enter for 1")
    os.write(leader, b"1")
    assert "by its sizes" in shown_until(leader, "[q] quit:")
    os.write(leader, b"c")
    shown_until(leader, "Which table?")
    os.write(leader, b"1")
    assert public in shown_until(leader, "Enter to quit:")
    os.write(leader, f"{other}\n".encode())
    assert "none of the given keys decrypts it" in shown_until(leader, "Enter to quit:")
    os.write(leader, f"{key}\n".encode())
    assert "Saved 4 rows of public.orders" in shown_until(leader, ".csv\r\n")
    assert kwtui.wait(20) == 0
    os.close(leader)
    rescued = tmp_path / "work/shop.public.orders.csv"
    assert rescued.read_bytes() == file.read_bytes()
    assert list(rescued.parent.iterdir()) == [rescued], "what was unpacked beside it is gone"
    assert files_in(away) == before, "nothing is written beside the copy"


def on_terminal(home: CommandLine, work: Path, place: str) -> tuple[subprocess.Popen[bytes], int]:
    """`kwtui rescue` in a folder, and the other end of its terminal."""
    work.mkdir()
    leader, follower = pty.openpty()
    kwtui = subprocess.Popen(
        home.command("rescue", place),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=home.variables(),
        cwd=work,
    )
    os.close(follower)
    return kwtui, leader


def shown_until(leader: int, words: str, seconds: float = 60.0) -> str:
    """What a terminal shows up to these words."""
    shown, end = "", time.monotonic() + seconds
    while words not in shown:
        ready, _, _ = select.select([leader], [], [], max(end - time.monotonic(), 0))
        assert ready, f"{words!r} never came: {shown}"
        shown += os.read(leader, 4096).decode("utf-8", "replace")
    return shown
